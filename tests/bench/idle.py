"""All programs with nothing to do: processor time and memory of each, and how long a start takes.

Only what the processes themselves used counts, so that other work on the machine falsifies little.
Memory is PSS: what processes share is divided among them.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
from django.conf import settings
from django.db import connection

from config.queue import BEATS_WITHIN

from .database import bench_database, url
from .report import Row, show

# The first sweeps are over by then.
SETTLES = 45
SECONDS = 60
HANGS = 120


class Idle(NamedTuple):
    """Seconds from start to the first page; shares of a core and MB by program."""

    started: float
    processes: int
    cpu: dict[str, float]
    database_cpu: float
    memory: dict[str, float]
    database_memory: float


def rows() -> list[Row]:
    found = measure()
    cpu = sum(found.cpu.values()) + found.database_cpu
    memory = sum(found.memory.values())
    return [
        Row(
            "idle, all programs: processor time over a minute",
            f"{cpu:.1%} of a core ({_by_name(found.cpu, '{:.2%}')},"
            f" PostgreSQL {found.database_cpu:.2%})",
            "18 % before wakes",
            f"{cpu:.3f}",
            "<= 0.02",
            cpu <= 0.02,
        ),
        Row(
            "idle, all programs: memory (PSS)",
            f"{memory:.0f} MB in {found.processes} processes ({_by_name(found.memory, '{:.0f}')});"
            f" PostgreSQL besides {found.database_memory:.0f} MB",
            "1,000 to 1,100 MB in 36 processes",
            f"{memory / 1050:.2f}",
            "<= 450 MB",
            memory <= 450,
        ),
        Row(
            "start of all programs to the first page, database ready",
            f"{found.started:.1f} s",
            "5.0 s",
            f"{found.started / 5:.2f}",
            "<= 3 s",
            found.started <= 3,
        ),
    ]


def measure() -> Idle:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    group = subprocess.Popen(
        [sys.executable, "-m", "config.run", "web", *BEATS_WITHIN],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url(), "DEBUG": "True", "PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in group.stdout:
            if "is ready" in line:
                break
        started = time.monotonic() - began
        programs, database = psutil.Process(group.pid), _postmaster()
        time.sleep(SETTLES)
        before = _cpu(programs), _cpu(database)
        since = time.monotonic()
        time.sleep(SECONDS)
        took = time.monotonic() - since
        after = _cpu(programs), _cpu(database)
        names = {pid: name for pid, (name, _) in after[0].items()}
        cpu: Counter[str] = Counter()
        for pid, (name, used) in after[0].items():
            cpu[name] += (used - before[0].get(pid, ("", 0.0))[1]) / took
        memory: Counter[str] = Counter()
        for pid, name in names.items():
            memory[name] += _pss(pid)
        return Idle(
            started,
            len(names),
            cpu,
            sum(used - before[1].get(pid, ("", 0.0))[1] for pid, (_, used) in after[1].items())
            / took,
            memory,
            sum(_pss(pid) for pid in after[1]),
        )
    finally:
        group.send_signal(signal.SIGTERM)
        group.communicate(timeout=HANGS)


def _postmaster() -> psutil.Process:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return psutil.Process(cursor.fetchone()[0]).parent()


def _family(parent: psutil.Process) -> Iterable[psutil.Process]:
    return [parent, *parent.children(recursive=True)]


def _cpu(parent: psutil.Process) -> dict[int, tuple[str, float]]:
    found = {}
    for one in _family(parent):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            found[one.pid] = one.name(), times.user + times.system
    return found


def _pss(pid: int) -> float:
    """In MB; 0 for a process of another account, whose memory is not shown."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _by_name(figures: dict[str, float], form: str) -> str:
    most_first = sorted(figures.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {form.format(figure)}" for name, figure in most_first)


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
