"""The watch: repairs, from outside, what the other programs need to work (SPEC E1)."""

import http.client
import os
import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import Error, connection
from django_q.models import OrmQ

from aftersale.services.outgoing import far_ahead
from aftersale.services.shared.database_clock import database_moment
from config import heartbeat, queue_repair
from config.queue import BEATS_WITHIN, DECIDE, wake
from config.stopping import Asked
from monitoring.services import alert_queries, alerts, clocks, heartbeats
from strategies.services.evaluator import shops_waiting
from strategies.services.lanes import DECIDE_TASK

log = structlog.get_logger(__name__)

# A page may take so long on a machine with much to do.
WEB_SECONDS = 20.0


class Command(BaseCommand):
    help = (
        "Sets back schedules, tasks, refunds and steps that a clock that jumped has put far ahead, "
        "and asks every cluster for a sign of work."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        asked = Asked(signal.SIGINT, signal.SIGTERM)
        look()
        while not asked.within(heartbeat.EVERY_SECONDS):
            look()


def look() -> None:
    """One round. A database that is away is no reason to end: the next round finds it again."""
    heartbeat.beat()
    look_at_web()
    try:
        heartbeats.beat("watch")
        for clock in clocks.seen(here="watch"):
            if abs(clock.ahead) >= clocks.MOST_SECONDS:
                log.warning("clock_differs", of=clock.of, seconds_ahead=round(clock.ahead, 1))
        if found := queue_repair.set_back():
            log.warning("queue_set_back", found=found)
        if stale := queue_repair.forget_stale():
            log.warning("stale_tasks_forgotten", tasks=stale)
        if rows := far_ahead.set_back(now=database_moment()):
            log.warning("refunds_and_steps_set_back", rows=rows)
        ask_for_beats()
        raised = alerts.raise_alerts(now=database_moment(), queries=alert_queries.STANDSTILL)
        if raised:
            log.warning("alerts_raised", count=raised)
        heartbeat.beat_for(heartbeat.ROUNDS)
    except Error as error:
        log.warning("watch_without_database", error=type(error).__name__)
        connection.close()


def look_at_web() -> None:
    """Any answer of this group's web server shows that it works.

    Runs beside the round, which must not wait for it.
    """
    address = os.environ.get("BIND")
    if address and heartbeat.FILE_VARIABLE in os.environ:
        threading.Thread(target=_ask_web, args=(address,), daemon=True).start()


def _ask_web(address: str) -> None:
    web = http.client.HTTPConnection(address, timeout=WEB_SECONDS)
    try:
        web.request("GET", "/healthz")
        web.getresponse()
    except (OSError, http.client.HTTPException) as error:
        log.warning("web_does_not_answer", error=type(error).__name__)
    else:
        heartbeat.beat_for("web")
    finally:
        web.close()


def ask_for_beats() -> None:
    """Gives each idle cluster a task; one with due tasks shows its work anyway (SPEC E1).

    An idle `decide` gets the shops with waiting tickets: a sweep from outside the cluster that it
    watches.
    """
    due = set(OrmQ.objects.filter(lock__lte=database_moment()).values_list("key", flat=True))
    for cluster in BEATS_WITHIN.keys() - due:
        wake("config.heartbeat.nothing", cluster=cluster)
        if cluster == DECIDE:
            for shop_id in shops_waiting():
                wake(DECIDE_TASK, shop_id, cluster=DECIDE)
