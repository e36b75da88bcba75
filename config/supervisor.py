"""Programs that run as one group: they start together and stop together.

Only a program's main process is asked to stop, since it stops its own children: a signal to all of
them would end workers in the middle of a task. Children that outlive their main process are killed.

`python -m config.supervisor PID …` is the group's guardian: it stops these programs if the
process that started them is killed and cannot do so itself.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from config.heartbeat import FILE_VARIABLE, ROUNDS

PATIENCE = 70
"""Seconds until programs that do not stop are killed. A cluster finishes its running tasks first,
which may take 60 s each."""
ASK_AGAIN = 2
"""Seconds after which a program is asked again to stop: a cluster loses a SIGTERM that comes while
it starts its first process."""
LOOK_AGAIN = 0.1
"""Seconds between two looks at which programs are alive."""
START_ROUNDS = 24
"""Rounds of the watch that a start may take besides."""
WATCH = "watch"
WATCH_SECONDS = 45
"""Seconds after which the watch is killed and started again: it shows each round that it is there,
without a database, too."""
COLOURS = (36, 33, 32, 35, 34, 31)
"""ANSI codes of the names in front of the lines, on a terminal."""


class Rounds:
    """Counts the rounds of the watch, by the file that it writes in each.

    Those rounds are the clock here: without a database the watch makes none, and nothing counts as
    frozen.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._last = _content(file)
        self.number = 0

    def one_more(self) -> bool:
        now = _content(self._file)
        if now == self._last:
            return False
        self._last = now
        self.number += 1
        return True


class Watched:
    """A program that must give a sign of work within so many rounds of the watch.

    A start may take longer: until the first sign it has `START_ROUNDS` more.
    """

    def __init__(self, file: Path, within: int) -> None:
        self._file = file
        self._within = within
        self._last = _content(file)
        self._since: int | None = None
        self._started = False

    def is_frozen(self, number: int) -> bool:
        """Asked once a round of the watch, with the round's number."""
        now = _content(self._file)
        if now != self._last or self._since is None:
            self._started = self._started or now != self._last
            self._last, self._since = now, number
        most = self._within + (0 if self._started else START_ROUNDS)
        return number - self._since > most


