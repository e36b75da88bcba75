"""A strategy from the picker to being enabled, in a browser (SPEC T2, T7; WCAG 2.1 AA)."""

from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from aftersale.models import Shop
from strategies.models import Strategy
from tests.admin.scene import make

from .axe import found_by_axe
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_off_hours_from_the_picker_to_enabled(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "owner")
        Shop.objects.filter(pk=scene.shop.pk).update(working_hours={"mon": [["09:00", "18:00"]]})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    sign_in(page, live_server, "mine-owner")

    page.goto(f"{live_server.url}/admin/strategies/strategy/new/")
    assert found_by_axe(page) == []
    page.locator("#add-off_hours").click()
    said = page.locator("#strategy-preview")
    expect(said).to_contain_text("在下班时间付款并申请")

    # Input shows in the sentence; an error keeps it.
    page.get_by_role("textbox", name="单笔金额上限").fill("88.5x")
    page.get_by_role("textbox", name="备注").fill("夜里没人")
    page.locator("form#strategy-form [type=submit]").click()
    expect(page.locator("#id_single_amount_cap_error")).to_contain_text("59.90")
    expect(page.get_by_role("textbox", name="单笔金额上限")).to_have_value("88.5x")
    expect(page.get_by_role("textbox", name="备注")).to_have_value("夜里没人")
    assert found_by_axe(page) == []
    page.get_by_role("textbox", name="单笔金额上限").fill("88.5")
    expect(said).to_contain_text("¥88.50")
    # SPEC M7: and what it would have done.
    expect(page.locator("#what-if")).not_to_be_empty()

    # Rows of windows come and go, by keyboard as well.
    page.get_by_role("radio", name="每日指定时段").check()
    page.get_by_role("button", name="添加时段").press("Enter")
    expect(page.get_by_label("时段开始").nth(1)).to_be_focused()
    page.get_by_label("时段开始").nth(1).fill("22:00")
    page.get_by_label("时段结束").nth(1).fill("08:00")
    page.get_by_role("button", name="移除").first.click()
    expect(said).to_contain_text("22:00–次日08:00")
    page.get_by_role("radio", name="下班时间", exact=True).check()
    expect(said).to_contain_text("在下班时间付款并申请")
    page.locator("form#strategy-form [type=submit]").click()

    page.get_by_role("button", name="启用…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("已发出但尚未回传")
    expect(dialog.get_by_label("我已阅读")).to_be_focused()
    assert found_by_axe(page) == []
    assert not Strategy.objects.get(name="下班自动退").enabled
    page.keyboard.press("Space")
    page.get_by_role("button", name="启用：单笔退款最高 ¥88.50").click()
    expect(page.get_by_role("button", name="停用…")).to_be_visible()
    strategy = Strategy.objects.get(name="下班自动退")
    assert strategy.enabled and strategy.remark == "夜里没人"
    assert (strategy.execution_time, strategy.single_amount_cap) == ("off_hours", 8_850)

    # The switch of SPEC G2 is one dialog away, and the notice comes without a reload.
    page.get_by_role("button", name="暂停自动退款…").click()
    page.get_by_role("button", name="立即暂停自动退款").click()
    notice = page.locator("#notices")
    expect(notice).to_contain_text("mine-owner")
    assert Shop.objects.get().automation_paused
    notice.get_by_role("button", name="恢复…").click()
    page.get_by_role("button", name="恢复自动退款").click()
    expect(notice).not_to_contain_text("mine-owner")
    assert not Shop.objects.get().automation_paused
    assert problems == []
