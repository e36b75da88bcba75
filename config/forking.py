"""Processes forked from one that has imported everything, so that they share its memory.

At that moment it has neither threads nor connections: a child would have their locks and sockets,
and nobody who looks after them.
"""

import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)
_NAME_LENGTH = 15


def fork(work: Callable[[], object], *, name: str) -> int:
    """Carries out `work` in a process of its own, called `name` in lists of processes, and returns
    its number. It begins with Python's own handlers of signals, and ends with its work."""
    if threading.active_count() > 1:
        raise RuntimeError("A process with threads cannot be copied.")
    _flush()
    # One that comes before the child has its own handlers waits until then.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
    pid = -1
    try:
        pid = os.fork()
    finally:
        if pid:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if pid:
        return pid
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in _HANDLED:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        with suppress(OSError):  # Linux alone has it
            Path("/proc/self/comm").write_text(name[:_NAME_LENGTH], encoding="ascii")
        work()
        status = 0
    except SystemExit as ended:
        status = _status(ended.code)
    except BaseException:
        traceback.print_exc()
    finally:
        _flush()
        os._exit(status)  # the parent's work is not this one's to go on with


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # a terminal that was closed
            stream.flush()


def _status(code: object) -> int:
    if code is None or isinstance(code, int):
        return code or 0
    sys.stderr.write(f"{code}\n")
    return 1


def share_memory() -> None:
    """Once everything is imported: the collector then writes to no page that children share."""
    gc.collect()
    gc.freeze()
    gc.enable()
