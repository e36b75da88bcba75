"""Threads with database connections of their own, and processes that die."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, connections


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Runs calls in threads that start together; an exception is given back as the result."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(timeout=10)
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, c) for c in calls]]


def meeting(parties: int) -> Callable[[], None]:
    """A point at which so many threads wait for each other, once; later visits pass."""
    barrier = threading.Barrier(parties)
    visits = threading.local()

    def meet() -> None:
        if not getattr(visits, "met", False):
            visits.met = True
            barrier.wait(timeout=10)

    return meet


def somebody_waits() -> bool:
    """Whether another transaction waits for a row that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])


def until_somebody_waits() -> None:
    give_up = time.monotonic() + 10
    while not somebody_waits():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@contextmanager
def without_constraint(table: str, name: str) -> Iterator[None]:
    """Takes a constraint away, to see what it guards against; put back on emptied tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
        )
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        try:
            yield
        finally:
            cursor.execute(f"TRUNCATE {table} CASCADE")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def run_and_die(code: str, *arguments: str) -> None:
    """Runs Python code in a process on this test's database and sees it killed with -9."""
    prelude = (
        "import django; django.setup(); from django.db import connection; import sys;"
        "connection.settings_dict['NAME'] = sys.argv[1]\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", prelude + code, connection.settings_dict["NAME"], *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == -signal.SIGKILL, process.stdout + process.stderr
