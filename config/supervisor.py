"""Programs that run as one group: they start together and stop together.

They are forked from this process, so that they share what it has imported. It has no threads for
that reason, and waits for nothing but its programs: for their lines, and for their ends.

Only a program's main process is asked to stop, since it stops its own children: a signal to all of
them would end workers in the middle of a task. Children that outlive their main process are killed.

The group's guardian, a process of its own, stops the programs if the process that started them is
killed and cannot do so itself.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil

from config.forking import fork
from config.heartbeat import FILE_VARIABLE, ROUNDS

PATIENCE = 70
"""Seconds until programs that do not stop are killed. A cluster finishes its running tasks first,
which may take 60 s each."""
ASK_AGAIN = 2
"""Seconds after which a program is asked again to stop, should it have missed that."""
LOOK_AGAIN = 0.1
"""Seconds between two looks at whether programs that stop are gone."""
LOOK_SECONDS = 0.5
"""Seconds between two looks at the signs of work; the end of a program is seen at once."""
AT_ONCE = 4_096
"""Bytes that a file takes without waiting where it takes any."""
BLOCKED_SECONDS = 1.0
"""Seconds until lines are dropped since nobody takes them: a terminal that stands still must not
stop what restarts the programs."""
LONGEST_LINE = 1_000_000
MOST_FILES = 65_536
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

    def __init__(self, beats: Path) -> None:
        """`beats`: the folder of the programs' signs of work, this group's alone."""
        self._works: dict[str, Callable[[], object]] = {}
        self._beats = beats
        self._beats_within: dict[str, int] = {}
        self._pids: dict[str, int] = {}
        self._outputs: dict[int, tuple[str, bytearray]] = {}
        self._stop = False
        self._patience = BLOCKED_SECONDS
        # A signal writes into it, and so ends the wait for lines.
        self._wake_read, self._wake_write = os.pipe()

    def add(
        self, name: str, work: Callable[[], object], *, beats_within: int | None = None
    ) -> None:
        """`beats_within`: rounds of the program `watch` within which this one must give a sign of
        work (config/heartbeat.py); else it is killed and started again (SPEC E1)."""
        self._works[name] = work
        if beats_within is not None:
            self._beats_within[name] = beats_within

    def run(self, beside: Callable[[], object] = lambda: None) -> int | None:
        """Run until all have stopped. None after SIGINT or SIGTERM, else the exit status of the
        program that ended by itself. `beside` is called between two looks, and must be quick."""
        self._take_signals()
        self._beats.mkdir(parents=True, exist_ok=True)
        for name in self._works:
            self._start(name)
        guardian, held = self._guard()
        watched = {name: Watched(self._beats / name, n) for name, n in self._beats_within.items()}
        rounds = Rounds(self._beats / ROUNDS)
        watch = WatchedWatch(self._beats / WATCH) if WATCH in self._works else None
        ended = None
        while ended is None and not self._stop:
            self._print_lines(LOOK_SECONDS)
            ended = next(filter(None, map(self._ended, self._pids)), None)
            frozen = []
            if rounds.one_more():
                frozen = [name for name, one in watched.items() if one.is_frozen(rounds.number)]
            if watch is not None and watch.is_frozen():
                frozen.append(WATCH)
                watch.begin()
            if ended is not None:
                break
            for name in frozen:
                self._print("system", f"{name} does no work and is started again")
                _kill_group(self._pids[name])
                os.waitpid(self._pids[name], 0)
                self._start(name)
                if name in watched:
                    watched[name] = Watched(self._beats / name, self._beats_within[name])
            if frozen:
                _dismiss(guardian, held)
                guardian, held = self._guard()
            beside()
        if ended is not None:
            self._print("system", f"{ended[0]} ended by itself")
            del self._pids[ended[0]]
        stop(_processes(self._pids.values()), meanwhile=self._print_lines)
        for pid in self._pids.values():
            os.waitpid(pid, 0)
        while self._outputs and self._print_lines(LOOK_AGAIN):
            pass
        _dismiss(guardian, held)
        self._print("system", "all stopped")
        return None if ended is None else ended[1]

    def _take_signals(self) -> None:
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._stop = True

    def _start(self, name: str) -> None:
        read, write = os.pipe()
        self._pids[name] = fork(partial(self._work, name, write), name=name)
        os.close(write)
        self._outputs[read] = (name, bytearray())
        self._print("system", f"{name} started (pid={self._pids[name]})")

    def _work(self, name: str, output: int) -> None:
        """In the new process."""
        # Its own process group: Ctrl-C in a terminal reaches the group's main process only.
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.closerange(3, MOST_FILES)
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        os.environ[FILE_VARIABLE] = str(self._beats / name)
        self._works[name]()

    def _ended(self, name: str) -> tuple[str, int] | None:
        """Name and exit status of a program that has ended by itself; what is left of it is
        killed."""
        pid, status = os.waitpid(self._pids[name], os.WNOHANG)
        if not pid:
            return None
        _kill_group(pid)
        return name, os.waitstatus_to_exitcode(status)

    def _guard(self) -> tuple[int, int]:
        """The guardian, and the file that tells it by its end that this process is gone."""
        read, write = os.pipe()
        pid = fork(partial(guard, read, list(self._pids.values())), name="guardian")
        os.close(read)
        return pid, write

    def _print_lines(self, seconds: float) -> bool:
        """Prints what programs say, waiting so long for it; whether there was any."""
        ready = select.select([self._wake_read, *self._outputs], [], [], seconds)[0]
        for output in ready:
            if output == self._wake_read:
                with suppress(BlockingIOError):
                    os.read(output, AT_ONCE)
                continue
            name, rest = self._outputs[output]
            rest += (found := os.read(output, MOST_FILES))
            *lines, last = rest.split(b"\n")
            if last and (not found or len(last) > LONGEST_LINE):
                lines.append(last)
                last = bytearray()
            rest[:] = last
            for line in lines:
                self._print(name, line)
            if not found:
                os.close(output)
                del self._outputs[output]
        return bool(ready)

    def _print(self, name: str, line: str | bytearray) -> None:
        width = max(map(len, ("system", *self._works)))
        front = f"{time.strftime('%H:%M:%S')} {name:{width}} | "
        if sys.stdout.isatty() and name in self._works:
            colour = COLOURS[list(self._works).index(name) % len(COLOURS)]
            front = f"\033[{colour}m{front}\033[0m"
        # A closed terminal must not end the programs' output, which would block them.
        with suppress(OSError):
            left = front.encode() + (line.encode() if isinstance(line, str) else line) + b"\n"
            while left and select.select([], [1], [], self._patience)[1]:
                left = left[os.write(1, left[:AT_ONCE]) :]
            self._patience = 0 if left else BLOCKED_SECONDS


def is_alive(process: psutil.Process) -> bool:
    """A zombie counts as dead, even if its parent takes seconds to reap it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stop(
    programs: Sequence[psutil.Process], meanwhile: Callable[[float], object] = time.sleep
) -> None:
    """Ask the programs to stop until they have, and kill what is left of them."""
    give_up = time.monotonic() + PATIENCE
    ask_at = time.monotonic()
    left = list(programs)
    while left:
        for program in [one for one in left if not is_alive(one)]:
            _kill_group(program.pid)
            left.remove(program)
        if time.monotonic() >= give_up:
            for program in left:
                _kill_group(program.pid)
            return
        if time.monotonic() >= ask_at:
            for program in left:
                with suppress(psutil.NoSuchProcess):
                    program.terminate()
            ask_at += ASK_AGAIN
        meanwhile(LOOK_AGAIN)


def guard(parent: int, pids: Sequence[int]) -> None:
    """Wait until the process that started this one is gone, then stop its programs."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.dup2(parent, 0)
    os.closerange(3, MOST_FILES)
    programs = _processes(pids)
    os.read(0, 1)
    stop(programs)


def _processes(pids: Iterable[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(pid))
    return found


def _dismiss(guardian: int, held: int) -> None:
    os.kill(guardian, signal.SIGKILL)
    os.waitpid(guardian, 0)
    os.close(held)


def _kill_group(pid: int) -> None:
    """End the program with its children, and one that has no group of its own yet. macOS answers
    EPERM where only a zombie is left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
