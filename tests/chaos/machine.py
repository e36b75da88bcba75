"""The machine of a trial: database and replica, and the programs, started again as a supervisor
would start them; its clocks can be moved."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from config.postgres import BASE_DIR, Server
from tests.chaos.apps import BOOK
from tests.chaos.book import Book
from tests.chaos.replica import follow, url_of

LIBFAKETIME = [
    Path("/usr/lib") / place / "faketime" / "libfaketime.so.1"
    for place in (f"{os.uname().machine}-linux-gnu", ".")
]
ALL = ("web", "decide", "pay", "pull", "tell", "slow")


class Machine:
    """In `folder`, answering on `port`; `make run` starts each program, so that it is watched."""

    def __init__(self, folder: Path, port: int, programs: Sequence[str] = ALL) -> None:
        folder.chmod(0o755)
        self.folder, self.port, self.programs = folder, port, list(programs)
        self.clocks = {name: folder / f"clock of {name}" for name in ("programs", "database")}
        for name in self.clocks:
            self.set_clock(name, 0)
        self.library = next((file for file in LIBFAKETIME if file.exists()), None)
        self.servers = [self._server(name) for name in ("one", "two")]
        (folder / "book").mkdir()
        self.book = Book(folder / "book")
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "DEBUG": "True",
            "DATABASE_URL": url_of(*self.servers),
            "API_CALLS_PER_MINUTE": "1000000",
            BOOK: str(folder / "book"),
            "PORT": str(port),
            "WEB_CONCURRENCY": "1",
        }
        self.starts = 0
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._process: subprocess.Popen | None = None
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    @property
    def primary(self) -> Server:
        return self.servers[0]

    @property
    def replica(self) -> Server:
        return self.servers[1]

    def begin(self) -> None:
        self.primary.start()
        os.environ |= self.environment
        import django

        django.setup()

    def follow(self) -> None:
        """The other server becomes a replica, made anew, that commits wait for."""
        self.replica.stop()
        shutil.rmtree(self.replica.data, ignore_errors=True)
        follow(self.primary, self.replica)

    def end(self) -> None:
        self.stop()
        self._ended.set()
        for server in self.servers:
            with suppress(Exception):
                server.stop()
            shutil.rmtree(server.sockets, ignore_errors=True)

    def start(self) -> None:
        self._wanted.set()
        if not self._keeper.is_alive():
            self._keeper.start()

    def stop(self) -> None:
        """As an operator does: all programs, what is under way first."""
        self._wanted.clear()
        process = self._process
        if process is not None and process.poll() is None:
            for one in self.family():
                with suppress(psutil.NoSuchProcess):
                    one.resume()
            process.send_signal(signal.SIGTERM)
            process.wait()

    def family(self, word: str = "") -> list[psutil.Process]:
        """The programs' processes; those of one program, parents first, where one is named."""
        if self._process is None:
            return []
        found = []
        with suppress(psutil.NoSuchProcess):
            for one in psutil.Process(self._process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    if not word or _is(one, word):
                        found.append(one)
        return found

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of `manage.py`, by the machine's clock."""
        return subprocess.run(  # noqa: S603 - its own program
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env={**os.environ, **self._stepped},
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def database(self) -> Any:
        with psycopg.connect(self.primary.url(), autocommit=True) as connection:
            yield connection

    def set_clock(self, name: str, ahead: float) -> None:
        """Steps the clock of all programs, or of the database, to so many seconds ahead."""
        file = self.clocks[name]
        written = file.with_suffix(".new")
        written.write_text(f"{ahead:+.0f}s")
        written.chmod(0o644)
        written.replace(file)

    def _keep(self) -> None:
        """As systemd with Restart=always."""
        with (self.folder / "programs.log").open("a") as log:
            while not self._ended.wait(0.5):
                over = self._process is None or self._process.poll() is not None
                if self._wanted.is_set() and over:
                    self.starts += 1
                    self._process = subprocess.Popen(  # noqa: S603 - its own program
                        [sys.executable, "-m", "config.run", *self.programs],
                        cwd=BASE_DIR,
                        env={**os.environ, **self._stepped},
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )

    def _server(self, name: str) -> Server:
        server = Server(self.folder / name, environment=self._faked)
        server.elsewhere = server.home / "elsewhere"
        return server

    @property
    def _stepped(self) -> dict[str, str]:
        return {
            "PYTHONPATH": str(Path(__file__).with_name("stepped_clock")),
            "STEPPED_CLOCK": str(self.clocks["programs"]),
        }

    @property
    def _faked(self) -> dict[str, str]:
        if self.library is None:
            return {}
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self.clocks["database"]),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DISABLE_SHM": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }


def _is(process: psutil.Process, program: str) -> bool:
    """By its name, which its children have, too: `decide` and `decide worker`."""
    return process.name().split()[:1] == [program]


def wait_until(true: Any, seconds: float) -> float | None:
    """After so many seconds it was true; None where it never was."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with suppress(psycopg.Error):
            if true():
                return time.monotonic() - began
        time.sleep(0.3)
    return None
