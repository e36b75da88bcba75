"""Answers to buyers: rejections, negotiations (SPEC P2, P3, O4, O7)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from aftersale.domain.money import plain_yuan
from aftersale.models import (
    EvidenceFile,
    Negotiation,
    Order,
    Refund,
    Rejection,
    RejectReasonTemplate,
    Role,
    Ticket,
    TicketEvent,
)
from aftersale.records.schemas import TicketRecord
from aftersale.services.desk import replies
from aftersale.services.ingest import save_tickets
from aftersale.services.refunds import approvals, money_audit
from aftersale.services.shared import locks
from aftersale.services.shared.errors import (
    NotAllowed,
    NotFound,
    OverLine,
    Refused,
    Stale,
    WrongStep,
)
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.shops.shops import known
from aftersale.services.tickets import negotiation
from aftersale.services.tickets.cases import seen_now
from tests.concurrency.threads import at_once, meeting
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

from .pictures import picture
from .test_evidence import files

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(hours=1)
DUE = NOON + timedelta(hours=48)


def make_case(**fields: Any) -> tuple[Ticket, User]:
    """A ticket over 100 yuan of an order of 100 yuan, and an agent of its shop."""
    shop = make_shop(platform=fields.pop("platform", "kuaishou"))
    order = make_order(shop, status=fields.pop("order_status", "delivered"))
    ticket = make_ticket(order, **({"type": "refund_only"} | fields))
    return ticket, make_user(shop, Role.CS_AGENT)


def reject(ticket: Ticket, user: User, reason: str = "reason_mismatch", **fields: Any) -> Ticket:
    sent = {"explanation": "See above.", "now": NOON} | fields
    return replies.reject(ticket_id=ticket.pk, reason=reason, user=user, **sent)


def negotiate(ticket: Ticket, user: User, **fields: Any) -> Negotiation:
    sent = {"message": "Would half of it do?", "now": NOON} | fields
    return replies.negotiate(ticket_id=ticket.pk, user=user, **sent)


def report(ticket: Ticket, at: Any = LATER, **fields: Any) -> Ticket:
    """The platform reports a newer version of the ticket."""
    record = {
        "shop": ticket.shop.code,
        "ticket_no": ticket.ticket_no,
        "order_no": ticket.order_no,
        "type": ticket.requested_type,
        "reason": ticket.reason,
        "amount": plain_yuan(ticket.amount),
        "applied_at": ticket.applied_at.isoformat(),
        "updated_at": at.isoformat(),
    } | fields
    results = save_tickets(
        [TicketRecord.model_validate(record)], shops=known([ticket.shop.code]), now=at
    )
    assert [result.outcome for result in results] == [Outcome.CHANGED]
    ticket.refresh_from_db()
    return ticket


def everything() -> tuple[list, ...]:
    models = (Ticket, Order, Rejection, Negotiation, EvidenceFile, TicketEvent, Refund)
    return tuple(list(model.objects.order_by("pk").values()) for model in models)


def refused(call: Callable[[], Any], error: type[Refused] = Refused, *, pointer: str = "") -> str:
    """The refusal's text; nothing has moved, no file is left."""
    before, kept = everything(), files()
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert raised.value.pointer == pointer
    assert everything() == before and files() == kept
    return raised.value.message


# Rejecting.


@pytest.mark.parametrize("status", ["pending_review", "negotiating"])
def test_a_rejection_is_kept_as_it_was_sent(status: str) -> None:
    """SPEC P2: whatever becomes of the template."""
    ticket, agent = make_case(status=status, awaiting_evaluation=status == "pending_review")
    RejectReasonTemplate.objects.create(
        shop=ticket.shop, reason="reason_mismatch", text="template", updated_at=NOON
    )
    reject(ticket, agent, explanation="  Dear buyer,\r\nno.  ")
    RejectReasonTemplate.objects.all().delete()
    row = Rejection.objects.get()
    assert (row.reason, row.explanation) == ("reason_mismatch", "Dear buyer,\nno.")
    assert (row.from_status, row.at, row.user) == (status, NOON, agent)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.awaiting_evaluation) == ("rejected", False)
    event = TicketEvent.objects.get()
    assert (event.from_status, event.to_status, event.user) == (status, "rejected", agent)
    assert event.note == "The buyer's reason does not fit the facts"


