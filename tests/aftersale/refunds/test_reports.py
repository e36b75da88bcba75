"""The platform's reports on refunds, and tickets cancelled or closed (SPEC O4, O7)."""

from datetime import timedelta

import pytest

from aftersale.models import Order, Refund, RefundStatus, Ticket, TicketFlag, TicketStatus
from aftersale.platforms.payments import Failed, Paid, TimedOut
from aftersale.services.outgoing import refund_attempt
from aftersale.services.refunds import approvals, refund_results, unsent_refunds
from aftersale.services.shared import locks
from aftersale.services.tickets import lifecycle
from aftersale.services.tickets.cases import case_of_locked

from .conftest import (
    audit,
    decided,
    make_order,
    make_shop,
    make_ticket,
    make_user,
    pay_until_done,
)

pytestmark = pytest.mark.django_db


def report(ticket: Ticket, succeeded: bool, clock, reason: str = "by the platform") -> None:
    refund_results.take_over_result(
        case_of_locked(
            locks.lock_order(ticket.order_id), locks.lock_ticket(ticket.pk), now=clock.now
        ),
        succeeded=succeeded,
        at=clock.now - timedelta(minutes=5),
        reason=reason,
    )


def now_of(ticket: Ticket) -> tuple[str, int, int]:
    ticket.refresh_from_db()
    return ticket.status, ticket.committed, Order.objects.get(pk=ticket.order_id).committed


@pytest.mark.parametrize("kind", ["manual", "sandbox"])
def test_a_refund_of_the_platforms_own_is_recorded_and_never_sent(platform, clock, kind):
    shop = make_shop(connector=kind)
    ticket = make_ticket(make_order(shop), 6_000)
    report(ticket, True, clock)
    assert now_of(ticket) == ("refunded", 6_000, 6_000)
    assert TicketFlag.PLATFORM_STEP in ticket.flags
    refund = ticket.refund
    assert (refund.source, refund.status) == ("platform", "succeeded")
    assert refund.settled_at == clock.now - timedelta(minutes=5)
    report(ticket, True, clock)  # once more changes nothing
    report(ticket, False, clock)
    clock.turn(days=1)
    pay_until_done(clock)
    assert platform.calls == []
    assert now_of(ticket) == ("refunded", 6_000, 6_000)
    assert refund.attempts.count() == 1
    assert audit() == []


def test_the_platform_paid_what_was_not_sent_yet(platform, clock):
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    report(refund.ticket, True, clock)
    pay_until_done(clock)
    assert platform.calls == []
    assert now_of(refund.ticket) == ("refunded", 6_000, 6_000)
    assert audit() == []


@pytest.mark.parametrize("answer", [Paid(), Failed("x"), refund_attempt.NoAnswer("x")])
def test_the_platform_reports_success_while_a_call_is_under_way(platform, clock, answer):
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    lease = refund_attempt.lease(refund_pk=refund.pk, now=clock.now)
    report(refund.ticket, True, clock)
    assert now_of(refund.ticket) == ("refunded", 6_000, 6_000)
    refund_attempt.settle(lease=lease, answer=answer, now=clock.now)
    assert now_of(refund.ticket) == ("refunded", 6_000, 6_000)
    assert list(refund.attempts.values_list("state", flat=True)) == ["succeeded"]
    assert audit() == []


def test_a_reported_failure_is_not_believed_while_an_attempt_is_under_way(platform, clock):
    """It may be about an earlier attempt; a new one beside this one could pay twice."""
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    lease = refund_attempt.lease(refund_pk=refund.pk, now=clock.now)
    report(refund.ticket, False, clock)
    assert now_of(refund.ticket) == ("refunding", 6_000, 6_000)
    refund_attempt.settle(lease=lease, answer=refund_attempt.NoAnswer("timed out"), now=clock.now)
    report(refund.ticket, False, clock)
    refund.refresh_from_db()
    assert (refund.status, refund.next_step_at) == (RefundStatus.UNKNOWN, clock.now)
    platform.says = [Paid()]
    pay_until_done(clock)
    assert now_of(refund.ticket) == ("refunded", 6_000, 6_000)
    assert platform.calls == []
    assert audit() == []


