"""Folders to try starts in: with a space in the name, open to the account that root drops to."""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil
import pytest

from config.postgres import BASE_DIR, Server


@pytest.fixture
def folder() -> Iterator[Path]:
    """Pytest's own tmp_path is closed to other users, and the server may run as one."""
    made = Path(tempfile.mkdtemp(prefix="after desk ", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    made = Server(folder / "var")
    made.elsewhere = folder / "elsewhere"
    yield made
    discard(made)


@pytest.fixture(scope="session")
def checkout() -> Iterator[Path]:
    """A copy of the project, without an environment file, whose own server does not run."""
    folder = Path(tempfile.mkdtemp(prefix="after desk ", dir="/tmp"))
    folder.chmod(0o755)
    copy = folder / "a copy"
    skipped = (".git", ".venv", ".env", "var", "static", "tests", "docs", ".*_cache")
    shutil.copytree(BASE_DIR, copy, ignore=shutil.ignore_patterns(*skipped))
    yield copy
    discard(Server(copy / "var"))
    shutil.rmtree(folder)


def discard(server: Server) -> None:
    """End a server whose data is thrown away: at once, which an orderly stop is not."""
    if process := server._process():
        process.send_signal(signal.SIGQUIT)
        assert still_running([process], seconds=30) == []
    shutil.rmtree(server.sockets, ignore_errors=True)


def still_running(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that have not ended after this time. One that is dead counts as ended, even if the
    machine's first process takes seconds to bury it."""
    give_up = time.monotonic() + seconds
    left = list(processes)
    while (left := [one for one in left if _alive(one)]) and time.monotonic() < give_up:
        time.sleep(0.02)
    return left


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run Python in a copy with nothing in the environment but what is given."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
