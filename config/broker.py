"""The queue's rows: one a task and its arguments, however often it is woken (SPEC E1).

A row that waits to be fetched has `wake`, which is unique in its cluster; a second wake finds the
row and leaves it at that. Fetching it empties `wake`, so that a wake that comes while the task runs
makes a row of its own. Locks of rows go by the database's clock, whatever a machine's says.

Whoever adds a row notifies its cluster in the same statement, and whoever finds none waits for that
on its connection. A notification that is lost costs a second or two: then it looks by itself.
"""

import select
from collections.abc import Sequence
from typing import Any

import structlog
from django.db import Error, close_old_connections, connection
from django.db.models import Manager
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.utils import get_func_repr

log = structlog.get_logger(__name__)

AWAY_SECONDS = 1.0
"""Between two looks whether a database that is away has come back."""
BLIND_SECONDS = 0.2
"""Between two looks where no notification arrives: through PgBouncer in transaction mode."""

# No wake waits for the disk: one that a power cut takes is found by the sweep.
_ENQUEUE = """
    WITH at_once AS (SELECT set_config('synchronous_commit', 'off', true)), added AS (
        INSERT INTO django_q_ormq (key, payload, lock, wake)
        SELECT %s, %s, clock_timestamp(), %s FROM at_once
        ON CONFLICT (key, wake) DO NOTHING
        RETURNING id
    )
    SELECT id, pg_notify(%s, '') FROM added
"""
# One that was never fetched is due, even if a clock that jumped has dated it ahead.
_DEQUEUE = """
    WITH at_once AS (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE django_q_ormq
    SET lock = clock_timestamp() + %s * interval '1 second', wake = NULL
    FROM at_once
    WHERE id IN (
        SELECT id FROM django_q_ormq
        WHERE key = %s AND (wake IS NOT NULL OR lock <= clock_timestamp())
        ORDER BY id LIMIT %s
        FOR UPDATE SKIP LOCKED
    )
    RETURNING id, payload
"""
_ACKNOWLEDGE = """
    WITH at_once AS (SELECT set_config('synchronous_commit', 'off', true))
    DELETE FROM django_q_ormq USING at_once WHERE id = %s
"""


class Broker(ORM):
    """django-q2's broker on the ORM, with rows that are woken once, and wake who waits for them.

    `also`: files that end a wait, too, once something can be read from them.
    """

    def __init__(self, list_key: str | None = None, *, also: Sequence[int] = ()) -> None:
        super().__init__(list_key)
        self._also = list(also)
        # psycopg's connection that listens; a new one of Django's has to be told again.
        self._listening: Any = None

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
        key = self.list_key or Conf.CLUSTER_NAME
        with connection.cursor() as cursor:
            cursor.execute(_ENQUEUE, [key, task, wake, _channel(key)])
            row = cursor.fetchone()
        return None if row is None else row[0]

    def dequeue(self) -> list[tuple[int, Any]] | None:
        """Fetches tasks, or waits until one may be there, and returns None. It asks for no
        connection's health: one that is of no use fails here, and is replaced."""
        try:
            self._listen()
            with connection.cursor() as cursor:
                cursor.execute(_DEQUEUE, [Conf.RETRY, self.list_key, Conf.BULK])
                tasks = cursor.fetchall()
            if tasks:
                return sorted(tasks)
            self._wait()
        except Error as error:
            # django-q2 would start this process again, and fetch nothing for ten seconds.
            log.warning("queue_without_database", error=type(error.__cause__ or error).__name__)
            connection.close()
            self._pause(AWAY_SECONDS)
        return None

    def delete(self, task_id: int) -> None:
        """Its commit waits for no disk, as a wake's: a task that comes back looks for work."""
        self.get_connection()
        with connection.cursor() as cursor:
            cursor.execute(_ACKNOWLEDGE, [task_id])

    def _listen(self) -> None:
        """LISTEN belongs to a session; behind a pooler of transactions there is none to speak of
        (docs/operations.md, "PgBouncer")."""
        if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            return
        connection.ensure_connection()
        if self._listening is not connection.connection:
            with connection.cursor() as cursor:
                cursor.execute(f'LISTEN "{_channel(self.list_key)}"')
            self._listening = connection.connection

    def _wait(self) -> None:
        if self._listening is None:
            self._pause(BLIND_SECONDS)
            return
        # Some may have arrived while this one looked: then the files show nothing.
        if not self._is_notified():
            self._pause(Conf.POLL, self._listening.fileno())
            self._is_notified()

    def _is_notified(self) -> bool:
        with connection.wrap_database_errors:
            return bool(list(self._listening.notifies(timeout=0)))

    def _pause(self, seconds: float, *files: int) -> None:
        select.select([*files, *self._also], [], [], seconds)


def _channel(cluster: str) -> str:
    return f"wake_{cluster}"
