"""Re-opening a window by hand: each condition that fails is shown, opening, closing on time, the
ledgers; axe on each page (SPEC W1 to W3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from aftersale.models import AfterSaleWindow, Fund, FundEntry, Order
from tests.admin.scene import Scene, make
from tests.admin.test_windows import completed, window

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene() -> Scene:
    with transaction.atomic():
        return make("mine", "cs_manager", "owner")


def violations(page: Page) -> list[str]:
    """Inside the page's own part: the frame around it is looked at elsewhere."""
    return found_by_axe(page, ".d-page", options={"rules": {"region": {"enabled": False}}})


def failing(page: Page) -> dict[str, str]:
    rows = page.locator("[data-holds=no]")
    return {
        str(row.get_attribute("data-condition")): row.locator(".d-subtle").inner_text()
        for row in rows.all()
    }


def test_each_failing_condition_is_shown_with_its_figure(
    page: Page, live_server: Any, scene: Scene
) -> None:
    with transaction.atomic():
        order = completed(
            scene,
            status="delivered",
            type="deposit",
            paid_amount=9_000,
            refunded_amount=0,
        )
        window(order)
        Fund.objects.filter(shop=scene.shop, kind="deposit").update(balance=-1)
        scene.shop.status = "suspended"
        scene.shop.save()
    sign_in(page, live_server, "mine-cs_manager")
    page.goto(f"{live_server.url}/admin/windows/open/{order.pk}/")
    assert failing(page) == {
        "completed": "未完成：已签收",
        "covered": "最大可退 ¥90.00；安心钱包 ¥80.00，保证金 -¥0.01",
        "not_overdrawn": "安心钱包 ¥80.00，保证金 -¥0.01",
        "shop_status": "停业整顿",
        "order_type": "定金",
        "no_open_window": failing(page)["no_open_window"],
    }
    expect(page.get_by_text("有 6 项条件不满足")).to_be_visible()
    assert page.get_by_role("button", name="开放 72 小时").count() == 0
    assert violations(page) == []
    with transaction.atomic():
        scene.shop.memberships.update(role="cs_agent")
        Order.objects.filter(pk=order.pk).update(refunded_amount=9_000)
    page.reload()
    assert failing(page)["role"] == "客服"
    assert failing(page)["refundable"] == "实付 ¥90.00 中的 ¥0.00"
    assert "covered" not in failing(page)


def test_opened_seen_and_shut_on_time(page: Page, live_server: Any, scene: Scene) -> None:
    with transaction.atomic():
        order = completed(scene)
    problems = problems_of(page)
    sign_in(page, live_server, "mine-cs_manager")
    page.goto(f"{live_server.url}/admin/windows/")
    assert violations(page) == []
    page.get_by_label("订单号").fill("mine-done")
    page.keyboard.press("Enter")
    expect(page.locator("[data-holds=yes]")).to_have_count(8)
    page.get_by_label("与买家约定了什么").fill("全额退款，不退货")
    assert violations(page) == []
    page.get_by_role("button", name="为订单 mine-done（买家 mine-buyer）开放 72 小时").click()
    expect(page.get_by_text("订单 mine-done 的售后入口已开放 72 小时。")).to_be_visible()
    expect(page.get_by_text("剩余 2 天 23 小时")).to_be_visible()
    assert problems == []

    # Its time runs out; the task has not been there.
    found = AfterSaleWindow.objects.get()
    AfterSaleWindow.objects.update(
        opened_at=found.opened_at - timedelta(hours=72), closes_at=timezone.now()
    )
    page.reload()
    expect(page.get_by_text("没有开放中的入口")).to_be_visible()
    page.get_by_role("link", name="已关闭").click()
    expect(page.get_by_text("全额退款，不退货")).to_be_visible()
    page.goto(f"{live_server.url}/admin/windows/open/{order.pk}/")
    expect(page.locator("[data-holds=yes]")).to_have_count(8)  # and may be opened again


def test_an_owner_corrects_the_ledger(page: Page, live_server: Any, scene: Scene) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, live_server, "mine-owner")
    page.goto(f"{live_server.url}/admin/funds/")
    assert violations(page) == []
    page.get_by_role("button", name="更正账目（安心钱包）").click()
    dialog = page.locator("#desk-dialog")
    dialog.get_by_label("实际比账上少").check()
    dialog.get_by_label("相差多少").fill("3.50")
    dialog.get_by_role("button", name="记入更正").click()
    expect(dialog.get_by_role("alert").first).to_be_visible()  # why is missing
    dialog.get_by_label("更正什么").fill("银行手续费")
    dialog.get_by_role("button", name="记入更正").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("更正已入账，现在余额为 -¥2.50。")).to_be_visible()
    expect(page.locator(".d-fund-balance--overdrawn")).to_have_text("-¥2.50")
    assert FundEntry.objects.get(kind="correction").amount == -350
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert violations(page) == []
