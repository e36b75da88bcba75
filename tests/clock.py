"""A run on another date: `make test-ahead` moves the tests' clock and the database's.

TEST_DAYS_AHEAD says by how much. time-machine moves the clock of Python (moved_clock), libfaketime
that of the embedded server. Such a run has a server of its own, since one that runs already has
the machine's clock.
"""

import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.postgres import BASE_DIR, Server

DAYS_AHEAD = int(os.environ.get("TEST_DAYS_AHEAD", "0"))


def embedded_server() -> Server:
    if not DAYS_AHEAD:
        return Server()
    libfaketime = {
        # Debian's place; the loader puts the machine's library folder for $LIB.
        "LD_PRELOAD": "/usr/$LIB/faketime/libfaketime.so.1",
        "FAKETIME": f"{DAYS_AHEAD:+}d",
        "FAKETIME_DISABLE_SHM": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    return Server(BASE_DIR / "var" / "moved-clock", environment=libfaketime)


def check_process() -> None:
    """End the run where this process's clock is not moved: moved_clock must be in PYTHONPATH.

    The kernel dates a file by the machine's clock.
    """
    with tempfile.NamedTemporaryFile() as file:
        machine = Path(file.name).stat().st_mtime
    if abs(time.time() - machine - DAYS_AHEAD * 86_400) > 10:
        pytest.exit(f"The clock is not {DAYS_AHEAD} days ahead: use make test-ahead.", returncode=3)


def check_database() -> None:
    """End the run where the database has another date: without libfaketime, or in DATABASE_URL."""
    from django.db import connection  # settings import this module

    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (found,) = cursor.fetchone()
    if abs(found - datetime.now(UTC)) > timedelta(seconds=10):
        pytest.exit(
            f"The database's clock says {found:%Y-%m-%d}, this process's "
            f"{datetime.now(UTC):%Y-%m-%d}: is libfaketime installed?",
            returncode=3,
        )
