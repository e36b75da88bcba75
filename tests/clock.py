"""A run under another date: `make test-ahead` moves this process's clock and the database's.

libfaketime moves them, by variables that the embedded server must be started with as well. Such a
run has an embedded server of its own, since one that runs already has the machine's clock.
"""

import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.postgres import BASE_DIR, Server

_VARIABLES = (
    "LD_PRELOAD",
    "FAKETIME",
    "FAKETIME_DISABLE_SHM",
    "FAKETIME_DONT_FAKE_MONOTONIC",
    "NO_FAKE_STAT",
)


def embedded_server() -> Server:
    if "FAKETIME" not in os.environ:
        return Server()
    shared = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    return Server(BASE_DIR / "var" / "moved-clock", environment=shared)


def check_process() -> None:
    """End the run where libfaketime is missing: the loader only warns, and nothing is moved.

    The kernel dates a file by the machine's clock.
    """
    if "FAKETIME" not in os.environ:
        return
    with tempfile.NamedTemporaryFile() as file:
        machine = Path(file.name).stat().st_mtime
    if abs(time.time() - machine) < 3600:
        pytest.exit("The clock is not moved: is libfaketime installed?", returncode=3)


def check_database() -> None:
    """End the run where the database has another date, as DATABASE_URL's server has."""
    from django.db import connection  # settings import this module

    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (found,) = cursor.fetchone()
    if abs(found - datetime.now(UTC)) > timedelta(minutes=1):
        pytest.exit(
            f"The database's clock says {found:%Y-%m-%d}, this process's "
            f"{datetime.now(UTC):%Y-%m-%d}: tests need one date.",
            returncode=3,
        )