@pytest.mark.parametrize(
    "status",
    ["awaiting_return", "refunding", "refunded", "refund_failed", "rejected", "arbitration",
     "cancelled", "closed"],
)  # fmt: skip
def test_only_where_a_person_may_reject(status: str) -> None:
    """SPEC O4: the error names both states."""
    ticket, agent = make_case(status=status, awaiting_evaluation=False)
    said = refused(lambda: reject(ticket, agent), WrongStep)
    assert "to “Rejected”" in said
    assert "to “Negotiating”" in refused(lambda: negotiate(ticket, agent), WrongStep)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"reason": "no_such_reason"}, "reason"),
        ({"reason": "not_resaleable"}, "reason"),  # nothing has come back
        ({"reason": "exchange_sold_out"}, "reason"),
        ({"explanation": " \n "}, "explanation"),
        ({"explanation": "x" * 1_001}, "explanation"),
        ({"explanation": "Dear {buyer}"}, "explanation"),
        ({"explanation": "Dear { buyer }"}, "explanation"),
        ({"explanation": "Dear {{buyer.name}}"}, "explanation"),
        ({"explanation": "Dear {% if x %}"}, "explanation"),
        ({"explanation": "Dear %(buyer)s"}, "explanation"),
        ({"reason": "agreed_to_cancel"}, "evidence"),  # pictures are asked for
        ({"reason": "return_first"}, "reason"),  # negotiation first
        ({"evidence": [picture() for _ in range(7)]}, "evidence"),
    ],
)
def test_what_a_rejection_needs(fields: dict, pointer: str) -> None:
    """SPEC P2: a reason that fits, an explanation, evidence where asked for."""
    ticket, agent = make_case()
    refused(lambda: reject(ticket, agent, **fields), pointer=pointer)


def test_evidence_goes_with_the_rejection() -> None:
    ticket, agent = make_case()
    broken = [picture(), picture("b.png"), type(picture())("c.png", b"no picture")]
    refused(lambda: reject(ticket, agent, "agreed_to_cancel", evidence=broken), pointer="evidence")
    reject(ticket, agent, "agreed_to_cancel", evidence=[picture("chat.png"), picture("b.png")])
    row = Rejection.objects.get()
    assert [file.name for file in row.evidence_files.all()] == ["chat.png", "b.png"]
    assert {file.uploaded_by for file in row.evidence_files.all()} == {agent}


def test_a_rejected_return_frees_its_money() -> None:
    """Goods not as sent: the order's money is free again, its other tickets are looked at."""
    ticket, agent = make_case(
        type="return_refund",
        status="returning",
        amount=6_000,
        committed=6_000,
        awaiting_evaluation=False,
    )
    Order.objects.update(committed=6_000)
    other = make_ticket(ticket.order, amount=5_000, awaiting_evaluation=False)
    reject(ticket, agent, "incomplete_return", evidence=[picture()])
    ticket.refresh_from_db()
    other.refresh_from_db()
    order = Order.objects.get()
    assert (ticket.committed, order.committed, order.refundable_amount) == (0, 0, 10_000)
    assert (ticket.status, other.awaiting_evaluation) == ("rejected", True)
    assert not [*money_audit.differences()]


def test_negotiation_comes_first_where_the_reason_says_so() -> None:
    """PLATFORMS d3: only after the buyer let an offer pass."""
    ticket, agent = make_case(platform="wechat")
    assert "Negotiate first" in refused(
        lambda: reject(ticket, agent, "return_first"), pointer="reason"
    )
    negotiate(ticket, agent)
    refused(
        lambda: reject(ticket, agent, "return_first", now=DUE - timedelta(seconds=1)),
        pointer="reason",
    )
    reject(ticket, agent, "return_first", now=DUE)
    row = Negotiation.objects.get()
    assert (row.result, row.ended_at) == ("ended", DUE)


