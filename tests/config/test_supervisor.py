"""A group of programs: how it prints, stops and ends, without Django."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from config import supervisor
from config.postgres import BASE_DIR
from tests.config.conftest import still_running

GROUP = """
import sys
from functools import partial
from pathlib import Path
from config.supervisor import Group
group = Group(beats=Path(sys.argv.pop(1)))
for name, code in zip(sys.argv[1::2], sys.argv[2::2]):
    within = 2 if name.startswith("beats") else None
    group.add(name, partial(exec, code, {}), beats_within=within)
print("status", group.run(), flush=True)
"""
WAITS = "print('up', flush=True); import time; time.sleep(60)"
# It stops a moment after it was asked twice: the first signal may come while it starts.
SLOW = """
import signal, sys, time
asked = []
def stop(*_):
    asked.append(1)
    if len(asked) == 2:
        time.sleep(0.5); print("done", flush=True); sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("up", flush=True)
while True: time.sleep(0.1)
"""
# Its child ignores SIGTERM and keeps the output open.
PARENT = """
import subprocess, sys, time
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", child])
print("up", flush=True); time.sleep(60)
"""


# Rounds of the watch, far quicker than the real one's.
WATCH = """
import time
from config.heartbeat import ROUNDS, beat, beat_for
print("up", flush=True)
while True:
    beat(); beat_for(ROUNDS); time.sleep(0.1)
"""
# It works for a while, then stands still for ever.
FREEZES = """
import time
from config.heartbeat import beat
print("up", flush=True)
for _ in range(10):
    beat(); time.sleep(0.1)
print("frozen", flush=True)
time.sleep(60)
"""
# It ends when it is told to: its group is up by then.
ENDS = """
import signal, sys, time
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))
print("up", flush=True); time.sleep(60)
"""
WORKS = FREEZES.replace("range(10)", "range(600)")


class Started:
    def __init__(self, log: Path, programs: dict[str, str]) -> None:
        self.log = log
        arguments = [part for pair in programs.items() for part in pair]
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-c", GROUP, str(log.with_name("beats")), *arguments],
                cwd=BASE_DIR,
                stdout=file,
            )
        give_up = time.monotonic() + 30
        while self.said().count("| up") < len(programs):
            assert time.monotonic() < give_up, self.said()
            time.sleep(0.05)
        self.family = psutil.Process(self.process.pid).children(recursive=True)

    def said(self) -> str:
        return self.log.read_text()

    def program(self, name: str) -> psutil.Process:
        return next(one for one in self.family if one.name() == name)


@pytest.fixture
def start(tmp_path: Path) -> Iterator:
    begun: list[Started] = []

    def start(**programs: str) -> Started:
        begun.append(Started(tmp_path / "log", programs))
        return begun[-1]

    yield start
    for one in begun:
        one.process.kill()
        one.process.wait()
        for process in still_running(one.family, seconds=0):
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_and_waits_for_the_slow(start, number: int) -> None:
    group = start(web=WAITS, slow=SLOW)
    group.process.send_signal(number)
    assert group.process.wait(timeout=20) == 0
    assert re.search(r"^\d\d:\d\d:\d\d web    \| up$", group.said(), re.MULTILINE)
    assert re.search(r"^\d\d:\d\d:\d\d slow   \| done$", group.said(), re.MULTILINE)
    assert group.said().endswith("status None\n")
    assert still_running(group.family, seconds=5) == []


def test_one_that_dies_takes_its_children_and_the_others_along(start) -> None:
    group = start(web=WAITS, parent=PARENT)
    group.program("parent").kill()
    assert group.process.wait(timeout=20) == 0
    assert group.said().endswith("status -9\n")
    assert still_running(group.family, seconds=5) == []


def test_the_exit_status_is_that_of_the_first_to_end(start) -> None:
    group = start(web=WAITS, ends=ENDS)
    group.program("ends").send_signal(signal.SIGUSR1)
    assert group.process.wait(timeout=20) == 0
    assert group.said().endswith("status 7\n")
    assert "ends ended by itself" in group.said()


def test_nothing_lives_on_when_the_group_is_killed(start) -> None:
    group = start(web=WAITS, parent=PARENT)
    group.process.kill()
    assert still_running(group.family, seconds=20) == []


def test_a_program_that_does_no_work_is_started_again_and_no_other_is(start) -> None:
    """SPEC E1: ended and started again by something outside it."""
    group = start(watch=WATCH, beats_a=FREEZES, beats_b=WORKS)
    give_up = time.monotonic() + 40
    while group.said().count("| frozen") < 2:
        assert time.monotonic() < give_up, group.said()
        time.sleep(0.1)
    said = group.said()
    assert "beats_a does no work and is started again" in said
    assert said.count("beats_a started") == 2
    assert said.count("beats_b started") == said.count("watch started") == 1
    again = psutil.Process(group.process.pid).children(recursive=True)
    # The new one ends with the group, too, even if the group is killed.
    group.process.kill()
    assert still_running([*group.family, *again], seconds=20) == []


def test_without_rounds_of_the_watch_nothing_counts_as_frozen(start) -> None:
    """A database that is away stops its rounds: killing clusters would help nobody."""
    group = start(beats_a=FREEZES)
    time.sleep(3)
    assert "does no work" not in group.said()
    assert group.said().count("beats_a started") == 1


def test_the_watch_itself_is_watched_by_the_supervisors_clock(tmp_path, monkeypatch) -> None:
    """It shows that it is there without a database, too; a start has as long."""
    now = 0.0
    monkeypatch.setattr(supervisor, "time", SimpleNamespace(monotonic=lambda: now))
    watch = supervisor.WatchedWatch(tmp_path / "watch")
    for now, sign, frozen in (  # noqa: B007
        (44, None, False),
        (44.5, "1", False),
        (89, None, False),
        (90, None, True),
    ):
        if sign:
            (tmp_path / "watch").write_text(sign)
        assert watch.is_frozen() == frozen
    watch.begin()
    assert not watch.is_frozen()
