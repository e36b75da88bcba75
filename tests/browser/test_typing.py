"""Typed text is not lost, and keys never go where they were not meant."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from aftersale.models import Negotiation, Refund, Rejection

from .console import problems_of
from .test_workbench import desk, open_case, status, workbench

pytestmark = pytest.mark.django_db(transaction=True)


def test_typed_text_outlives_its_dialog(page: Page, live_server: Any) -> None:
    """Esc, a click beside, another dialog, and reading the page anew; Enter in a field and digits
    in an amount send and choose nothing."""
    desk("T-1", "T-2")
    problems = problems_of(page)
    workbench(page, live_server, "wang")
    open_case(page, "b-T-1")
    keys, dialog = page.keyboard, page.get_by_role("dialog")
    keys.press("r")
    text = dialog.locator("[data-reply-text]")
    text.fill("杯口有磕碰，请补拍")
    # A click beside leaves it open, Esc closes it and keeps the text.
    page.mouse.click(5, 5)
    expect(dialog).to_be_visible()
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    page.reload()
    open_case(page, "b-T-1")
    keys.press("r")
    expect(text).to_have_value("杯口有磕碰，请补拍")
    expect(dialog.locator("[data-draft-back]")).to_be_visible()
    # Another case has nothing of it.
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    keys.press("j")
    open_case(page, "b-T-2")
    keys.press("r")
    expect(text).to_have_value("")
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    keys.press("k")
    open_case(page, "b-T-1")
    keys.press("r")
    expect(text).to_have_value("杯口有磕碰，请补拍")

    # From rejecting to negotiating the words go along.
    dialog.locator("[data-carry]").click()
    message, amount = dialog.locator("[name=message]"), dialog.locator("[name=amount]")
    expect(message).to_have_value("杯口有磕碰，请补拍")
    expect(amount).to_be_focused()
    keys.type("50")
    expect(amount).to_have_value("50")
    expect(dialog.locator("[name=type]:checked")).to_have_value("refund_only")
    keys.press("Enter")
    expect(dialog.locator("footer [type=submit]")).to_be_focused()
    assert not Negotiation.objects.exists() and not Rejection.objects.exists()
    keys.press("Enter")
    expect(dialog).to_be_hidden()
    open_case(page, "b-T-2")
    assert Negotiation.objects.get().message == "杯口有磕碰，请补拍"
    # The keyboard goes on at the next case; Enter there opens it and decides nothing.
    expect(page.locator(".wb-row [data-open][aria-current]")).to_be_focused()
    keys.press("Enter")
    open_case(page, "b-T-2")
    assert page.url.startswith(f"{live_server.url}/admin/workbench/?")
    assert status("T-2") == "pending_review"
    assert problems == []


def test_keys_are_about_the_ticked_cases_while_some_are_ticked(
    page: Page, live_server: Any
) -> None:
    desk("T-1", "T-2", "T-3")
    workbench(page, live_server, "wang")
    open_case(page, "b-T-1")
    keys, dialog = page.keyboard, page.get_by_role("dialog")
    keys.press("j")
    open_case(page, "b-T-2")
    keys.press("x")
    keys.press("j")
    open_case(page, "b-T-3")
    expect(page.locator("#wb-case .wb-ticking")).to_be_visible()
    expect(page.locator("#wb-case .d-kbd").first).to_be_hidden()
    keys.press("a")
    expect(dialog).to_contain_text("T-2")
    expect(dialog).not_to_contain_text("T-3")
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    # A key that no batch has does nothing to the open case.
    keys.press("m")
    keys.press("u")
    expect(page.locator("#wb-batch")).to_be_hidden()
    expect(page.locator("#wb-case .wb-ticking")).to_be_hidden()
    keys.press("a")
    expect(dialog.locator("[type=submit]")).to_contain_text("b-T-3")
    keys.press("Escape")
    assert not Refund.objects.exists()
    # Queues by key.
    keys.press("]")
    expect(page.locator("#tab-due_2h")).to_have_attribute("aria-current", "page")
    keys.press("[")
    expect(page.locator("#tab-to_handle")).to_have_attribute("aria-current", "page")


def test_buttons_and_goods_stand_above_the_fold(page: Page, live_server: Any) -> None:
    desk("T-1")
    page.set_viewport_size({"width": 1280, "height": 720})
    workbench(page, live_server, "wang")
    open_case(page, "b-T-1")
    for part in (".wb-decide", ".wb-amounts", ".wb-goods", "#wb-case .wb-request"):
        box = page.locator(part).bounding_box()
        assert box is not None and box["y"] + box["height"] <= 704, part
