"""Rows that a clock which jumped has dated far ahead are due at once (docs/operations.md)."""

from datetime import datetime, timedelta

from aftersale.models import PlatformStep, Refund, RefundAttempt
from aftersale.platforms.payments import ARRIVES_WITHIN
from aftersale.services.outgoing.refund_attempt import LEASE

# No pause, lease or wait of a refund or step is longer.
FURTHEST = timedelta(hours=3)


def set_back(*, now: datetime) -> int:
    """How many rows were set back. Idempotent.

    A call may still be under way for as long as after any other: the money is held so long.
    """
    call_until = now + LEASE + ARRIVES_WITHIN
    found = 0
    for calls in (RefundAttempt._default_manager, PlatformStep._default_manager):
        found += calls.filter(call_until__gt=now + FURTHEST).update(call_until=call_until)
        # A lease's token changes with it, so that its holder's answer counts for nothing.
        calls.filter(leased_until__gt=now + FURTHEST).update(leased_until=now)
    for due in (Refund._default_manager, PlatformStep._default_manager):
        found += due.filter(next_step_at__gt=now + FURTHEST).update(next_step_at=now)
    return found
