"""From one who asks to another who confirms, by keyboard; and what each role approves alone
(SPEC G4)."""

from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from aftersale.models import ApprovalLimit, Ticket
from tests.factories import make_order, make_shop, make_ticket, make_user

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_asks_and_another_confirms(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        shop = make_shop(name="Two pairs of eyes")
        for name, role in (("agent-1", "cs_agent"), ("manager-1", "cs_manager")):
            user = make_user(shop, role, username=name)
            user.set_password("secret")
            user.save()
        ApprovalLimit.objects.create(shop=shop, role="cs_agent", amount=5_000)
        order = make_order(shop, order_no="O-1", buyer="b-1")
        make_ticket(order, ticket_no="T-1", amount=8_000, awaiting_evaluation=False)
    problems = problems_of(page)
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]

    sign_in(page, live_server, "agent-1")
    page.goto(f"{live_server.url}/admin/workbench/")
    expect(page.get_by_role("button", name="Refund ¥80.00 to b-1")).to_be_visible()
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Alone you approve up to ¥50.00 of an order.")
    page.keyboard.press("Enter")
    expect(page.locator("#desk-toasts")).to_contain_text("Ticket T-1 waits for a second person.")
    expect(page.locator("#count-second_person")).to_have_text("1")
    expect(page.locator("#count-to_handle")).to_have_text("0")
    page.goto(f"{live_server.url}/admin/workbench/?queue=second_person")
    expect(page.locator("#wb-second-person")).to_contain_text("You asked for it yourself")
    expect(page.get_by_role("button", name="Withdraw")).to_be_visible()
    assert found_by_axe(page) == []

    sign_in(page, live_server, "manager-1")
    page.goto(f"{live_server.url}/admin/workbench/?queue=second_person")
    asked = page.locator("#wb-second-person")
    expect(asked).to_contain_text("agent-1 asks a second person: Approve, ¥80.00")
    expect(asked).to_contain_text("Alone agent-1 approves up to ¥50.00 of an order.")
    page.keyboard.press("d")
    expect(dialog.get_by_label("Why")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Confirm")).to_be_enabled()
    # On a very busy machine the first key opened nothing, three times; why is not known.
    for _press in range(3):
        page.keyboard.press("c")
        with suppress(PlaywrightTimeout):
            dialog.wait_for(timeout=10_000)
            break
    expect(dialog).to_contain_text("Confirm ¥80.00 to b-1")
    assert found_by_axe(page) == []
    assert Ticket.objects.get().status == "pending_review"
    page.keyboard.press("Enter")
    expect(page.locator("#desk-toasts")).to_contain_text("Confirmed: Approve, ¥80.00 to b-1.")
    expect(page.locator(".wb-none")).to_contain_text("Nothing is left here")
    assert Ticket.objects.get().status == "refunding"
    assert problems == []
