"""Refunds that a shop pays by hand, on the workbench (SPEC O4, O10, M4)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from aftersale.models import Refund, Shop, Ticket, TicketEvent
from aftersale.services.refunds import approvals
from aftersale.services.tickets.cases import seen_now
from tests.factories import make_order, make_shop, make_ticket, make_user

from .clients import client_of, english_client

pytestmark = pytest.mark.django_db
REASON = "the account is closed"


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(name="By hand")


@pytest.fixture
def ticket(shop: Shop) -> Ticket:
    """Approved, and to be paid by hand: 59.90 to b-1."""
    row = make_ticket(make_order(shop, order_no="O-1", buyer="b-1"), ticket_no="T-1", amount=5_990)
    approvals.approve(ticket_id=row.pk, user=make_user(shop), now=timezone.now())
    return read(row)


@pytest.fixture
def agent(shop: Shop) -> Client:
    return english_client(make_user(shop, "cs_agent"))


def read(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("order", "refund").get(pk=ticket.pk)


def address(step: str, ticket: Ticket) -> str:
    return reverse(f"desk:{step}", args=[ticket.pk])


def record(client: Client, step: str, ticket: Ticket, **data: str) -> Any:
    given = {"seen": seen_now(ticket, ticket.order)} | data
    return client.post(address(step, ticket), given)


def unmoved(ticket: Ticket) -> bool:
    row, events = read(ticket), TicketEvent.objects.filter(ticket=ticket)
    figures = (row.status, row.refund.status, row.refund.reference, row.committed)
    statuses = list(events.values_list("to_status", flat=True))
    return figures == ("refunding", "requested", "", 5_990) and statuses == ["refunding"]


def test_the_queue_its_count_and_the_case(agent: Client, ticket: Ticket) -> None:
    page = agent.get(reverse("desk:workbench"), {"queue": "to_pay"})
    (tab,) = [tab for tab in page.context["tabs"] if tab["queue"] == "to_pay"]
    assert (tab["label"], tab["count"], tab["current"]) == ("To pay by hand", "1", True)
    assert [row["ticket"] for row in page.context["rows"]] == [ticket]
    case = agent.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    assert 'data-key="p"' in case and 'data-key="f"' in case
    assert "Record as paid" in case and "Record as failed" in case


def test_a_shop_that_pays_through_its_platform_has_no_such_queue(shop: Shop, agent: Client) -> None:
    Shop.objects.update(connector="platform")
    tabs = agent.get(reverse("desk:workbench")).context["tabs"]
    assert "to_pay" not in [tab["queue"] for tab in tabs]


def test_the_dialog_names_buyer_amount_and_order(agent: Client, ticket: Ticket) -> None:
    for step in ("paid", "not-paid"):
        shown = agent.get(address(step, ticket)).content.decode()
        for told in ("b-1", "¥59.90", "O-1", "T-1", "By hand"):
            assert f">{told}" in shown, (step, told)
    assert "¥59.90 to b-1 is paid" in agent.get(address("paid", ticket)).content.decode()


def test_paid_with_a_reference(agent: Client, ticket: Ticket) -> None:
    """Refunded is said once it is true, not when it is approved."""
    assert "refund of" not in agent.get(reverse("desk:workbench")).content.decode()
    answer = record(agent, "paid", ticket, reference=" BANK-77 ")
    assert answer.status_code == 204
    assert "Refunded: b-1 has \\u00a559.90." in answer.headers["HX-Trigger"]
    row = read(ticket)
    assert (row.status, row.refund.status, row.refund.reference) == (
        "refunded",
        "succeeded",
        "BANK-77",
    )
    last = row.events.order_by("-pk").first()
    assert last is not None and "BANK-77" in str(last.note)
    case = agent.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    assert 'data-key="p"' not in case and "BANK-77" in case
    # The same dialog again, from another window.
    assert record(agent, "paid", row).status_code == 409
    assert Refund.objects.get().attempts.count() == 1


def test_paid_without_a_reference(agent: Client, ticket: Ticket) -> None:
    assert record(agent, "paid", ticket).status_code == 204
    assert (read(ticket).status, read(ticket).refund.reference) == ("refunded", "")


def test_failed_with_the_reason(agent: Client, ticket: Ticket) -> None:
    asked = record(agent, "not-paid", ticket, reason=" ")
    assert "Say why the refund failed." in asked.content.decode() and unmoved(ticket)
    answer = record(agent, "not-paid", ticket, reason=REASON)
    assert "b-1 is recorded as failed" in answer.headers["HX-Trigger"]
    row = read(ticket)
    assert (row.status, row.refund.failure, row.committed) == ("refund_failed", REASON, 0)


def test_a_reference_that_is_too_long_keeps_what_was_typed(agent: Client, ticket: Ticket) -> None:
    asked = record(agent, "paid", ticket, reference="9" * 65).content.decode()
    assert "more than 64 characters" in asked and "9" * 65 in asked
    assert unmoved(ticket)


def test_a_case_that_has_changed_is_not_recorded(agent: Client, ticket: Ticket) -> None:
    seen = seen_now(ticket, ticket.order)
    Ticket.objects.update(amount=1)
    assert record(agent, "paid", ticket, seen=seen).status_code == 409
    assert agent.get(address("paid", ticket), {"seen": seen}).status_code == 409
    assert unmoved(ticket)


def test_a_dialog_about_another_payment_records_nothing(agent: Client, ticket: Ticket) -> None:
    """SPEC G5: a page from before a retry, or before a backup was restored."""
    shown = agent.get(address("paid", ticket)).content.decode()
    assert 'name="payment" value="1-5990"' in shown
    for payment in ("2-5990", "1-5991", "…"):
        answer = record(agent, "paid", ticket, payment=payment)
        assert (answer.status_code, unmoved(ticket)) == (422, True)
    assert (
        "result is of attempt 2: nothing was recorded"
        in record(agent, "paid", ticket, payment="2-5990").content.decode()
    )
    seen = seen_now(ticket, ticket.order)
    Ticket.objects.filter(pk=ticket.pk).update(ticket_no="T-2")
    answer = record(agent, "paid", ticket, seen=seen, payment="1-5990")
    assert "it is another ticket than the one you saw" in answer.content.decode()
    assert unmoved(ticket)


@pytest.mark.parametrize("step", ["paid", "not-paid"])
def test_who_may(shop: Shop, ticket: Ticket, step: str) -> None:
    """SPEC P1."""
    viewer = client_of(make_user(shop, "viewer"))
    assert viewer.get(address(step, ticket)).status_code == 403
    assert record(viewer, step, ticket, reason=REASON).status_code == 403
    stranger = client_of(make_user(make_shop()))
    assert stranger.get(address(step, ticket)).status_code == 404
    assert record(stranger, step, ticket, reason=REASON).status_code == 404
    assert unmoved(ticket)


@pytest.mark.parametrize("step", ["paid", "not-paid"])
def test_what_is_sent_by_itself_is_not_recorded(agent: Client, ticket: Ticket, step: str) -> None:
    Refund.objects.update(next_step_at=timezone.now() + timedelta(minutes=1))
    case = agent.get(reverse("desk:case", args=[ticket.pk])).content.decode()
    assert 'data-key="p"' not in case
    assert record(agent, step, ticket, reason=REASON).status_code == 409
    assert unmoved(ticket)


def test_a_ticket_without_a_refund(shop: Shop, agent: Client) -> None:
    row = make_ticket(make_order(shop))
    assert agent.get(address("paid", row)).status_code == 404
    assert record(agent, "paid", row).status_code == 404
