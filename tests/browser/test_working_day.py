"""A working day of customer service without a mouse: at each step the focus is where the next one
begins, and the accessibility tree names it (SPEC G4, O4, P1 to P4)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from aftersale.models import ApprovalLimit, Negotiation, Rejection, Ticket
from tests.admin.scene import person
from tests.factories import make_order, make_shop, make_ticket

from .console import problems_of

pytestmark = pytest.mark.django_db(transaction=True)
# Each with its amount in fen; wang approves up to ¥200 alone.
CASES = {
    "approved": 10_000,
    "offered": 10_000,
    "rejected": 10_000,
    "handed-over": 10_000,
    "large": 30_000,
    "batch-1": 10_000,
    "batch-2": 10_000,
    "last": 10_000,
}


@pytest.fixture
def desk() -> None:
    with transaction.atomic():
        shop = make_shop(name="mine-shop")
        for name, role in (("wang", "cs_agent"), ("zhao", "cs_agent"), ("li", "cs_manager")):
            shop.memberships.create(user=person(name), role=role)
        ApprovalLimit.objects.create(shop=shop, role="cs_agent", amount=20_000)
        for place, (name, amount) in enumerate(CASES.items()):
            make_ticket(
                make_order(shop, buyer=f"b-{name}", paid_amount=amount),
                ticket_no=f"AS-2026-{place:04}",
                awaiting_evaluation=False,
                applied_at=timezone.now(),
                # Of none the deadline is within two hours: that queue is passed by.
                due_at=timezone.now() + timedelta(hours=place + 30),
            )


def ticket(name: str) -> Ticket:
    return Ticket.objects.select_related("refund").get(order__buyer=f"b-{name}")


def at(page: Page, role: Any, name: str) -> Locator:
    """The focus is on what is called so."""
    here = page.locator(":focus")
    expect(here).to_have_role(role)
    expect(here).to_have_accessible_name(re.compile(name))
    return here


def tab_to(page: Page, role: Any, name: str, *, key: str = "Tab") -> None:
    """As often as it takes; whoever passes 60 things on the way is lost. In the dialog, where one
    is open: nothing behind it is reached."""
    opened = page.locator("dialog[open]")
    within = opened if opened.count() else page
    wanted = within.get_by_role(role, name=re.compile(name)).first
    expect(wanted).to_be_visible()
    for _step in range(60):
        page.keyboard.press(key)
        if wanted.evaluate("element => element === document.activeElement"):
            return
    at(page, role, name)


def dialog(page: Page, name: str) -> Locator:
    """The open one, by its name."""
    shown = page.get_by_role("dialog", name=re.compile(name))
    expect(shown).to_be_visible()
    return shown


def case(page: Page, name: str) -> None:
    """Its row has the focus, is marked as the open one, and the case is there."""
    row = at(page, "link", f"b-{name} ¥")
    expect(row).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("article", name=re.compile(f"b-{name} · ¥"))).to_be_visible()


def log_in(page: Page, server: Any, name: str) -> None:
    page.goto(f"{server.url}/admin/login/")
    at(page, "textbox", "^用户名")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    at(page, "textbox", "^密码")
    page.keyboard.type("secret")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/admin/")


def log_out(page: Page, name: str) -> None:
    tab_to(page, "button", f"^{name}", key="Shift+Tab")
    page.keyboard.press("Enter")
    tab_to(page, "button", "^(注销|退出|登出)", key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("您已退出")
    at(page, "link", "^重新登录$")
    page.keyboard.press("Enter")
    at(page, "textbox", "^用户名")


def to_the_workbench(page: Page) -> None:
    """Past the menu by the skip link, or into it."""
    expect(page.get_by_role("main")).to_be_visible()
    page.keyboard.press("Tab")
    at(page, "link", "^跳到正文$")
    tab_to(page, "link", "^工作台")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main", name="工作台")).to_be_visible()
    expect(page.get_by_role("navigation", name="队列")).to_be_visible()


def queue(page: Page, name: str, key: str) -> None:
    """By its key, past those before it."""
    tabs = page.get_by_role("navigation", name="队列")
    wanted = tabs.get_by_role("link", name=re.compile(f"^{name}"))
    for _step in range(12):
        shown = tabs.locator("[aria-current]").inner_text()
        if shown.startswith(name):
            break
        page.keyboard.press(key)
        expect(tabs.locator("[aria-current]")).not_to_have_text(shown)
    expect(wanted).to_have_attribute("aria-current", "page")


def test_a_day_without_a_mouse(page: Page, live_server: Any, desk: None) -> None:
    problems, keys = problems_of(page), page.keyboard
    log_in(page, live_server, "wang")
    to_the_workbench(page)
    expect(page.get_by_role("article", name="b-approved")).to_be_visible()

    # Moving, help, and back: a dialog that is closed gives the focus back.
    keys.press("j")
    expect(page.get_by_role("article", name="b-offered")).to_be_visible()
    keys.press("k")
    expect(page.get_by_role("article", name="b-approved")).to_be_visible()
    tab_to(page, "link", "b-approved ¥")
    keys.press("?")
    dialog(page, "工作台快捷键")
    at(page, "button", "^关闭$")
    keys.press("Escape")
    case(page, "approved")

    keys.press("a")
    dialog(page, "^同意$")
    at(page, "button", "^向 b-approved 退款 ¥100.00$")
    keys.press("Enter")
    case(page, "offered")
    assert ticket("approved").status == "refunding"

    # A canned text, by its digit.
    keys.press("n")
    dialog(page, "^协商")
    at(page, "textbox", "^金额")
    keys.press("Tab")
    at(page, "radio", ".")
    keys.press("2")
    expect(page.get_by_role("radio").and_(page.locator(":focus"))).to_be_checked()
    keys.press("Tab")
    message = at(page, "textbox", "^给买家的留言").input_value()
    assert message and "{" not in message
    keys.press("Control+Enter")
    case(page, "rejected")
    assert Negotiation.objects.get(ticket=ticket("offered")).message == message

    keys.press("r")
    reasons = dialog(page, "^拒绝").get_by_role("radio")
    at(page, "radio", ".")
    # One that wants no pictures, by its number.
    place = reasons.evaluate_all("boxes => boxes.findIndex(box => box.value === 'reason_mismatch')")
    keys.press(str(place + 1))
    expect(at(page, "radio", ".")).to_be_checked()
    keys.press("Control+Enter")
    case(page, "handed-over")
    assert Rejection.objects.get(ticket=ticket("rejected")).reason == "reason_mismatch"

    # A note among colleagues, from the button itself: it has the focus again.
    keys.press("i")
    dialog(page, "内部备注")
    at(page, "textbox", "^备注$")
    keys.type("买家要寄到公司")
    tab_to(page, "button", "^保存")
    keys.press("Enter")
    case(page, "handed-over")
    expect(page.get_by_role("article")).to_contain_text("买家要寄到公司")
    tab_to(page, "button", "^内部备注")
    keys.press("Enter")
    dialog(page, "内部备注")
    at(page, "textbox", "^备注$")
    keys.type("已电话确认")
    tab_to(page, "button", "^保存")
    keys.press("Enter")
    expect(page.get_by_role("article")).to_contain_text("已电话确认")
    at(page, "button", "^内部备注")

    keys.press("h")
    dialog(page, "^转交售后单")
    colleague = at(page, "combobox", "^同事$")
    keys.type("zhao")
    expect(colleague.locator("option:checked")).to_have_text("zhao")
    tab_to(page, "button", "^转交$")
    at(page, "button", "^转交$")
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("article")).to_contain_text("zhao")
    assert str(ticket("handed-over").handler) == "zhao"

    # Above what wang approves alone: a second person is asked.
    keys.press("j")
    expect(page.get_by_role("article", name="b-large")).to_be_visible()
    keys.press("a")
    shown = dialog(page, "^同意$")
    expect(shown).to_contain_text("¥200.00")
    at(page, "button", "b-large")
    keys.press("Enter")
    case(page, "batch-1")
    assert ticket("large").status == "pending_review"

    # Two at once; their results are read before the list goes on.
    keys.press("x")
    keys.press("j")
    expect(page.get_by_role("article", name="b-batch-2")).to_be_visible()
    keys.press("x")
    expect(page.locator("#wb-batch [role=status]")).to_have_text("已选 2 单")
    keys.press("a")
    dialog(page, "^批量同意")
    at(page, "button", "^向 2 位买家退款 ¥200.00$")
    keys.press("Enter")
    expect(dialog(page, "^批量同意").get_by_role("status")).to_contain_text(
        "2 个售后单中已处理 2 个"
    )
    at(page, "button", "^关闭$")
    keys.press("Enter")
    case(page, "last")

    # The queue of what waits to be paid, by its key; the first of them is paid.
    queue(page, "待人工打款", "]")
    expect(page.get_by_role("article", name="b-approved")).to_be_visible()
    keys.press("p")
    dialog(page, ".")
    at(page, "textbox", "^打款流水号$")
    keys.type("BANK-77")
    keys.press("Enter")
    at(page, "button", "^已向 b-approved 打款 ¥100.00|b-approved")
    keys.press("Enter")
    case(page, "batch-1")
    paid = ticket("approved")
    assert (paid.status, paid.refund.reference) == ("refunded", "BANK-77")

    # Found by the last digits of its number, as long as it is open.
    keys.press("/")
    at(page, "searchbox", "^售后单号")
    keys.type("0001")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="“0001”的搜索结果")).to_be_visible()
    expect(page.get_by_role("article", name="b-offered")).to_be_visible()
    log_out(page, "wang")

    # The second person.
    log_in(page, live_server, "li")
    to_the_workbench(page)
    queue(page, "复核", "]")
    expect(page.get_by_role("article", name="b-large")).to_contain_text("wang")
    keys.press("c")
    dialog(page, "复核通过")
    at(page, "button", "^复核通过：向 b-large 退款 ¥300.00$")
    keys.press("Enter")
    expect(page.get_by_role("list").filter(has_text="这里都处理完了")).to_be_visible()
    assert ticket("large").status == "refunding"
    log_out(page, "li")
    assert problems == []
