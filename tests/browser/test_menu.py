"""The menu as people and screen readers have it, and the working day without a mouse."""

from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from tests.admin.scene import make

from .console import problems_of
from .signed_in import sign_in
from .test_workbench import desk, open_case, workbench

pytestmark = pytest.mark.django_db(transaction=True)

ENTRIES = [
    "概览", "提醒", "工作台", "售后单", "订单", "退款", "发货拦截", "待采纳的建议", "更多页面",
]  # fmt: skip


def focused(page: Page) -> str:
    """The name of what has the focus."""
    name: str = page.evaluate(
        "(e => (e.getAttribute('aria-label') ?? e.innerText).trim())(document.activeElement)"
    )
    return name


def tab_to(page: Page, name: str) -> None:
    for _time in range(60):
        page.keyboard.press("Tab")
        if focused(page).startswith(name):
            return
    raise AssertionError(f"{name} is not reached by Tab")


def test_nine_entries_read_as_they_are_called(page: Page, live_server: Any) -> None:
    """No icon's name is read aloud; there is one main part, named by the page's heading."""
    with transaction.atomic():
        make("mine", "cs_agent")
    problems = problems_of(page)
    sign_in(page, live_server, "mine-cs_agent")
    page.goto(f"{live_server.url}/admin/pages/")
    menu = page.get_by_role("navigation", name="菜单")
    lines = menu.aria_snapshot().splitlines()
    names = [line.split('"')[1] for line in lines if '- link "' in line]
    # Beside the workbench and the parcels it says how much waits.
    assert [name.rstrip(" 0123456789") for name in names] == ["Afterdesk 售后工作台", *ENTRIES]
    expect(menu.locator("[aria-current=page]")).to_have_accessible_name("更多页面")
    expect(page.get_by_role("main", name="更多页面")).to_be_visible()
    assert problems == []


def test_past_the_menu_and_through_a_dialog_by_tab(page: Page, live_server: Any) -> None:
    desk("T-1")
    workbench(page, live_server, "wang")
    open_case(page, "b-T-1")
    page.keyboard.press("Tab")
    assert focused(page) == "跳到正文"
    page.keyboard.press("Enter")
    expect(page.locator("#main-content")).to_be_focused()

    tab_to(page, "拒绝")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio").first).to_be_focused()
    # The other way out and ✕ stand before the fields; after the last button it begins anew.
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "改为协商"
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "关闭"
    tab_to(page, "取消")
    tab_to(page, "关闭")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert focused(page).startswith("拒绝")


def test_language_and_colours_by_keys(page: Page, live_server: Any) -> None:
    """What is behind one's own name: it opens, closes and gives the focus back."""
    desk()
    workbench(page, live_server, "wang")
    opener = page.get_by_role("button", name="wang")
    expect(opener).to_have_attribute("aria-expanded", "false")
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    dark = page.get_by_role("button", name="深色")
    dark.focus()
    page.keyboard.press("Enter")
    expect(dark).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(dark).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="English").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Menu")).to_be_visible()
