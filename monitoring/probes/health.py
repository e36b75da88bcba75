"""Health checks for operators: `/healthz`, `/readyz`.

They show ages and counts and nothing about any shop, so that a load balancer needs no password.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from monitoring.services import clocks
from strategies.models import Heartbeat

log = structlog.get_logger(__name__)

# The sweep writes the heartbeat every minute or two, even when nothing happens.
HEARTBEAT_SECONDS = 180
# A ticket is decided within a second (SPEC E1), a sweep finds a forgotten one within two minutes.
WAITING_SECONDS = 300
# A task that nobody has fetched for this long means that its cluster does not run.
QUEUE_SECONDS = 300


@dataclass(frozen=True)
class Check:
    """One check; `seconds` is the age or difference that was found, None where there is none."""

    ok: bool
    seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {"ok": self.ok, "seconds": None if self.seconds is None else round(self.seconds, 1)}


def checks(now: datetime) -> dict[str, Check]:
    """Database, queue, the evaluator's heartbeat, the ticket that has waited longest, how far this
    process's clock is from the database's."""
    found = {}
    for name, check in CHECKS.items():
        try:
            found[name] = check(now)
        except DatabaseError:
            log.exception("health_check_failed", check=name)
            found[name] = Check(ok=False)
    return found


def heartbeat_age(now: datetime) -> float | None:
    at = Heartbeat.objects.filter(worker="decide").values_list("at", flat=True).first()
    return None if at is None else (now - at).total_seconds()


def oldest_waiting(now: datetime) -> float | None:
    """Seconds since the longest waiting ticket began to wait."""
    # Paused shops' tickets are decided too (for people), so none waits for long.
    return _age("SELECT min(awaiting_since) FROM aftersale_ticket WHERE awaiting_evaluation", now)


def oldest_task(now: datetime) -> float | None:
    """Seconds for which the oldest task has been waiting to be fetched.

    django-q2 sets the lock of a task in progress to a moment in the future.
    """
    return _age("SELECT min(lock) FROM django_q_ormq WHERE lock <= now()", now)


def _age(query: str, now: datetime) -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(query)
        at = cursor.fetchone()[0]
    return None if at is None else (now - at).total_seconds()


def _database(now: datetime) -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Check(ok=True)


def _heartbeat(now: datetime) -> Check:
    age = heartbeat_age(now)
    return Check(age is not None and age <= HEARTBEAT_SECONDS, age)


def _queue(now: datetime) -> Check:
    age = oldest_task(now)
    return Check(age is None or age <= QUEUE_SECONDS, age)


def _waiting(now: datetime) -> Check:
    age = oldest_waiting(now)
    return Check(age is None or age <= WAITING_SECONDS, age)


def _clocks(now: datetime) -> Check:
    ahead = abs(clocks.seconds_ahead())
    return Check(ahead < clocks.MOST_SECONDS, ahead)


CHECKS: dict[str, Callable[[datetime], Check]] = {
    "database": _database,
    "queue": _queue,
    "evaluator": _heartbeat,
    "waiting_tickets": _waiting,
    "clocks": _clocks,
}


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the web process answers; checks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if all checks pass, else 503; the answer names each check."""
    found = checks(timezone.now())
    ready = all(check.ok for check in found.values())
    return JsonResponse(
        {"ready": ready, "checks": {name: check.as_json() for name, check in found.items()}},
        status=200 if ready else 503,
        headers={"Cache-Control": "no-store"},
    )
