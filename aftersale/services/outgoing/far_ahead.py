"""Makes rows due at once that a clock which jumped has dated far ahead (docs/operations.md)."""

from datetime import datetime, timedelta

from aftersale.models import PlatformStep, Refund, RefundAttempt
from aftersale.platforms.payments import ARRIVES_WITHIN
from aftersale.services.outgoing.refund_attempt import LEASE

# No pause, lease or wait of a refund or step is longer.
FURTHEST = timedelta(hours=3)


def set_back(*, now: datetime) -> int:
    """Returns how many rows were set back.

    Idempotent. A call may still be under way, as after any lease: its money stays held for as long.
    """
    call_until = now + LEASE + ARRIVES_WITHIN
    found = 0
    for calls in (RefundAttempt._default_manager, PlatformStep._default_manager):
        found += calls.filter(call_until__gt=now + FURTHEST).update(call_until=call_until)
        # A lease's token changes with it: the holder's answer is ignored.
        calls.filter(leased_until__gt=now + FURTHEST).update(leased_until=now)
    for due in (Refund._default_manager, PlatformStep._default_manager):
        found += due.filter(next_step_at__gt=now + FURTHEST).update(next_step_at=now)
    return found
