"""The workbench as staff use it: by keyboard, two at a time, on a phone."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from aftersale.models import Membership, Negotiation, Refund, Rejection, Role, Shop, Ticket
from tests.admin.scene import person
from tests.factories import make_order, make_shop, make_ticket

from .axe import found_by_axe
from .signed_in import sign_in
from .test_smoke import log_in

pytestmark = pytest.mark.django_db(transaction=True)


def desk(*numbers: str) -> Shop:
    """A shop with an agent and tickets that wait for people, due one after the other."""
    with transaction.atomic():
        shop = make_shop(name="mine-shop")
        for name in ("wang", "zhao"):
            user = person(name)
            Membership.objects.create(shop=shop, user=user, role=Role.CS_AGENT)
        for place, number in enumerate(numbers):
            make_ticket(
                make_order(shop, buyer=f"b-{number}"),
                ticket_no=number,
                awaiting_evaluation=False,
                applied_at=timezone.now(),
                due_at=timezone.now() + timedelta(hours=place + 1),
            )
    return shop


def workbench(page: Page, server: Any, name: str) -> None:
    sign_in(page, server, name)
    page.goto(f"{server.url}/admin/workbench/")


def open_case(page: Page, buyer: str) -> None:
    expect(page.locator("#wb-case h2").first).to_contain_text(buyer)


def status(number: str) -> str:
    return Ticket.objects.get(ticket_no=number).status


def test_a_queue_is_cleared_by_keyboard_alone(page: Page, live_server: Any) -> None:
    """Approve, reject with the text edited, negotiate; the next case opens by itself."""
    desk("T-1", "T-2", "T-3")
    workbench(page, live_server, "wang")
    keys = page.keyboard
    open_case(page, "b-T-1")

    keys.press("j")
    open_case(page, "b-T-2")
    keys.press("k")
    open_case(page, "b-T-1")

    # Approving takes two keys; the button says whom and how much.
    keys.press("a")
    dialog = page.get_by_role("dialog")
    button = dialog.locator("button[type=submit]")
    expect(button).to_be_focused()
    expect(button).to_contain_text("b-T-1")
    expect(button).to_contain_text("¥100.00")
    keys.press("Enter")
    expect(dialog).to_be_hidden()
    open_case(page, "b-T-2")
    assert status("T-1") == "refunding"
    assert Refund.objects.get().amount == 10_000

    keys.press("r")
    expect(dialog).to_be_visible()
    # Reasons are chosen by their number; this one wants no pictures.
    number = dialog.locator("[name=reason]").evaluate_all(
        "boxes => boxes.findIndex(box => box.value === 'reason_mismatch') + 1"
    )
    keys.press(str(number))
    text = dialog.locator("textarea")
    expect(text).not_to_have_value("")
    text.focus()
    keys.press("Control+End")
    keys.type(" 谢谢！")
    said = text.input_value()
    assert said.endswith(" 谢谢！") and "{" not in said
    keys.press("Control+Enter")
    expect(dialog).to_be_hidden()
    open_case(page, "b-T-3")
    assert status("T-2") == "rejected"
    assert Rejection.objects.get().explanation == said

    keys.press("n")
    expect(dialog).to_be_visible()
    dialog.locator("textarea").focus()
    keys.type("请补充商品照片")
    keys.press("Control+Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#wb-case")).to_contain_text("都处理完了")
    assert status("T-3") == "negotiating"
    assert Negotiation.objects.get().message == "请补充商品照片"


def test_a_text_that_was_typed_is_kept(page: Page, live_server: Any) -> None:
    """Another reason fills in its text only where the person's own is not in its place (P2)."""
    desk("T-1")
    workbench(page, live_server, "wang")
    open_case(page, "b-T-1")
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    text = dialog.locator("textarea")
    reasons = dialog.locator("[name=reason]")
    reasons.nth(0).check()
    expect(text).not_to_have_value("")
    first = text.input_value()
    reasons.nth(1).check()
    expect(text).not_to_have_value(first)
    text.fill("我自己写的说明")
    reasons.nth(0).check()
    expect(text).to_have_value("我自己写的说明")
    # It wants pictures: refused at its field, and nothing that was typed is lost.
    dialog.locator("button[type=submit]").click()
    expect(dialog.get_by_role("alert").filter(has_text="凭证").first).to_be_visible()
    expect(text).to_have_value("我自己写的说明")
    assert status("T-1") == "pending_review" and not Rejection.objects.exists()
    assert found_by_axe(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_two_people_on_one_case(page: Page, browser: Browser, live_server: Any) -> None:
    """Each sees that the other is there; the second to decide is told what the first did."""
    desk("T-1", "T-2")
    other = browser.new_context(locale="zh-CN").new_page()
    workbench(other, live_server, "zhao")
    open_case(other, "b-T-1")
    workbench(page, live_server, "wang")
    open_case(page, "b-T-1")
    expect(page.locator("#wb-case")).to_contain_text("zhao")

    other.keyboard.press("a")
    expect(other.get_by_role("dialog").locator("button[type=submit]")).to_be_focused()
    page.keyboard.press("a")
    button = page.get_by_role("dialog").locator("button[type=submit]")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    open_case(page, "b-T-2")

    other.keyboard.press("Enter")
    refused = other.get_by_role("dialog").get_by_role("alert")
    expect(refused).to_contain_text("wang")
    expect(refused).to_contain_text("退款中")
    assert Refund.objects.count() == 1
    other.context.close()


def test_what_is_typed_stays_while_the_list_reads_itself_anew(page: Page, live_server: Any) -> None:
    shop = desk("T-1", "T-2")
    workbench(page, live_server, "wang")
    open_case(page, "b-T-1")
    page.locator("[name=ids]").nth(1).check()
    search = page.locator("#wb-q")
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("jax")  # keys rest while somebody types
    with transaction.atomic():
        make_ticket(
            make_order(shop, buyer="b-new"),
            ticket_no="T-0",
            awaiting_evaluation=False,
            due_at=timezone.now(),
        )
    page.evaluate("htmx.trigger(document.body, 'desk:refresh')")
    expect(page.locator(".wb-row")).to_have_count(3)
    expect(page.locator("#count-to_handle")).to_have_text("3")
    expect(search).to_be_focused()
    expect(search).to_have_value("jax")
    expect(page.locator("[name=ids]:checked")).to_have_value(
        str(Ticket.objects.get(ticket_no="T-2").pk)
    )
    open_case(page, "b-T-1")


def test_keys_can_be_turned_off(page: Page, live_server: Any) -> None:
    desk("T-1", "T-2")
    workbench(page, live_server, "wang")
    open_case(page, "b-T-1")
    page.locator("[data-keys-switch]").click()
    page.locator("body").press("j")
    page.reload()
    open_case(page, "b-T-1")
    page.locator("body").press("a")
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(page: Page, live_server: Any, scheme: Any) -> None:
    """The list first, then the case, and back; nothing scrolls sideways; axe finds nothing."""
    desk("T-1", "T-2")
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme=scheme)
    workbench(page, live_server, "wang")
    case = page.locator("#wb-case")
    expect(case).to_be_hidden()
    page.locator(".wb-row [data-open]").nth(1).click()
    open_case(page, "b-T-2")
    expect(page.locator(".wb-row").first).to_be_hidden()
    assert found_by_axe(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.locator("[data-back]").click()
    expect(page.locator(".wb-row").first).to_be_visible()
    expect(case).to_be_hidden()


def test_a_key_is_about_the_case_that_is_marked(page: Page, live_server: Any) -> None:
    """However slow the answers: no key decides the case before, or reaches the page behind."""
    desk("T-1", "T-2")
    workbench(page, live_server, "wang")
    open_case(page, "b-T-1")

    def slow(route: Any) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/workbench/case/**", slow)
    page.keyboard.press("j")
    page.keyboard.press("a")
    button = page.get_by_role("dialog").locator("[type=submit]")
    page.keyboard.press("Enter")
    expect(button).to_be_focused()
    expect(button).to_have_text("向 b-T-2 退款 ¥100.00")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(button).to_be_focused()
    assert page.url.startswith(f"{live_server.url}/admin/workbench/?")
    assert (status("T-1"), status("T-2")) == ("pending_review", "pending_review")
    assert not Refund.objects.exists()


def test_without_the_server_nothing_wrong_is_shown(page: Page, live_server: Any) -> None:
    """No case stands in another's place; it is said once, and over once the server is back."""
    desk("T-1", "T-2")
    workbench(page, live_server, "wang")
    open_case(page, "b-T-1")
    told = page.locator("#desk-toasts .d-toast")
    page.context.set_offline(True)
    page.keyboard.press("j")
    expect(page.locator("#wb-case")).to_contain_text("未能加载该售后单")
    for _ in range(2):
        page.evaluate("htmx.trigger(document.body, 'desk:refresh')")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("正在自动重试")
    page.keyboard.press("a")
    page.context.set_offline(False)
    page.evaluate("htmx.trigger(document.body, 'desk:refresh')")
    open_case(page, "b-T-2")
    expect(told).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert not Refund.objects.exists()


def test_whoever_is_logged_out_loses_nothing(page: Page, live_server: Any) -> None:
    """The dialog says so and keeps what was typed; logged in again elsewhere, it is sent."""
    desk("T-1")
    workbench(page, live_server, "wang")
    open_case(page, "b-T-1")
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    text = dialog.locator("textarea")
    text.fill("请补充商品照片")
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("登录已失效")
    expect(text).to_have_value("请补充商品照片")
    assert found_by_axe(page) == []
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="登录").click()
    other = opened.value
    log_in(other, live_server, "wang")
    other.close()
    text.press("Control+Enter")
    expect(dialog).to_be_hidden()
    assert Negotiation.objects.get().message == "请补充商品照片"
