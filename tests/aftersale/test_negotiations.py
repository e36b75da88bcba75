"""Rounds of negotiation with buyers: offers, and how a round ends (SPEC P3, O4)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from aftersale.models import (
    Negotiation,
    Order,
    Refund,
    Ticket,
    TicketEvent,
)
from aftersale.services.desk import replies
from aftersale.services.refunds import approvals, money_audit
from aftersale.services.shared.errors import (
    OverLine,
)
from aftersale.services.tickets import negotiation
from tests.factories import NOON

from .pictures import picture
from .replying import DUE, LATER, make_case, negotiate, refused, reject, report

pytestmark = pytest.mark.django_db

# Offers.


@pytest.mark.parametrize("platform", ["wechat", "kuaishou"])
def test_a_round_begins(platform: str) -> None:
    """SPEC P3: with its own deadline, on every platform."""
    ticket, agent = make_case(platform=platform)
    row = negotiate(ticket, agent, type="return_refund", amount=4_000, evidence=[picture()])
    assert (row.round, row.type, row.amount) == (1, "return_refund", 4_000)
    assert (row.message, row.at, row.user) == ("Would half of it do?", NOON, agent)
    assert (row.answer_due_at, row.result, row.ended_at) == (DUE, "", None)
    assert row.evidence_files.get().name == "shot.png"
    ticket.refresh_from_db()
    assert (ticket.status, ticket.due_at, ticket.awaiting_evaluation) == ("negotiating", DUE, False)
    assert (ticket.type, ticket.amount, ticket.committed) == ("refund_only", 10_000, 0)
    event = TicketEvent.objects.get()
    assert (event.user, event.note) == (agent, "Negotiation, round 1")


def test_what_is_the_tickets_own_offers_nothing() -> None:
    ticket, agent = make_case()
    row = negotiate(ticket, agent, type="refund_only", amount=10_000)
    assert (row.type, row.amount) == ("", None)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"message": " "}, "message"),
        ({"message": "x" * 1_001}, "message"),
        ({"message": "{amount} yuan?"}, "message"),
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 10_001}, "amount"),
        ({"amount": 7_001}, "amount"),  # 70 yuan are left of the order
        ({"type": "return_refund"}, "amount"),
        ({"type": "exchange", "amount": 100}, "amount"),
        ({"type": "gift"}, "type"),
    ],
)
def test_what_can_not_be_offered(fields: dict, pointer: str) -> None:
    ticket, agent = make_case()
    Order.objects.update(refunded_amount=3_000)
    refused(lambda: negotiate(ticket, agent, **fields), pointer=pointer)


def test_the_edges_of_what_can_be_offered() -> None:
    for fields in ({"amount": 1}, {"amount": 7_000}, {"type": "exchange"}, {}):
        ticket, agent = make_case()
        Order.objects.filter(pk=ticket.order_id).update(refunded_amount=3_000)
        assert negotiate(ticket, agent, **fields).round == 1


def on_a_line() -> tuple[Ticket, User]:
    """A ticket of 40 yuan on a line of 50, of which another ticket has taken 30."""
    ticket, agent = make_case(amount=4_000)
    line, *others = ticket.order.lines.all()
    assert others == []
    line.title, line.paid_amount, line.taken = "socks", 5_000, 3_000
    line.save()
    ticket.order.lines.create(line_no=line.line_no + 1, product="p", paid_amount=5_000)
    Ticket.objects.filter(pk=ticket.pk).update(line_no=line.line_no)
    ticket.refresh_from_db()
    return ticket, agent


@pytest.mark.parametrize("fields", [{"amount": 2_001}, {"type": "refund_keep_goods"}])
def test_an_offer_above_the_line_is_refused_with_its_figures_until_it_is_meant(
    fields: dict,
) -> None:
    """SPEC O2: as an approval, for the buyer may accept it."""
    ticket, agent = on_a_line()
    told = refused(lambda: negotiate(ticket, agent, **fields), OverLine, pointer="above_line")
    offered = "¥20.01" if "amount" in fields else "¥40.00"
    assert told == (
        f"{offered} is more than is left of line {ticket.line_no} (socks): ¥20.00. ¥50.00 was paid "
        "for it, and other tickets have taken ¥30.00."
    )
    negotiate(ticket, agent, above_line=True, **fields)
    assert TicketEvent.objects.get().note == f"Negotiation, round 1; Above the line: {told}"


@pytest.mark.parametrize("fields", [{"amount": 2_000}, {}, {"type": "exchange"}])
def test_an_offer_within_the_line_needs_no_word(fields: dict) -> None:
    """Nor one that offers no money."""
    ticket, agent = on_a_line()
    negotiate(ticket, agent, **fields)
    assert TicketEvent.objects.get().note == "Negotiation, round 1"


def test_no_offer_goes_above_the_order_however_it_is_meant() -> None:
    ticket, agent = on_a_line()
    Order.objects.update(refunded_amount=8_000)
    refused(lambda: negotiate(ticket, agent, amount=2_001, above_line=True), pointer="amount")


def test_before_shipping_there_is_nothing_to_return() -> None:
    ticket, agent = make_case(order_status="pending_shipment")
    refused(lambda: negotiate(ticket, agent, type="return_refund"), pointer="type")


def test_no_offer_where_nothing_can_be_approved() -> None:
    """SPEC W2: a completed order without a window; a message may be sent all the same."""
    ticket, agent = make_case(flags=["no_window"])
    assert "No after-sale window" in refused(lambda: negotiate(ticket, agent, amount=100))
    assert negotiate(ticket, agent).round == 1


def test_two_rounds_a_request() -> None:
    """PLATFORMS d1: one after the other; a buyer who applies again may be asked again."""
    ticket, agent = make_case()
    negotiate(ticket, agent)
    assert "has yet to answer" in refused(lambda: negotiate(ticket, agent, now=DUE - timedelta(1)))
    # Nobody reports that its time ran out; the person goes on.
    second = negotiate(ticket, agent, now=DUE)
    first = Negotiation.objects.get(round=1)
    assert (first.result, first.ended_at) == ("expired", DUE)
    assert (second.round, second.answer_due_at) == (2, DUE + timedelta(hours=48))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.due_at) == ("negotiating", second.answer_due_at)
    notes = TicketEvent.objects.order_by("pk").values_list("kind", "note")
    assert list(notes) == [("status", "Negotiation, round 1"), ("note", "Negotiation, round 2")]
    # A platform's report from before the second round does not end it.
    report(ticket, at=DUE - timedelta(minutes=1), status="pending_review")
    assert ticket.status == "negotiating"
    report(ticket, at=DUE + timedelta(hours=1), status="pending_review")
    late = DUE + timedelta(hours=2)
    assert "2 times" in refused(lambda: negotiate(ticket, agent, now=late))
    reject(ticket, agent, "return_first", now=late)
    report(ticket, at=late + timedelta(hours=1), status="pending_review")
    again = late + timedelta(hours=2)
    refused(lambda: reject(ticket, agent, "return_first", now=again), pointer="reason")
    assert replies.may_negotiate(ticket, now=again)
    assert negotiate(ticket, agent, now=again).round == 3


# How a round ends.


@pytest.mark.parametrize(
    ("after", "result"), [(timedelta(hours=47), "answered"), (timedelta(hours=48), "expired")]
)
def test_the_buyer_answered_or_time_ran_out(after: timedelta, result: str) -> None:
    ticket, agent = make_case()
    negotiate(ticket, agent, amount=4_000)
    report(ticket, at=NOON + after, status="pending_review")
    row = Negotiation.objects.get()
    assert (row.result, row.ended_at) == (result, NOON + after)
    assert (ticket.status, ticket.awaiting_evaluation, ticket.amount) == (
        "pending_review",
        True,
        10_000,
    )


def test_the_platform_may_move_the_end() -> None:
    """SPEC O5: its deadline is the one that counts."""
    ticket, agent = make_case()
    negotiate(ticket, agent)
    longer = DUE + timedelta(hours=24)
    report(ticket, status="negotiating", due_at=longer.isoformat())
    assert ticket.due_at == longer
    refused(lambda: negotiate(ticket, agent, now=DUE))
    report(ticket, at=DUE, status="pending_review")
    row = Negotiation.objects.get()
    assert (row.result, row.answer_due_at) == ("answered", longer)


def test_an_accepted_amount_is_what_is_refunded() -> None:
    """SPEC O4: the platform refunds, in the old words still; nothing of ours is sent."""
    ticket, agent = make_case()
    negotiate(ticket, agent, amount=4_000)
    report(ticket, status="refunding")
    row = Negotiation.objects.get()
    assert (row.result, row.ended_at) == ("accepted", LATER)
    assert (ticket.status, ticket.committed, ticket.amount) == ("refunding", 4_000, 10_000)
    assert not Refund.objects.exists()
    done = {"status": "succeeded", "at": LATER.isoformat()}
    report(ticket, at=LATER + timedelta(hours=1), status="refunded", refund_result=done)
    refund = Refund.objects.get()
    assert (refund.amount, refund.source, refund.status) == (4_000, "platform", "succeeded")
    assert Order.objects.get().refundable_amount == 6_000
    assert not [*money_audit.differences()]


def test_a_refund_that_is_done_at_once_is_the_acceptance() -> None:
    ticket, agent = make_case()
    negotiate(ticket, agent, amount=4_000)
    report(
        ticket, status="refunded", refund_result={"status": "succeeded", "at": LATER.isoformat()}
    )
    assert (Refund.objects.get().amount, ticket.committed) == (4_000, 4_000)
    assert Negotiation.objects.get().result == "accepted"
    assert not [*money_audit.differences()]


def test_a_smaller_amount_of_the_platforms_wins() -> None:
    """It reports the request as it was changed (WeChat does)."""
    ticket, agent = make_case()
    negotiate(ticket, agent, amount=4_000)
    report(ticket, status="refunding", amount="35.00")
    assert (ticket.amount, ticket.committed) == (3_500, 3_500)


def test_an_accepted_return_comes_back_first() -> None:
    """Its refund is the person's who confirms the goods, of the amount that was agreed."""
    ticket, agent = make_case()
    negotiate(ticket, agent, type="return_refund", amount=9_000)
    report(ticket, status="awaiting_return")
    assert (ticket.type, ticket.requested_type) == ("return_refund", "refund_only")
    assert (ticket.status, ticket.committed) == ("awaiting_return", 9_000)
    approvals.confirm_return(ticket_id=ticket.pk, user=agent, now=LATER)
    assert Refund.objects.get().amount == 9_000
    assert not [*money_audit.differences()]


