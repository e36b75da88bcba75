"""Facts about the machine that answers and the database, for operators."""

import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection

BACKUP = "backup"
"""The worker under which `manage.py backup` writes its heartbeat (strategies.models.Heartbeat)."""
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Room:
    """Bytes of a disk or of memory."""

    free: int
    total: int


@dataclass(frozen=True)
class Program:
    worker: str
    host: str
    seconds: float


@dataclass(frozen=True)
class Queue:
    cluster: str
    tasks: int
    seconds: float | None
    """The age of the oldest task that nobody has fetched."""


@dataclass(frozen=True)
class Database:
    size: int
    connections: int
    most_connections: int
    oldest_transaction: float
    """Seconds; what is older than a day keeps dead rows from being cleared away."""
    replicas: int


def disks() -> dict[str, Room]:
    """By folder, of this machine; folders on the same disk once."""
    folders = (
        settings.MEDIA_ROOT,
        settings.ARCHIVE_ROOT,
        settings.PAST_ROOT,
        tempfile.gettempdir(),
    )
    found: dict[int, tuple[str, Room]] = {}
    for folder in folders:
        path = Path(folder)
        while not path.exists():
            path = path.parent
        usage = shutil.disk_usage(path)
        found.setdefault(path.stat().st_dev, (str(folder), Room(usage.free, usage.total)))
    return dict(found.values())


def memory() -> Room:
    """Of this machine; of its control group, where that allows less."""
    found = psutil.virtual_memory()
    room = Room(found.available, found.total)
    # Absent without a limit, or on another system than Linux.
    with suppress(OSError, ValueError, KeyError):
        most = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
        lines = (_CGROUP / "memory.stat").read_text().splitlines()
        given_back = int(dict(line.split(" ", 1) for line in lines)["inactive_file"])
        if most < room.total:
            return Room(min(room.free, max(0, most - used + given_back)), most)
    return room


def programs() -> list[Program]:
    """Every program that has given a sign of work, with its machine."""
    return [
        Program(*row)
        for row in _rows(
            "SELECT worker, host, date_part('epoch', clock_timestamp() - at)"
            " FROM strategies_heartbeat WHERE worker <> %s ORDER BY worker, host",
            BACKUP,
        )
    ]


def queues() -> list[Queue]:
    return [
        Queue(*row)
        for row in _rows(
            "SELECT key, count(*), date_part('epoch', clock_timestamp()"
            " - min(lock) FILTER (WHERE lock <= clock_timestamp()))"
            " FROM django_q_ormq GROUP BY key ORDER BY key"
        )
    ]


def backup_age() -> float | None:
    """Seconds since the latest `manage.py backup` was done; None where none is known."""
    return _rows(
        "SELECT date_part('epoch', clock_timestamp() - max(at)) FROM strategies_heartbeat"
        " WHERE worker = %s",
        BACKUP,
    )[0][0]


def database_size() -> int:
    return _rows("SELECT pg_database_size(current_database())")[0][0]


def database() -> Database:
    [(connections, most, oldest, replicas)] = _rows(
        "SELECT count(*) FILTER (WHERE backend_type = 'client backend'),"
        " current_setting('max_connections')::int,"
        " coalesce(date_part('epoch', clock_timestamp() - min(xact_start)"
        " FILTER (WHERE backend_type = 'client backend')), 0),"
        " (SELECT count(*) FROM pg_stat_replication) FROM pg_stat_activity"
    )
    return Database(database_size(), connections, most, oldest, replicas)


def _rows(query: str, *given: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return cursor.fetchall()
