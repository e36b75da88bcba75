"""How far clocks are from the database's, which desk and automation use (SPEC M8)."""

from datetime import timedelta
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from aftersale.services.shared.database_clock import database_moment

# From this difference on operators are warned: leases, signatures and days are still right, but not
# for long.
MOST_SECONDS = 30.0
# Older observations say nothing about now.
FRESH = timedelta(minutes=15)

_SEEN = """
    SELECT worker || '@' || host, clock_ahead FROM strategies_heartbeat
    WHERE at > %(since)s
    UNION ALL
    (SELECT DISTINCT ON (platform) platform, clock_ahead FROM aftersale_platformaccount
    WHERE last_read_at > %(since)s AND clock_ahead IS NOT NULL
    ORDER BY platform, abs(clock_ahead) DESC)
    ORDER BY 1
"""


class Clock(NamedTuple):
    """A clock's owner, and by how many seconds it is ahead of the database's."""

    of: str
    ahead: float


def seconds_ahead() -> float:
    """Seconds by which this process's clock is ahead; negative where it is behind.

    The clock is read before and after the database is asked; a database time between the two
    readings counts as no difference.
    """
    before = timezone.now()
    moment = database_moment()
    after = timezone.now()
    if before <= moment <= after:
        return 0.0
    nearest = after if moment > after else before
    return (nearest - moment).total_seconds()


def seen(*, here: str) -> list[Clock]:
    """This process's, called `here`; each machine's that gave a sign of work; each platform's."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, {"since": database_moment() - FRESH})
        others = [Clock(*row) for row in cursor.fetchall()]
    return [Clock(here, seconds_ahead()), *others]
