"""The checks of `/readyz`, which the operators' page shows in words.

They find ages and counts and nothing about any shop, so that a load balancer needs no password.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from django.db import Error, connection
from django.db.models import Min

from aftersale.services.outgoing import pay_refunds
from aftersale.services.shared.database_clock import database_moment
from config.queue import ENDS_WITHIN
from monitoring.services import clocks
from monitoring.services.alert_queries import LATE, READING_LATE

log = structlog.get_logger(__name__)

# Heartbeats are written after tasks; killing and starting a frozen cluster again takes a minute.
HEARTBEAT_SECONDS = {cluster: seconds + 60 for cluster, seconds in ENDS_WITHIN.items()}
# A task that nobody has fetched for this long means that its cluster does not run.
QUEUE_SECONDS = 300


@dataclass(frozen=True)
class Check:
    """One check; `seconds` is the age or difference that was found, None where there is none."""

    ok: bool
    seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {"ok": self.ok, "seconds": None if self.seconds is None else round(self.seconds, 1)}


def checks() -> dict[str, Check]:
    """Database, each cluster's sign of work, the queue, the ticket and the refund that have waited
    longest, the shop that was not read for longest, and how far clocks are from the database's.

    Ages are the database's, whatever this machine's clock says.
    """
    found = {}
    for name, check in CHECKS.items():
        try:
            found[name] = check()
        except Error:
            log.exception("health_check_failed", check=name)
            found[name] = Check(ok=False)
    return found


def heartbeat_age(cluster: str) -> float | None:
    """Seconds since the cluster's last sign of work, on whichever machine."""
    return _seconds("SELECT max(at) FROM strategies_heartbeat WHERE worker = %s", cluster)


def oldest_waiting() -> float | None:
    """Seconds since the longest waiting ticket began to wait."""
    # Paused shops' tickets are decided too (for people), so none waits for long.
    return _seconds("SELECT min(awaiting_since) FROM aftersale_ticket WHERE awaiting_evaluation")


def oldest_task() -> float | None:
    """Seconds for which the oldest task has been waiting to be fetched.

    django-q2 sets the lock of a task in progress to a moment in the future.
    """
    return _seconds("SELECT min(lock) FROM django_q_ormq WHERE lock <= clock_timestamp()")


def oldest_due_refund() -> float | None:
    """Seconds since the refund was due that the payer should have taken up first."""
    now = database_moment()
    at = pay_refunds.due(now).aggregate(at=Min("next_step_at"))["at"]
    return None if at is None else (now - at).total_seconds()


def oldest_reading() -> float | None:
    """Seconds since the end of the latest round of the shop that has waited longest for the next;
    shops whose reading fails have an alert of their own."""
    return _seconds(
        "SELECT min(last_read_at) FROM aftersale_platformaccount"
        " WHERE next_round_at IS NOT NULL AND failing_since IS NULL"
    )


def _seconds(query: str, *given: str) -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT date_part('epoch', clock_timestamp() - ({query}))",
            given,
        )
        return cursor.fetchone()[0]


def _database() -> Check:
    """A database that takes no changes is none to work with."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return Check(ok=cursor.fetchone()[0] == "off")


def _heartbeat(cluster: str) -> Check:
    age = heartbeat_age(cluster)
    return Check(age is not None and age <= HEARTBEAT_SECONDS[cluster], age)


def _no_older(find: Callable[[], float | None], most: float) -> Check:
    age = find()
    return Check(age is None or age <= most, age)


def _clocks() -> Check:
    furthest = max(abs(clock.ahead) for clock in clocks.seen(here="web"))
    return Check(furthest < clocks.MOST_SECONDS, furthest)


CHECKS: dict[str, Callable[[], Check]] = {
    "database": _database,
    **{cluster: partial(_heartbeat, cluster) for cluster in ENDS_WITHIN},
    "queue": partial(_no_older, oldest_task, QUEUE_SECONDS),
    "waiting_tickets": partial(_no_older, oldest_waiting, LATE.total_seconds()),
    "due_refunds": partial(_no_older, oldest_due_refund, LATE.total_seconds()),
    "reading": partial(_no_older, oldest_reading, READING_LATE.total_seconds()),
    "clocks": _clocks,
}
