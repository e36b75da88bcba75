"""A decision on a case that has changed meanwhile is refused, with the difference (SPEC O10)."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from aftersale.models import Order, OrderLine, Refund, Role, Ticket, TicketEvent, TicketStatus
from aftersale.services.desk import replies
from aftersale.services.refunds import approvals, refund_results, unsent_refunds
from aftersale.services.shared.errors import Stale
from aftersale.services.tickets import snapshot
from aftersale.services.tickets.cases import changes_since, seen_now
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

pytestmark = pytest.mark.django_db


def test_a_case_as_it_was_seen_is_decided() -> None:
    shop = make_shop()
    ticket = make_ticket(make_order(shop))
    agent = make_user(shop, Role.CS_AGENT)
    seen = seen_now(ticket, ticket.order)
    approvals.approve(ticket_id=ticket.pk, user=agent, now=NOON, seen=seen)
    assert Refund.objects.get().amount == ticket.amount


def test_whoever_comes_late_is_told_what_the_first_one_did() -> None:
    shop = make_shop()
    ticket = make_ticket(make_order(shop), type="return_refund")
    first, late = make_user(shop, Role.CS_AGENT, username="wang"), make_user(shop, Role.CS_AGENT)
    first.first_name = "王芳"
    first.save()
    seen = seen_now(ticket, ticket.order)
    approvals.approve(ticket_id=ticket.pk, user=first, now=NOON, seen=seen)
    with pytest.raises(Stale, match="王芳 moved it to “Awaiting the return”"):
        approvals.confirm_return(ticket_id=ticket.pk, user=late, now=NOON, seen=seen)
    ticket.refresh_from_db()
    assert ticket.status == TicketStatus.AWAITING_RETURN
    assert not Refund.objects.exists()


CHANGES = [
    ("ticket", {"amount": 48_000}, "amount: ¥150.00 is now ¥480.00"),
    ("ticket", {"type": "exchange"}, "type: “Refund only” is now “Exchange”"),
    ("ticket", {"reason": "damaged"}, "reason: No longer wanted is now Arrived damaged"),
    ("ticket", {"reason": ""}, "reason: No longer wanted is now –"),
    ("ticket", {"note": "The zip\n is torn."}, "the buyer's note is now “The zip is torn.”"),
    ("ticket", {"note": ""}, "the buyer's note is gone"),
    ("ticket", {"evidence": ["https://a/1", "https://a/2"]}, "pictures: 1 is now 2"),
    ("ticket", {"evidence": ["https://a/2"]}, "the buyer's pictures are others now"),
    (
        "ticket",
        {"status": "arbitration"},
        "status: “To be handled” is now “Platform arbitration”",
    ),
    ("order", {"status": "shipped"}, "its order's status: “To be shipped” is now “Shipped”"),
    ("order", {"label_printed_at": NOON}, "shipping label printed: no is now yes"),
    ("order", {"paid_amount": 60_000}, "paid for its order: ¥500.00 is now ¥600.00"),
    (
        "order",
        {"refunded_amount": 1_000},
        "refunded of its order outside Afterdesk: ¥0.00 is now ¥10.00",
    ),
    ("order", {"committed": 100}, "refunded or approved of its order here: ¥0.00 is now ¥1.00"),
    ("line", {"taken": 100}, "refunded or approved of its line here: ¥0.00 is now ¥1.00"),
    ("line", {"paid_amount": 40_000}, "paid for its line: ¥500.00 is now ¥400.00"),
    ("line", {"line_no": 2}, "it is on another line of its order now"),
    ("ticket", {"line_no": None}, "it is on another line of its order now"),
    ("order", {"over_refunded": True}, "more refunded of its order than paid: no is now yes"),
]


@pytest.mark.parametrize(("model", "change", "difference"), CHANGES)
def test_a_fact_that_changed_is_named_with_both_values(
    model: str, change: dict, difference: str
) -> None:
    """SPEC O10: nothing is done, by no step; the person reads old and new."""
    shop = make_shop()
    ticket = make_ticket(
        make_order(shop, paid_amount=50_000),
        amount=15_000,
        line_no=1,
        note="It itches.",
        evidence=["https://a/1"],
        awaiting_evaluation=False,
    )
    seen = seen_now(ticket, ticket.order)
    {"ticket": Ticket, "order": Order, "line": OrderLine}[model].objects.update(**change)
    ticket = Ticket.objects.select_related("order").get()
    call = {"ticket_id": ticket.pk, "user": make_user(shop), "now": NOON, "seen": seen}
    before = list(Ticket.objects.values()), list(Order.objects.values())
    for step in (
        lambda: approvals.approve(**call),
        lambda: approvals.approve(**call, amount=15_000),
        lambda: approvals.confirm_return(**call),
        lambda: approvals.retry(**call),
        lambda: approvals.close(**call, note="by bank transfer"),
        lambda: replies.reject(**call, reason="shipped_on_time", explanation="It has left."),
        lambda: replies.negotiate(**call, message="Keep it for half?"),
    ):
        with pytest.raises(Stale) as stale:
            step()
        assert stale.value.message == (
            f"Nothing was done: ticket {ticket.ticket_no} has changed meanwhile: {difference}."
        )
    assert before == (list(Ticket.objects.values()), list(Order.objects.values()))
    assert not TicketEvent.objects.exists() and not Refund.objects.exists()
    assert changes_since(ticket, ticket.order, seen) == difference
    assert not changes_since(ticket, ticket.order, seen_now(ticket, ticket.order))


def test_an_order_sent_again_with_nothing_new_changes_nothing() -> None:
    """Only facts that people decide on count, not the platform's update time."""
    ticket = make_ticket(make_order(make_shop()))
    seen = seen_now(ticket, ticket.order)
    Order.objects.update(updated_at=NOON + timedelta(minutes=1))
    ticket.refresh_from_db()
    assert changes_since(ticket, ticket.order, seen) == ""


