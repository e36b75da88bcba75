"""Threads with database connections of their own, and processes that die."""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

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


def run_and_die(work: Callable[[], object]) -> None:
    """Does the work in a process of its own, and sees that killed with -9.

    A copy of this process, since a new one would first load the program for a second. Its work is
    done in a thread, which has a connection of its own: this process's goes on.
    """
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        with ThreadPoolExecutor(1) as pool:
            error = pool.submit(work).exception()
        traceback.print_exception(error)
        sys.stderr.flush()
        os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, status


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_on_second(function: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """Its second call kills the process, before or after doing its work."""
    calls = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2 and not after:
            die()
        result = function(*args, **kwargs)
        if calls == 2:
            die()
        return result

    return wrapped
