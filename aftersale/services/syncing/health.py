"""The state of reading from a platform: well, throttled, failing for now, stopped for people."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from aftersale.domain.multilingual import said as _
from aftersale.models import AuditKind, PlatformAccount
from aftersale.services.shared import trail
from aftersale.services.syncing.reader_lease import ReaderLease
from aftersale.signals import to_be_told

# Pauses after a temporary failure; the last one repeats.
PAUSES = [timedelta(seconds=20), *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15))]
_LONGEST_WAIT = 3600.0
# How far back the first round reads.
FIRST_LOOK = timedelta(days=90)

WELL: dict[str, Any] = {"failing_since": None, "failures": 0, "failure": "", "paused_until": None}


def first_round(account: PlatformAccount) -> int | None:
    """How much of the first reading is done, in percent of orders and tickets; None after it."""
    if account.first_read_at is not None:
        return None
    until = account.round_until or account.connected_at
    begin = account.connected_at - FIRST_LOOK
    whole = (until - begin) * 2
    done = (account.orders_until - begin) + (account.tickets_until - begin)
    return max(0, min(99, int(done / whole * 100)))


def wait(lease: ReaderLease, seconds: float, *, now: datetime) -> None:
    """The platform throttled us: not a failure, but no calls until then."""
    pause = timedelta(seconds=min(max(seconds, 1.0), _LONGEST_WAIT))
    lease.release(paused_until=now + pause)


def failed(lease: ReaderLease, reason: str, *, now: datetime) -> None:
    """Reading goes on where it was, after a growing pause."""
    account = lease.account
    pause = PAUSES[min(account.failures, len(PAUSES) - 1)]
    lease.release(
        failing_since=account.failing_since or now,
        failures=min(account.failures + 1, 10_000),
        failure=reason[:500],
        paused_until=now + pause,
    )


def stop(lease: ReaderLease, reason: str, *, now: datetime) -> None:
    """The credentials are refused: trying on could lock the shop out; people are told (M4)."""
    account = lease.account
    with transaction.atomic():
        lease.release(
            next_round_at=None,
            failing_since=account.failing_since or now,
            failure=reason[:500],
        )
        trail.record(
            AuditKind.PLATFORM,
            shop_id=account.shop_id,
            now=now,
            note=_("Nothing is read from the platform any more: %s") % reason,
        )
        to_be_told.send(sender=stop, shop_ids=[account.shop_id])