def test_a_reported_failure_with_nothing_under_way(platform, clock):
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    report(refund.ticket, False, clock, "no balance")
    assert now_of(refund.ticket) == ("refund_failed", 0, 0)
    refund.refresh_from_db()
    assert (refund.status, refund.failure) == ("failed", "no balance")
    pay_until_done(clock)
    assert platform.calls == []
    # Without a refund of ours.
    ticket = make_ticket(refund.order, 100)
    report(ticket, False, clock)
    assert now_of(ticket) == ("refund_failed", 0, 0)
    approvals.retry(ticket_id=ticket.pk, user=make_user(ticket.shop), now=clock.now)
    pay_until_done(clock)
    assert now_of(ticket) == ("refunded", 100, 100)
    assert audit() == []


def test_a_success_reported_after_failure_wins_beyond_the_limit_too(platform, clock):
    refund = decided(make_order(make_shop(), 10_000), 6_000, now=clock.now)
    platform.pays = [Failed("closed", permanent=True)]
    pay_until_done(clock)
    other = decided(refund.order, 9_000, now=clock.now)
    report(refund.ticket, True, clock)
    assert now_of(refund.ticket) == ("refunded", 6_000, 15_000)
    assert Order.objects.get(pk=refund.order_id).over_refunded
    assert TicketFlag.OVER_REFUNDED in refund.ticket.flags
    pay_until_done(clock)
    assert now_of(other.ticket) == ("refund_failed", 0, 6_000)
    assert audit() == []


def test_a_success_reported_of_a_refund_that_was_taken_back(platform, clock):
    shop = make_shop()
    refund = decided(make_order(shop), 6_000, now=clock.now)
    unsent_refunds.take_back(refund_id=refund.pk, user=make_user(shop), now=clock.now)
    report(refund.ticket, True, clock)
    assert now_of(refund.ticket) == ("refunded", 6_000, 6_000)
    refund.refresh_from_db()
    assert refund.source == "platform"
    assert audit() == []


def test_a_result_for_a_ticket_that_asks_for_no_money(clock):
    ticket = make_ticket(make_order(make_shop()), 0)
    report(ticket, True, clock)
    assert now_of(ticket) == ("refunded", 0, 0)
    assert not Refund.objects.exists()
    assert audit() == []


def cancel(ticket: Ticket, clock) -> None:
    """As ingestion does: the platform's status, and what was not sent is dropped."""
    order, ticket = locks.lock_order(ticket.order_id), locks.lock_ticket(ticket.pk)
    lifecycle.move(ticket, TicketStatus.CANCELLED, actor="platform", now=clock.now, as_fact=True)
    unsent_refunds.drop_unsent(case_of_locked(order, ticket, now=clock.now))


def test_a_cancelled_tickets_refund_is_not_sent_and_its_money_is_free(platform, clock):
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    cancel(refund.ticket, clock)
    assert now_of(refund.ticket) == ("cancelled", 0, 0)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.TAKEN_BACK
    pay_until_done(clock)
    assert platform.calls == []
    assert audit() == []


def test_a_cancelled_return_gives_its_money_back(clock):
    shop = make_shop()
    ticket = make_ticket(make_order(shop), 6_000, type="return_refund")
    approvals.approve(ticket_id=ticket.pk, user=make_user(shop), now=clock.now)
    cancel(ticket, clock)
    assert now_of(ticket) == ("cancelled", 0, 0)
    assert audit() == []


def test_a_refund_between_two_attempts_is_dropped_as_failed(platform, clock):
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    platform.pays = [Failed("passing")]
    pay_until_done(clock)
    cancel(refund.ticket, clock)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.FAILED
    assert now_of(refund.ticket) == ("cancelled", 0, 0)
    clock.turn(days=1)
    pay_until_done(clock)
    assert len(platform.calls) == 1
    assert audit() == []


def test_what_is_under_way_when_the_ticket_is_cancelled_is_seen_through(platform, clock):
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    platform.pays = [TimedOut()]
    pay_until_done(clock)
    cancel(refund.ticket, clock)
    assert now_of(refund.ticket) == ("cancelled", 6_000, 6_000)
    assert audit() == []
    platform.says = [Paid()]
    clock.turn(seconds=10)
    pay_until_done(clock)
    assert now_of(refund.ticket) == ("refunded", 6_000, 6_000)
    assert TicketFlag.PLATFORM_STEP in refund.ticket.flags
    assert audit() == []
