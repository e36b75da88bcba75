"""The watch: keeps what makes the other programs work in order, apart from them (SPEC E1)."""

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from aftersale.services.outgoing import far_ahead
from aftersale.services.shared.database_clock import database_moment
from config import queue_repair
from monitoring.services import clocks

log = structlog.get_logger(__name__)

# By a clock that no jump of a machine's or the database's time can stop.
EVERY_SECONDS = 20.0


class Command(BaseCommand):
    help = (
        "Sets back schedules, tasks, refunds and steps that a clock that jumped has put far ahead."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        look()
        # Event.wait counts on the monotonic clock.
        while not stop.wait(EVERY_SECONDS):
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
    except DatabaseError as error:
        log.warning("watch_without_database", error=type(error).__name__)
        connection.close()
