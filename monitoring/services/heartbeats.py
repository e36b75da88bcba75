"""Heartbeats: what a program writes down after carrying out a task (SPEC E1)."""

import socket
import time
from typing import Any

import structlog
from django.db import Error, connection
from django_q.conf import Conf

log = structlog.get_logger(__name__)

# No program writes more often, so that a task in a hundred pays for it.
EVERY_SECONDS = 5.0

_WRITE = """
    INSERT INTO strategies_heartbeat AS h (worker, host, at, clock_ahead)
    VALUES (%s, %s, clock_timestamp(), %s - date_part('epoch', clock_timestamp()))
    ON CONFLICT (worker, host) DO UPDATE
    SET at = excluded.at, clock_ahead = excluded.clock_ahead
"""
_written: dict[str, float] = {}


def beat(worker: str) -> None:
    """Writes that `worker` works on this machine, and what its clock says."""
    now = time.monotonic()
    if now - _written.get(worker, -EVERY_SECONDS) < EVERY_SECONDS:
        return
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [worker, socket.gethostname(), time.time()])
    _written[worker] = now


def on_task(**_kwargs: Any) -> None:
    """Receiver of django-q2's signal after each task; nothing that it raises may end a worker."""
    try:
        beat(Conf.CLUSTER_NAME)
    except Error as error:
        log.warning("no_heartbeat", error=type(error).__name__)
        connection.close()
