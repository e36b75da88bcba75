"""A platform says late that it has paid: that stands, whatever was settled meanwhile (SPEC E6)."""

import pytest

from aftersale.models import (
    ApprovalLimit,
    ApprovalRequest,
    TicketFlag,
    TicketStatus,
)
from aftersale.platforms.payments import Failed, NeverSeen, Paid, TimedOut
from aftersale.services.outgoing import refund_attempt
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import WrongStep

from .conftest import (
    audit,
    decided,
    make_order,
    make_shop,
    make_ticket,
    make_user,
    pay_until_done,
    states,
)

pytestmark = pytest.mark.django_db


def failed_once(refund, platform, clock):
    """A lease whose attempt was settled as failed by somebody who asked."""
    lease = refund_attempt.lease(refund_pk=refund.pk, now=clock.now)
    platform.says = [Failed("gone", permanent=True)]
    clock.turn(seconds=60)
    pay_until_done(clock)
    assert states(refund) == ("failed", "refund_failed", ["failed"], 0)
    return lease


def test_a_late_paid_wins_over_failed_for_good(refund, platform, clock):
    lease = failed_once(refund, platform, clock)
    refund_attempt.settle(lease=lease, answer=Paid(), now=clock.turn(minutes=1))
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
    assert TicketFlag.PLATFORM_STEP in refund.ticket.flags
    assert not refund.order.over_refunded
    assert audit() == []


def test_a_late_paid_wins_over_what_a_person_has_settled_otherwise(refund, platform, clock):
    """Closed, nothing is sent again; that it was paid after all is a fact."""
    lease = failed_once(refund, platform, clock)
    agent = make_user(refund.shop)
    approvals.close(ticket_id=refund.ticket_id, note="by bank", user=agent, now=clock.now)
    with pytest.raises(WrongStep):
        approvals.retry(ticket_id=refund.ticket_id, user=agent, now=clock.now)
    pay_until_done(clock)
    assert (platform.calls, states(refund)) == ([], ("failed", "closed", ["failed"], 0))
    refund_attempt.settle(lease=lease, answer=Paid(), now=clock.turn(minutes=1))
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
    assert TicketFlag.PLATFORM_STEP in refund.ticket.flags
    assert audit() == []


def test_a_late_paid_ends_what_a_second_person_is_asked_for(refund, platform, clock):
    """SPEC G4: the retry that waits is not needed any more, and holds nothing besides."""
    lease = failed_once(refund, platform, clock)
    ApprovalLimit.objects.create(shop=refund.shop, role="cs_agent", amount=0)
    approvals.retry(ticket_id=refund.ticket_id, user=make_user(refund.shop), now=clock.now)
    assert states(refund) == ("failed", "refund_failed", ["failed"], 6_000)
    assert refund.ticket.flags == [TicketFlag.SECOND_PERSON] and audit() == []
    refund_attempt.settle(lease=lease, answer=Paid(), now=clock.turn(minutes=1))
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
    assert TicketFlag.SECOND_PERSON not in refund.ticket.flags
    assert ApprovalRequest.objects.get().state == "fallen"
    assert audit() == []


def test_a_late_paid_is_written_down_even_beyond_what_was_paid(refund, platform, clock):
    lease = failed_once(refund, platform, clock)
    agent = make_user(refund.shop)
    other = make_ticket(refund.order, 8_000)
    approvals.approve(ticket_id=other.pk, user=agent, now=clock.now)
    refund_attempt.settle(lease=lease, answer=Paid(), now=clock.turn(minutes=1))
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 14_000)
    assert refund.order.over_refunded
    assert TicketFlag.OVER_REFUNDED in refund.ticket.flags
    assert audit() == []
    # The other refund was not sent yet, and is not any more: its money is not there.
    pay_until_done(clock)
    assert platform.calls == []
    other.refresh_from_db()
    assert other.status == TicketStatus.REFUND_FAILED
    refund.order.refresh_from_db()
    assert (refund.order.committed, refund.order.over_refunded) == (6_000, False)
    assert audit() == []


def test_a_late_paid_beside_a_paid_attempt_is_kept_and_people_are_told(refund, platform, clock):
    lease = failed_once(refund, platform, clock)
    approvals.retry(ticket_id=refund.ticket_id, user=make_user(refund.shop), now=clock.now)
    pay_until_done(clock)
    assert states(refund) == ("succeeded", "refunded", ["failed", "succeeded"], 6_000)
    refund_attempt.settle(lease=lease, answer=Paid(), now=clock.turn(minutes=1))
    assert states(refund) == ("succeeded", "refunded", ["paid_late", "succeeded"], 12_000)
    assert TicketFlag.PAID_TWICE in refund.ticket.flags
    assert refund.order.over_refunded
    refund_attempt.settle(lease=lease, answer=Paid(), now=clock.turn(minutes=1))
    assert states(refund)[3] == 12_000
    assert audit() == []


@pytest.mark.parametrize("answer", [Failed("x"), NeverSeen()])
def test_a_late_paid_becomes_the_refund_when_the_other_attempt_paid_nothing(
    platform, clock, answer
):
    """The order has room for both: only that one was paid may stop the other."""
    refund = decided(make_order(make_shop(), 20_000), 6_000, now=clock.now)
    late = failed_once(refund, platform, clock)
    approvals.retry(ticket_id=refund.ticket_id, user=make_user(refund.shop), now=clock.now)
    platform.pays = [TimedOut()]
    pay_until_done(clock)
    refund_attempt.settle(lease=late, answer=Paid(), now=clock.now)
    assert states(refund) == ("unknown", "refunding", ["paid_late", "unknown"], 12_000)
    assert audit() == []
    platform.says = [answer, answer]
    clock.turn(seconds=10)
    pay_until_done(clock)
    if answer == NeverSeen():
        # The second attempt's call may still be on its way: its money stays held.
        assert states(refund) == ("unknown", "refunding", ["paid_late", "unknown"], 12_000)
        clock.now = refund.next_step_at
        pay_until_done(clock)
    assert states(refund) == ("succeeded", "refunded", ["succeeded", "failed"], 6_000)
    assert len(platform.calls) == 1  # the second attempt's key was not sent again
    assert not refund.order.over_refunded
    assert audit() == []


def test_a_late_paid_stops_the_next_attempt(refund, platform, clock):
    lease = refund_attempt.lease(refund_pk=refund.pk, now=clock.now)
    platform.says = [Failed("passing")]
    clock.turn(seconds=60)
    pay_until_done(clock)
    assert states(refund)[0] == "requested"
    refund_attempt.settle(lease=lease, answer=Paid(), now=clock.now)
    clock.turn(days=1)
    pay_until_done(clock)
    assert platform.calls == []
    assert states(refund) == ("succeeded", "refunded", ["succeeded"], 6_000)
