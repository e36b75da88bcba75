"""`make run`: one group that starts together and stops together, PostgreSQL included."""

import fcntl
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil
import psycopg
import pytest

from config.postgres import Server
from config.queue import BEATS_WITHIN
from tests.config.conftest import command, still_running

HANGS = 600
"""Seconds after which a start counts as hanging. A bound on speed it is not: the first start makes
the database, migrates and adds the demo shop, beside whatever else the machine does."""


# Each program of the group starts Django, which takes a second: one cluster stands for all.
SMALL = """
from config import run
run.BEATS_WITHIN = {"decide": run.BEATS_WITHIN["decide"]}
raise SystemExit(run.main())
"""


class Run:
    """The group, started from a copy of the project; what it printed is in `said`."""

    def __init__(self, checkout: Path, *, whole: bool = False) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = checkout / "run.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *(["-m", "config.run"] if whole else ["-c", SMALL])],
                cwd=checkout,
                env={"PATH": "/usr/bin:/bin", "PORT": str(self.port), "WEB_CONCURRENCY": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait_for(self, text: str) -> None:
        give_up = time.monotonic() + HANGS
        while text not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < give_up, self.said()
            time.sleep(0.1)

    def programs(self, *names: str) -> list[psutil.Process]:
        """Processes of the group with these names, parents first."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        found = []
        for process in family:
            # One may end while it is looked at.
            with suppress(psutil.NoSuchProcess):
                if process.name() in names:
                    found.append(process)
        return found


@pytest.fixture
def run(checkout: Path, request: pytest.FixtureRequest) -> Iterator[Run]:
    made = Run(checkout, whole=getattr(request, "param", "small") == "whole")
    try:
        made.wait_for("Afterdesk is ready")
        yield made
    finally:
        if made.process.poll() is None:
            made.process.send_signal(signal.SIGTERM)
            made.process.wait(timeout=60)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
            return b"csrfmiddlewaretoken" in page.read()
    except (urllib.error.URLError, ConnectionError):
        return False


def left_over(family: list[psutil.Process]) -> list[str]:
    return [process.name() for process in still_running(family, seconds=5)]


def cluster_with_workers(run: Run) -> psutil.Process:
    """The main process of a cluster, once it has children that could survive it."""
    give_up = time.monotonic() + HANGS
    while time.monotonic() < give_up:
        assert run.process.poll() is None, run.said()
        for process in run.programs("decide"):
            if len(process.children()) > 1:
                return process
        time.sleep(0.1)
    raise AssertionError(run.said())


def family_of(run: Run) -> list[psutil.Process]:
    return psutil.Process(run.process.pid).children(recursive=True)


def hold_lock(checkout: Path) -> IO[str]:
    """Take the lock of a running group; BlockingIOError where one runs."""
    folder = checkout / "var"
    folder.mkdir(exist_ok=True)
    lock = (folder / "run.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise
    return lock


def test_a_second_start_from_the_same_folder_is_refused(checkout):
    with hold_lock(checkout):
        refused = command(checkout, "-m", "config.run", PORT="0")
    assert refused.returncode == 1
    assert "runs already" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_in_use_is_refused(checkout):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = command(checkout, "-m", "config.run", PORT=str(listening.getsockname()[1]))
    assert taken.returncode == 1
    assert "choose another" in taken.stderr
    assert "Traceback" not in taken.stderr


@pytest.mark.parametrize("run", ["whole"], indirect=True)
def test_killed_then_started_again_it_keeps_the_data_and_all_stop_on_ctrl_c(run, checkout):
    server = Server(checkout / "var")
    with pytest.raises(BlockingIOError):
        hold_lock(checkout)
    with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/", timeout=30) as page:
        assert b"csrfmiddlewaretoken" in page.read()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    # A server that was killed is started again, and the programs, some of them still starting, go
    # on with it.
    postmaster = server._process()
    assert postmaster is not None
    postmaster.kill()
    give_up = time.monotonic() + HANGS
    while server._process() in (None, postmaster) or not answers(run.port):
        assert run.process.poll() is None, run.said()
        assert time.monotonic() < give_up, run.said()
        time.sleep(0.1)
    with server._locked():
        pass  # pg_ctl, which started it, has ended too
    clusters = run.programs(*BEATS_WITHIN)
    assert {cluster.name() for cluster in clusters} == set(BEATS_WITHIN)
    assert len(run.programs("web")) > 1

    # If the group itself is killed its programs do not live on.
    cluster_with_workers(run)
    family = family_of(run)
    run.process.kill()
    assert still_running(family, seconds=30) == []
    assert server.is_running(), "PostgreSQL is left for the next start to find"

    again = Run(checkout)
    again.wait_for("Afterdesk is ready")
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    family = family_of(again)
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(timeout=60) == 0, again.said()
    assert left_over(family) == []
    assert not server.is_running()
    assert "Traceback" not in again.said()


def test_if_one_program_dies_all_stop_and_the_exit_status_says_so(run, checkout):
    """A supervisor starts them again after any other exit status than 0."""
    cluster = cluster_with_workers(run)
    family = family_of(run)
    cluster.kill()
    assert run.process.wait(timeout=30) not in (0, None)
    assert left_over(family) == []
    assert not Server(checkout / "var").is_running()
