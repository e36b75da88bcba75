"""The queue's rows: one a task and its arguments, however often it is woken (SPEC E1).

A row that waits to be fetched has `wake`, which is unique in its cluster; a second wake finds the
row and leaves it at that. Fetching it empties `wake`, so that a wake that comes while the task runs
makes a row of its own. Locks of rows go by the database's clock, whatever a machine's says.
"""

from time import sleep
from typing import Any

import structlog
from django.db import OperationalError, close_old_connections, connection
from django.db.models import Manager
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.utils import get_func_repr

log = structlog.get_logger(__name__)

AWAY_SECONDS = 1.0
"""Between two looks whether a database that is away has come back."""

# No wake waits for the disk: one that a power cut takes is found by the sweep.
_ENQUEUE = """
    WITH at_once AS (SELECT set_config('synchronous_commit', 'off', true))
    INSERT INTO django_q_ormq (key, payload, lock, wake)
    SELECT %s, %s, clock_timestamp(), %s FROM at_once
    ON CONFLICT (key, wake) DO NOTHING
    RETURNING id
"""
# One that was never fetched is due, even if a clock that jumped has dated it ahead.
_DEQUEUE = """
    UPDATE django_q_ormq
    SET lock = clock_timestamp() + %s * interval '1 second', wake = NULL
    WHERE id IN (
        SELECT id FROM django_q_ormq
        WHERE key = %s AND (wake IS NOT NULL OR lock <= clock_timestamp())
        ORDER BY id LIMIT %s
        FOR UPDATE SKIP LOCKED
    )
    RETURNING id, payload
"""


class Broker(ORM):
    """django-q2's broker on the ORM, with rows that are woken once."""

    @staticmethod
    def get_connection(list_key: str | None = None) -> "Manager[OrmQ]":
        """Connects to nothing yet, unlike django-q2's own: a cluster that starts while the database
        is away would end itself, and with it the whole group."""
        if not connection.in_atomic_block:
            close_old_connections()
        return OrmQ.objects

    def enqueue(self, task: str) -> int | None:
        """Adds a row, or finds the one that waits already: then None."""
        content = SignedPackage.loads(task)
        wake = f"{get_func_repr(content['func'])}{content['args']}{content['kwargs'] or ''}"
        with connection.cursor() as cursor:
            cursor.execute(_ENQUEUE, [self.list_key or Conf.CLUSTER_NAME, task, wake])
            row = cursor.fetchone()
        return None if row is None else row[0]

    def dequeue(self) -> list[tuple[int, Any]] | None:
        self.get_connection()  # as django-q2's does: closes a connection that has become useless
        try:
            with connection.cursor() as cursor:
                cursor.execute(_DEQUEUE, [Conf.RETRY, self.list_key, Conf.BULK])
                tasks = cursor.fetchall()
        except OperationalError as error:
            # django-q2 would start this process again, and fetch nothing for ten seconds.
            log.warning("queue_without_database", error=type(error.__cause__).__name__)
            connection.close()
            sleep(AWAY_SECONDS)
            return None
        if tasks:
            return sorted(tasks)
        sleep(Conf.POLL)  # spares the processor
        return None