class WatchedWatch:
    """The watch itself, by the supervisor's own clock."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.begin()

    def begin(self) -> None:
        self._last = _content(self._file)
        self._since = time.monotonic()

    def is_frozen(self) -> bool:
        now = _content(self._file)
        if now != self._last:
            self._last, self._since = now, time.monotonic()
        return time.monotonic() - self._since > WATCH_SECONDS


def _content(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


class Group:
    """Programs whose lines are printed with the program's name in front."""

    def __init__(self, folder: Path, beats: Path) -> None:
        """`beats`: the folder of the programs' signs of work, this group's alone."""
        self._folder = folder
        self._commands: dict[str, tuple[list[str], Mapping[str, str]]] = {}
        self._beats = beats
        self._beats_within: dict[str, int] = {}
        self._printing = threading.Lock()
        self._stop = threading.Event()

    def add(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        *,
        beats_within: int | None = None,
    ) -> None:
        """`beats_within`: rounds of the program `watch` within which this one must give a sign of
        work (config/heartbeat.py); else it is killed and started again (SPEC E1)."""
        beat_file = str(self._beats / name)
        self._commands[name] = (command, {**environment, FILE_VARIABLE: beat_file})
        if beats_within is not None:
            self._beats_within[name] = beats_within

    def run(self) -> int | None:
        """Run until all have stopped. None after SIGINT or SIGTERM, else the exit status of the
        program that ended by itself."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        self._beats.mkdir(parents=True, exist_ok=True)
        programs = {name: self._start(name) for name in self._commands}
        guardian = self._guard(programs)
        readers = [self._read(name, program) for name, program in programs.items()]
        watched = {name: Watched(self._beats / name, n) for name, n in self._beats_within.items()}
        rounds = Rounds(self._beats / ROUNDS)
        watch = WatchedWatch(self._beats / WATCH) if WATCH in programs else None
        first_ended = None
        while first_ended is None and not self._stop.wait(LOOK_AGAIN):
            first_ended = next((n for n, p in programs.items() if not is_alive(p)), None)
            frozen = []
            if rounds.one_more():
                frozen = [name for name, one in watched.items() if one.is_frozen(rounds.number)]
            if watch is not None and watch.is_frozen():
                frozen.append(WATCH)
                watch.begin()
            for name in frozen:
                self._print("system", f"{name} does no work and is started again")
                _kill_group(programs[name])
                programs[name].wait()
                programs[name] = self._start(name)
                readers.append(self._read(name, programs[name]))
                if name in watched:
                    watched[name] = Watched(self._beats / name, self._beats_within[name])
            if frozen:
                _dismiss(guardian)
                guardian = self._guard(programs)
        if first_ended is not None:
            self._print("system", f"{first_ended} ended by itself")
        stop(list(programs.values()))
        statuses = {name: program.wait() for name, program in programs.items()}
        for reader in readers:
            reader.join(timeout=ASK_AGAIN)
        _dismiss(guardian)
        self._print("system", "all stopped")
        return None if first_ended is None else statuses[first_ended]

    def _on_signal(self, number: int, _frame: object) -> None:
        self._stop.set()

    def _start(self, name: str) -> psutil.Popen:
        command, environment = self._commands[name]
        program = psutil.Popen(
            command,
            cwd=self._folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            # Its own process group: Ctrl-C in a terminal reaches this process only.
            start_new_session=True,
        )
        self._print("system", f"{name} started (pid={program.pid})")
        return program

    def _guard(self, programs: Mapping[str, psutil.Popen]) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "config.supervisor", *(str(p.pid) for p in programs.values())],
            cwd=self._folder,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def _read(self, name: str, program: psutil.Popen) -> threading.Thread:
        reader = threading.Thread(target=self._print_lines, args=(name, program), daemon=True)
        reader.start()
        return reader

    def _print_lines(self, name: str, program: psutil.Popen) -> None:
        for line in program.stdout:
            self._print(name, line.rstrip("\n"))

    def _print(self, name: str, line: str) -> None:
        width = max(map(len, ("system", *self._commands)))
        front = f"{time.strftime('%H:%M:%S')} {name:{width}} | "
        if sys.stdout.isatty() and name in self._commands:
            colour = COLOURS[list(self._commands).index(name) % len(COLOURS)]
            front = f"\033[{colour}m{front}\033[0m"
        # A closed terminal must not end the programs' output, which would block them.
        with self._printing, suppress(OSError):
            print(f"{front}{line}", flush=True)


def is_alive(process: psutil.Process) -> bool:
    """A zombie counts as dead, even if its parent takes seconds to reap it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stop(programs: Sequence[psutil.Process]) -> None:
    """Ask the programs to stop until they have, and kill what is left of them."""
    give_up = time.monotonic() + PATIENCE
    ask_at = time.monotonic()
    left = list(programs)
    while left:
        for program in [one for one in left if not is_alive(one)]:
            _kill_group(program)
            left.remove(program)
        if time.monotonic() >= give_up:
            for program in left:
                _kill_group(program)
            return
        if time.monotonic() >= ask_at:
            for program in left:
                with suppress(psutil.NoSuchProcess):
                    program.terminate()
            ask_at += ASK_AGAIN
        time.sleep(LOOK_AGAIN)


def _dismiss(guardian: subprocess.Popen) -> None:
    guardian.kill()
    guardian.communicate()


def _kill_group(program: psutil.Process) -> None:
    """End the program with its children. macOS answers EPERM where only a zombie is left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)


def guard(pids: Sequence[int]) -> None:
    """Wait until the process that started this one is gone, then stop its programs."""
    programs = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            programs.append(psutil.Process(pid))
    sys.stdin.read()
    stop(programs)


if __name__ == "__main__":
    guard([int(pid) for pid in sys.argv[1:]])