def test_an_accepted_exchange_takes_no_money() -> None:
    ticket, agent = make_case(type="return_refund")
    negotiate(ticket, agent, type="exchange")
    report(ticket, status="awaiting_return")
    assert (ticket.type, ticket.committed) == ("exchange", 0)


def test_a_failed_refund_is_tried_again_with_the_agreed_amount() -> None:
    ticket, agent = make_case()
    negotiate(ticket, agent, amount=4_000)
    report(ticket, status="refunding")
    report(ticket, at=LATER + timedelta(hours=1), status="refund_failed")
    assert (ticket.status, ticket.committed) == ("refund_failed", 0)
    approvals.retry(ticket_id=ticket.pk, user=agent, now=LATER + timedelta(hours=2))
    assert Refund.objects.get().amount == 4_000


@pytest.mark.parametrize("status", ["arbitration", "cancelled", "closed"])
def test_another_step_ends_it(status: str) -> None:
    ticket, agent = make_case()
    negotiate(ticket, agent, amount=4_000)
    report(ticket, status=status)
    assert (Negotiation.objects.get().result, ticket.committed) == ("ended", 0)


def test_whoever_approves_meanwhile_gives_in() -> None:
    """The buyer has accepted nothing less than was asked for."""
    ticket, agent = make_case()
    negotiate(ticket, agent, amount=4_000)
    approvals.approve(ticket_id=ticket.pk, user=agent, now=LATER)
    assert Refund.objects.get().amount == 10_000
    assert Negotiation.objects.get().result == "ended"
    ticket.refresh_from_db()
    assert negotiation.agreed_amount(ticket) == 10_000
