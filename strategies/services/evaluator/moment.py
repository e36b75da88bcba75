"""The moment of a shop's decisions, and when no clock is good enough for one (SPEC E9)."""

from datetime import datetime, timedelta

from django.utils import timezone

from aftersale.services.shared.database_clock import database_moment

MOST_APART = timedelta(minutes=10)


class TimeInDoubt(Exception):
    """Nothing may be decided in the shop: it could spend the cap of a day that is not today."""


def decision_moment(decided_until: datetime | None) -> tuple[datetime, datetime]:
    """The moment to decide at, never before the shop's latest decision; and the database's own.

    Raises TimeInDoubt where the database's clock and this process's are far apart, so that nobody
    knows which day it is, or the latest decision is far ahead of the database.
    """
    now = database_moment()
    if abs(now - timezone.now()) > MOST_APART:
        raise TimeInDoubt("the database's clock and this process's are far apart")
    if decided_until is None or decided_until <= now:
        return now, now
    if decided_until - now > MOST_APART:
        raise TimeInDoubt("the latest decision is ahead of the clock")
    return decided_until, now