def test_an_order_that_arrived_is_a_difference() -> None:
    """SPEC O6."""
    ticket = make_ticket(make_order(make_shop()), line_no=1)
    seen = seen_now(ticket, None)
    assert changes_since(ticket, ticket.order, seen) == "its order has arrived"


def test_results_of_refunds_are_recorded_on_the_facts_seen() -> None:
    """SPEC O10 for the steps of a refund: nothing moves on facts that the person did not see."""
    shop = make_shop(connector="manual")
    ticket = make_ticket(make_order(shop))
    owner = make_user(shop)
    approvals.approve(ticket_id=ticket.pk, user=owner, now=NOON)
    refund = Refund.objects.get()
    ticket.refresh_from_db()
    seen = seen_now(ticket, Order.objects.get())
    Order.objects.update(status="shipped")
    call = {"refund_id": refund.pk, "user": owner, "now": NOON, "seen": seen}
    before = (Refund.objects.values().get(), Ticket.objects.values().get())
    for step in (
        lambda: refund_results.record_result(**call, succeeded=True, reason=""),
        lambda: refund_results.record_result(**call, succeeded=False, reason="account closed"),
        lambda: unsent_refunds.take_back(**call),
        lambda: unsent_refunds.release(**call),
    ):
        with pytest.raises(Stale, match="“To be shipped” is now “Shipped”"):
            step()
    assert before == (Refund.objects.values().get(), Ticket.objects.values().get())
    call["seen"] = seen_now(ticket, Order.objects.get())
    refund_results.record_result(**call, succeeded=True, reason="")
    assert Refund.objects.get().status == "succeeded"


@pytest.mark.parametrize("sent", ["", "7", "123.456.0.0", "W10", "%00", "=", "?" * 99, "bnVsbA"])
def test_a_text_that_is_no_snapshot_decides_nothing(sent: str) -> None:
    """Not seen at all, made up, or read from another version of the program."""
    shop = make_shop()
    ticket = make_ticket(make_order(shop))
    with pytest.raises(Stale, match="it can't be compared with what you saw"):
        approvals.approve(ticket_id=ticket.pk, user=make_user(shop), now=NOON, seen=sent)
    assert not Refund.objects.exists()


def test_a_snapshot_stays_short_and_reads_as_it_was_written() -> None:
    """It stands in addresses: the longest reason and amounts fit, a note is a digest only."""
    ticket = make_ticket(
        make_order(make_shop(), paid_amount=10**15),
        line_no=1,
        reason="因" * 64,
        note="长" * 5_000,
        evidence=["https://a/" + "x" * 900] * 9,
        status="pending_review",
    )
    text = seen_now(ticket, ticket.order)
    assert len(text) < snapshot.MOST_CHARACTERS and text == quote(text, safe="")
    found = snapshot.read(text)
    assert found is not None and found.as_text() == text and found.reason == ticket.reason
