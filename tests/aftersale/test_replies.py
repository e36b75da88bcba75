"""Answers to buyers: rejections, and who decides at once (SPEC P2, P3, O4, O7)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from aftersale.models import (
    Negotiation,
    Order,
    Refund,
    Rejection,
    RejectReasonTemplate,
    Role,
    Ticket,
    TicketEvent,
)
from aftersale.services.refunds import approvals, money_audit
from aftersale.services.shared import locks
from aftersale.services.shared.errors import (
    NotAllowed,
    NotFound,
    Refused,
    Stale,
    WrongStep,
)
from aftersale.services.tickets.cases import seen_now
from tests.concurrency.threads import at_once, meeting
from tests.factories import NOON, make_shop, make_ticket, make_user

from .pictures import picture
from .replying import DUE, LATER, make_case, negotiate, refused, reject, report

pytestmark = pytest.mark.django_db


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
