"""Paying a refund by hand in a browser, by keyboard (SPEC O4, M4)."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from aftersale.models import Ticket
from aftersale.services.refunds import approvals
from tests.factories import make_order, make_shop, make_ticket, make_user

from .axe import found_by_axe
from .console import problems_of
from .signed_in import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_queue_to_the_payment(page: Page, live_server: Any) -> None:
    with transaction.atomic():
        agent = make_user(None, username="agent-1")
        agent.set_password("secret")
        agent.save()
        shop = make_shop(name="By hand")
        agent.memberships.create(shop=shop, role="cs_agent")
        order = make_order(shop, order_no="O-1", buyer="b-1")
        ticket = make_ticket(order, ticket_no="T-1", amount=5_990)
        approvals.approve(ticket_id=ticket.pk, user=agent, now=timezone.now())
    problems = problems_of(page)
    cookie = {"name": "django_language", "value": "en", "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    sign_in(page, live_server, "agent-1")
    page.goto(f"{live_server.url}/admin/workbench/?queue=to_pay")
    expect(page.get_by_role("button", name="Record as paid")).to_be_visible()
    assert found_by_axe(page) == []

    page.keyboard.press("p")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("¥59.90 to b-1 is paid")
    expect(dialog).to_contain_text("O-1")
    expect(dialog.get_by_label("Payment reference")).to_be_focused()
    assert found_by_axe(page) == []
    page.keyboard.type("BANK-77")
    assert Ticket.objects.get().status == "refunding"
    page.keyboard.press("Enter")  # to the button: no step is taken out of a field
    expect(dialog.get_by_role("button", name="¥59.90 to b-1 is paid")).to_be_focused()
    assert Ticket.objects.get().status == "refunding"
    page.keyboard.press("Enter")
    expect(page.locator("#desk-toasts")).to_contain_text("Refunded: b-1 has ¥59.90.")
    row = Ticket.objects.select_related("refund").get()
    assert (row.status, row.refund.reference) == ("refunded", "BANK-77")
    expect(page.locator(".wb-none")).to_contain_text("Nothing is left here")
    assert problems == []