def test_a_negotiation_led_at_the_platform_counts_too() -> None:
    ticket, agent = make_case()
    report(ticket, status="negotiating")
    refused(lambda: reject(ticket, agent, "return_first"), pointer="reason")
    report(ticket, at=LATER + timedelta(hours=1), status="pending_review")
    reject(ticket, agent, "return_first", now=LATER + timedelta(hours=2))
    assert Rejection.objects.get().reason == "return_first"


# Negotiating.


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


# Names the colleague, at once.


def test_only_who_handles_tickets() -> None:
    """SPEC P1."""
    ticket, _agent = make_case()
    viewer = make_user(ticket.shop, Role.VIEWER)
    for call in (reject, negotiate):
        refused(lambda call=call: call(ticket, viewer), NotAllowed)
        for stranger in (make_user(), make_user(make_shop())):
            refused(lambda call=call, user=stranger: call(ticket, user), NotFound)


def test_a_case_that_changed_is_not_decided() -> None:
    ticket, agent = make_case()
    seen = seen_now(ticket, ticket.order)
    Order.objects.update(committed=1)
    for call in (reject, negotiate):
        refused(lambda call=call: call(ticket, agent, seen=seen), Stale)


def decide_at_once(seen: bool) -> tuple[Ticket, list]:
    """One person approves, the other rejects."""
    ticket, first = make_case()
    second = make_user(ticket.shop, Role.CS_AGENT)
    as_seen = {"seen": seen_now(ticket, ticket.order)} if seen else {}
    results = at_once(
        lambda: approvals.approve(ticket_id=ticket.pk, user=first, now=NOON, **as_seen),
        lambda: reject(ticket, second, **as_seen),
    )
    ticket.refresh_from_db()
    return ticket, results


@pytest.mark.django_db(transaction=True)
def test_without_locks_a_ticket_is_approved_and_rejected(monkeypatch: Any) -> None:
    meet = meeting(2)

    def unlocked(model: Any) -> Callable[[int], Any]:
        def read(pk: int) -> Any:
            row = model.objects.get(pk=pk)
            if model is Ticket:
                meet()
            return row

        return read

    monkeypatch.setattr(locks, "lock_order", unlocked(Order))
    monkeypatch.setattr(locks, "lock_ticket", unlocked(Ticket))
    _ticket, results = decide_at_once(seen=False)
    assert not [result for result in results if isinstance(result, Exception)]
    assert (Refund.objects.count(), Rejection.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("seen", "error"), [(False, WrongStep), (True, Stale)])
def test_of_two_at_once_one_decides(seen: bool, error: type[Refused]) -> None:
    ticket, results = decide_at_once(seen)
    [lost] = [result for result in results if isinstance(result, Exception)]
    assert type(lost) is error
    approved = ticket.status == "refunding"
    assert ticket.status == ("refunding" if approved else "rejected")
    assert (Refund.objects.count(), Rejection.objects.count()) == (approved, not approved)
    assert TicketEvent.objects.count() == 1
    assert Order.objects.get().committed == ticket.committed == (10_000 if approved else 0)
    assert not [*money_audit.differences()]


@pytest.mark.django_db(transaction=True)
def test_two_offers_at_once_are_one_round() -> None:
    ticket, agent = make_case()
    results = at_once(*[lambda: negotiate(ticket, agent, amount=100)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["Negotiation", "Refused"]
    assert Negotiation.objects.count() == TicketEvent.objects.count() == 1


def test_the_rows_refuse_a_second_open_round() -> None:
    """Behind the locks: the database's own constraint."""
    ticket, agent = make_case()
    negotiate(ticket, agent)
    with pytest.raises(IntegrityError, match="negotiation_one_open"), transaction.atomic():
        Negotiation.objects.create(ticket=ticket, round=2, message="x", at=NOON, answer_due_at=DUE)
    with pytest.raises(IntegrityError, match="negotiation_round_once"), transaction.atomic():
        Negotiation.objects.create(
            ticket=ticket, round=1, message="x", at=NOON, answer_due_at=DUE, ended_at=NOON
        )
