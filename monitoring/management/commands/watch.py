"""The watch: repairs, from outside, what the other programs need to work (SPEC E1)."""

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django_q.models import OrmQ

from aftersale.services.outgoing import far_ahead
from aftersale.services.shared.database_clock import database_moment
from config import heartbeat, queue_repair
from config.queue import BEATS_WITHIN, DECIDE, wake
from monitoring.services import clocks
from strategies.services.evaluator import shops_waiting
from strategies.services.lanes import DECIDE_TASK

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = (
        "Sets back schedules, tasks, refunds and steps that a clock that jumped has put far ahead, "
        "and asks every cluster for a sign of work."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        look()
        # Event.wait uses the monotonic clock, which no jump of a machine's time affects.
        while not stop.wait(heartbeat.EVERY_SECONDS):
            look()


def look() -> None:
    """One round. A database that is away is no reason to end: the next round finds it again."""
    try:
        ahead = clocks.seconds_ahead()
        if abs(ahead) >= clocks.MOST_SECONDS:
            log.warning("clock_differs", seconds_ahead=round(ahead, 1))
        if found := queue_repair.set_back():
            log.warning("queue_set_back", found=found)
        if rows := far_ahead.set_back(now=database_moment()):
            log.warning("refunds_and_steps_set_back", rows=rows)
        ask_for_beats()
        heartbeat.beat()
    except DatabaseError as error:
        log.warning("watch_without_database", error=type(error).__name__)
        connection.close()


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
