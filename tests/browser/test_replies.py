"""Deciding from a ticket's page (SPEC P2, P3): what was typed stays, what was chosen outlives a
refusal, and what was done is on the page at once."""

from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from aftersale.models import EvidenceFile, Negotiation, Rejection, Ticket
from tests.admin.clients import url
from tests.admin.scene import make
from tests.aftersale.pictures import bytes_of
from tests.factories import make_order, make_ticket

from .axe import found_by_axe
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_typed_or_chosen_is_lost(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "cs_agent")
        order = make_order(scene.shop, buyer="mine-b", status="delivered")
        ticket = make_ticket(order, ticket_no="mine-t", awaiting_evaluation=False)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    sign_in(page, live_server, "mine-cs_agent")
    page.goto(live_server.url + url(Ticket, "change", ticket.pk))
    page.get_by_role("button", name="拒绝", exact=True).click()
    dialog = page.get_by_role("dialog")
    text = dialog.locator("[data-reply-text]")
    reason = dialog.locator("[name=reason]")
    expect(reason.first).to_be_focused()
    assert found_by_axe(page) == []

    page.keyboard.press("4")
    untouched = text.input_value()
    assert "mine-t" in untouched
    page.keyboard.press("2")
    expect(text).not_to_have_value(untouched)
    text.fill("按我们谈好的处理。")
    reason.nth(3).check()
    expect(text).to_have_value("按我们谈好的处理。")
    expect(dialog.locator("[data-reply-kept]")).to_be_visible()
    dialog.locator("[data-reply-take]").click()
    expect(text).to_have_value(untouched)
    expect(dialog.locator("[data-reply-kept]")).to_be_hidden()

    # Refused: without words; reason and picture are still there.
    reason.nth(1).check()
    text.fill("")
    picture = {"name": "chat.png", "mimeType": "image/png", "buffer": bytes_of()}
    dialog.locator("[type=file]").set_input_files([picture])
    text.press("Control+Enter")
    expect(text).to_have_attribute("aria-invalid", "true")
    expect(text).to_be_focused()
    expect(reason.nth(1)).to_be_checked()
    assert dialog.locator("[type=file]").evaluate("field => field.files.length") == 1
    assert found_by_axe(page) == []
    assert not Rejection.objects.exists()

    text.fill("按我们谈好的处理。")
    text.press("Control+Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#content-main")).to_contain_text("按我们谈好的处理。")
    expect(page.locator(".reply-pictures img")).to_be_visible()
    expect(page.get_by_role("button", name="拒绝", exact=True)).to_have_count(0)
    row = Rejection.objects.get()
    assert (row.reason, row.explanation) == ("agreed_to_cancel", "按我们谈好的处理。")
    assert EvidenceFile.objects.get(name="chat.png").rejection == row
    assert problems == []


def test_the_button_says_the_amount_that_is_typed(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        scene = make("mine", "cs_agent")
        ticket = make_ticket(make_order(scene.shop, buyer="mine-b"), awaiting_evaluation=False)
    sign_in(page, live_server, "mine-cs_agent")
    page.goto(live_server.url + url(Ticket, "change", ticket.pk))
    page.get_by_role("button", name="向 mine-b 退款 ¥100.00").click()
    dialog = page.get_by_role("dialog")
    # As a Chinese keyboard types them: the server reads these digits, and so does the button.
    dialog.locator("[data-amount]").fill("９９")
    expect(dialog.get_by_role("button", name="向 mine-b 退款 ¥99.00")).to_be_visible()
    expect(dialog.get_by_role("status").first).to_contain_text("¥99.00")
    dialog.locator("[data-amount]").fill("")
    expect(dialog.get_by_role("button", name="向 mine-b 退款 ¥…")).to_be_visible()
    dialog.locator("[data-amount]").fill("99.5")
    send = dialog.get_by_role("button", name="向 mine-b 退款 ¥99.50")
    expect(send).to_be_visible()
    # Less than was asked for: a reason, and a second look.
    dialog.get_by_label("少退原因").fill("杯口有磕碰")
    dialog.get_by_label("确认退 ¥99.50，而不是 ¥100.00").check()
    assert found_by_axe(page) == []
    send.click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#content-main")).to_contain_text("退款中")
    expect(page.get_by_role("button", name="退 ¥", exact=False)).to_have_count(0)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.committed) == ("refunding", 9_950)


def test_a_digit_puts_a_text_into_the_offer(page: Page, live_server: Any) -> None:
    """By keyboard alone: from the amount to the texts, a digit, and off it goes."""
    with transaction.atomic():
        scene = make("mine", "cs_agent")
        ticket = make_ticket(
            make_order(scene.shop, buyer="mine-b", status="delivered"),
            ticket_no="mine-t",
            awaiting_evaluation=False,
        )
    sign_in(page, live_server, "mine-cs_agent")
    page.goto(live_server.url + url(Ticket, "change", ticket.pk))
    page.get_by_role("button", name="协商", exact=True).click()
    dialog = page.get_by_role("dialog")
    message = dialog.get_by_label("给买家的留言")
    expect(dialog.locator("[name=amount]")).to_be_focused()
    # A digit in the amount stays one.
    page.keyboard.type("12")
    expect(dialog.locator("[name=amount]")).to_have_value("12")
    expect(message).to_have_value("")
    page.keyboard.press("Tab")
    page.keyboard.press("4")
    expect(dialog.locator("[name=text]").nth(3)).to_be_focused()
    fourth = message.input_value()
    assert "mine-t" in fourth and "{" not in fourth
    page.keyboard.press("1")
    expect(message).not_to_have_value(fourth)
    message.fill("我们少退一点可以吗？")
    dialog.locator("[name=text]").nth(1).check()
    expect(message).to_have_value("我们少退一点可以吗？")
    expect(dialog.locator("[data-reply-kept]")).to_be_visible()
    assert found_by_axe(page) == []
    message.press("Control+Enter")
    expect(dialog).to_be_hidden()
    assert Negotiation.objects.get().message == "我们少退一点可以吗？"
