"""Races around requests for a second person (SPEC G4). Each is first shown with its guard gone."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import IntegrityError
from django.utils import timezone

from aftersale.models import (
    ApprovalRequest,
    ApprovalState,
    Order,
    Refund,
    Role,
    Ticket,
    TicketFlag,
    TicketStatus,
)
from aftersale.services.refunds import approvals, second_person
from aftersale.services.shared import locks
from aftersale.services.shared.errors import OverRefundable, Stale, WrongStep
from strategies.models import Decision
from strategies.services.evaluator import Tally, decide_shop
from tests import factories
from tests.aftersale.refunds.conftest import audit, make_order, make_shop, make_ticket, make_user
from tests.concurrency.threads import at_once, meeting

from .asking import limited

pytestmark = pytest.mark.django_db(transaction=True)

Call = Callable[[], object]


def unlock(monkeypatch, meet: Callable[[], None] | None = None) -> None:
    """Both read order and ticket before either writes: the guard is gone."""
    meet = meet or meeting(2)

    def read(pk: int) -> Ticket:
        ticket = Ticket.objects.get(pk=pk)
        meet()
        return ticket

    monkeypatch.setattr(locks, "lock_order", lambda pk: Order.objects.get(pk=pk))
    monkeypatch.setattr(locks, "lock_ticket", read)
    monkeypatch.setattr(
        locks, "lock_refund", lambda ticket: Refund.objects.filter(ticket=ticket).first()
    )


def two_steps(*amounts: int, type: str = "refund_only") -> tuple[Order, list[Call]]:
    """One agent's approvals on one order of 100 yuan, who approves 50 alone."""
    shop = limited(make_shop())
    order, agent, now = make_order(shop), make_user(shop), timezone.now()
    tickets = [make_ticket(order, amount, type=type) for amount in amounts]
    return order, [
        lambda ticket=ticket: approvals.approve(ticket_id=ticket.pk, user=agent, now=now)
        for ticket in tickets
    ]


def asked_for() -> tuple[ApprovalRequest, Callable[..., Call], Callable[..., Call]]:
    """A request, and the calls that settle it, each by a person of its own."""
    shop = limited(make_shop())
    ticket = make_ticket(make_order(shop), 8_000)
    now = timezone.now()
    approvals.approve(ticket_id=ticket.pk, user=make_user(shop), now=now)
    request = ApprovalRequest.objects.get(ticket=ticket)

    def confirm() -> Call:
        who = {"user": make_user(shop, Role.CS_MANAGER), "now": now}
        return lambda: second_person.confirm(request_id=request.pk, **who)

    def decline() -> Call:
        who = {"user": make_user(shop, Role.CS_MANAGER), "now": now, "note": "no"}
        return lambda: second_person.decline(request_id=request.pk, **who)

    return request, confirm, decline


def waiting(order: Order) -> int:
    return Ticket.objects.filter(order=order, flags__contains=["second_person"]).count()


# Amounts that one person gives on one order add up.


def test_without_the_lock_splitting_passes(monkeypatch):
    unlock(monkeypatch)
    order, calls = two_steps(3_000, 3_000)
    results = at_once(*calls)
    assert all(result.status == TicketStatus.REFUNDING for result in results)
    assert waiting(order) == 0  # 60 yuan by one person who approves 50 alone


def test_with_the_lock_the_second_part_waits():
    for _ in range(3):
        order, calls = two_steps(3_000, 3_000)
        results = at_once(*calls)
        assert Counter(result.status for result in results) == {
            TicketStatus.REFUNDING: 1,
            TicketStatus.PENDING_REVIEW: 1,
        }
        assert waiting(order) == 1
    assert audit() == []


# Two requests hold no more than the order has.


def test_without_the_lock_the_constraint_refuses_the_second_request(monkeypatch):
    unlock(monkeypatch)
    order, calls = two_steps(6_000, 6_000)
    results = at_once(*calls)
    [refused] = [result for result in results if isinstance(result, Exception)]
    assert isinstance(refused, IntegrityError) and "order_not_over_refunded" in str(refused)
    assert waiting(order) == 1 and audit() == []


def test_with_the_lock_the_order_never_holds_more_than_it_got():
    for _ in range(3):
        order, calls = two_steps(6_000, 6_000)
        results = at_once(*calls)
        assert Counter(type(result) for result in results) == {Ticket: 1, OverRefundable: 1}
        assert waiting(order) == 1
    assert audit() == []


# A confirmation and whatever settles the request at the same moment.


def test_without_the_lock_what_was_declined_is_paid(monkeypatch):
    request, confirm, decline = asked_for()
    unlock(monkeypatch, meet=lambda: None)
    meet, look, confirmed = meeting(2), second_person._lock, threading.Event()

    def both_see_it_wait(*args):
        found = look(*args)
        meet()
        return found

    def a_little_slow(note: str) -> bool:
        return confirmed.wait(timeout=10)

    monkeypatch.setattr(second_person, "_lock", both_see_it_wait)
    monkeypatch.setattr(second_person, "is_visible", a_little_slow)  # `decline` alone asks it

    def confirm_first(call: Call) -> object:
        try:
            return call()
        finally:
            confirmed.set()

    confirming = confirm()
    results = at_once(lambda: confirm_first(confirming), decline())
    assert [type(result) for result in results] == [Ticket, Ticket]
    request.refresh_from_db()
    assert request.state == ApprovalState.DECLINED
    assert Refund.objects.get(ticket=request.ticket).status == "requested"
    assert audit() != []


def test_with_the_lock_one_of_two_settles_it():
    for calls in (("confirm", "decline"), ("confirm", "confirm"), ("decline", "decline")):
        request, confirm, decline = asked_for()
        made = {"confirm": confirm, "decline": decline}
        results = at_once(*(made[call]() for call in calls))
        assert Counter(type(result) for result in results) == {Ticket: 1, Stale: 1}
        request.refresh_from_db()
        paid = Refund.objects.filter(ticket=request.ticket).count()
        confirmed = request.state == ApprovalState.CONFIRMED
        assert paid == int(confirmed) and request.settled_by is not None
        assert request.ticket.order.refundable_amount == 10_000 - paid * 8_000
        told = [str(event.note) for event in request.ticket.events.all()]
        assert sum("what user-" in note for note in told) == 1
    assert audit() == []


# Automation looks at the ticket at the moment in which somebody asks.


def test_a_ticket_is_decided_or_waits_for_a_second_person():
    for _ in range(3):
        asked_while_decided()
    assert audit() == []


def asked_while_decided() -> None:
    shop = limited(factories.make_shop())
    factories.make_strategy(shop)
    order = factories.make_order(shop)
    ticket = factories.make_ticket(order, amount=8_000)
    agent, now = make_user(shop), timezone.now()
    _decided, asked = at_once(
        lambda: decide_shop(shop.pk, tally=Tally()),
        lambda: approvals.approve(ticket_id=ticket.pk, user=agent, now=now),
    )
    ticket.refresh_from_db()
    order.refresh_from_db()
    assert order.committed == 8_000
    if isinstance(asked, WrongStep):
        assert (ticket.status, ticket.flags) == (TicketStatus.REFUNDING, [])
        assert not ApprovalRequest.objects.filter(ticket=ticket).exists()
        return
    assert (ticket.status, ticket.flags) == (
        TicketStatus.PENDING_REVIEW,
        [TicketFlag.SECOND_PERSON],
    )
    # Nor is it decided later, while it waits.
    decide_shop(shop.pk, tally=Tally())
    assert not Decision.objects.filter(ticket=ticket).exists()
