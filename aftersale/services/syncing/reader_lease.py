"""The lease to read from a shop's platform: one process at a time; other shops don't wait."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from aftersale.models import PlatformAccount, PlatformMessage
from config.heartbeat import beat

# Longer than a call with the saving after it; a working reader renews it.
LEASE = timedelta(seconds=60)
_RENEWED_AFTER = timedelta(seconds=15)
# The longest that a lease, pause or wait for the next round may be.
FURTHEST = timedelta(hours=3)


class LeaseLost(Exception):
    """This process stood still, or the shop was disconnected: its data is too old."""


def due(now: datetime) -> QuerySet[PlatformAccount]:
    """Accounts with something to read now that no process reads from.

    Moments further ahead than any can be come from a clock that jumped, and are ignored.
    """
    far = now + FURTHEST
    told = PlatformMessage.objects.filter(account=OuterRef("pk"), followed_at=None)
    return (
        PlatformAccount.objects.filter(next_round_at__isnull=False)
        .exclude(leased_until__gt=now, leased_until__lt=far)
        .exclude(paused_until__gt=now, paused_until__lt=far)
        .filter(
            Q(next_round_at__lte=now)
            | Q(next_round_at__gt=far)
            | Q(round_until__isnull=False)
            | Exists(told)
        )
    )


class ReaderLease:
    """The right to read from an account's platform; `account` is kept as the database has it."""

    def __init__(self, account: PlatformAccount, until: datetime) -> None:
        self.account = account
        self.until = until

    def write(self, **values: Any) -> None:
        """Changes the account, while the lease is this one; raises LeaseLost."""
        mine = PlatformAccount.objects.filter(pk=self.account.pk, leased_until=self.until)
        if not mine.update(**values):
            raise LeaseLost
        for name, value in values.items():
            setattr(self.account, name, value)

    def keep(self, now: datetime) -> None:
        """Renews a lease that is getting old; call it before each step."""
        beat()
        if now > self.until - LEASE + _RENEWED_AFTER:
            until = now + LEASE
            self.write(leased_until=until)
            self.until = until

    def release(self, **values: Any) -> None:
        self.write(leased_until=None, **values)


def take(*, account_pk: int, now: datetime) -> ReaderLease | None:
    """None where nothing is due, or somebody else reads."""
    with transaction.atomic(durable=True):
        account = (
            due(now)
            .filter(pk=account_pk)
            .select_for_update(of=("self",), no_key=True, skip_locked=True)
            .first()
        )
        if account is None:
            return None
        account.leased_until = now + LEASE
        account.save(update_fields=["leased_until"])
    account = PlatformAccount.objects.select_related("shop").get(pk=account_pk)
    assert account.leased_until is not None
    return ReaderLease(account, account.leased_until)
