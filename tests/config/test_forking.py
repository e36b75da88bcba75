"""Copies of a process that has imported everything."""

import subprocess
import sys
import threading

import pytest

from config.forking import fork
from config.postgres import BASE_DIR

# Prints the exit status of each of its children, and their names.
FORKS = """
import os, signal, sys
from config.forking import fork, share_memory
def told(*_): print("the parent's own handler", flush=True)
signal.signal(signal.SIGTERM, told)
share_memory()
def ends(code): raise SystemExit(code)
def fails(): raise KeyError
def is_named(): print(open("/proc/self/comm").read().strip())
def asks_itself(): os.kill(os.getpid(), signal.SIGTERM)
for work in (lambda: None, lambda: ends(7), lambda: ends("said"), fails, is_named, asks_itself):
    pid = fork(work, name="a program's name")
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


def test_a_copy_ends_with_its_work_and_takes_signals_in_its_own_way() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKS], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:-1] == ["0", "7", "1", "1", "a program's nam", "0", "-15"]
    assert done.stderr.startswith("said\nTraceback") and done.stderr.endswith("KeyError\n")


def test_a_process_with_threads_is_not_copied() -> None:
    """A child would wait for their locks for ever."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        with pytest.raises(RuntimeError, match="threads"):
            fork(lambda: None, name="never")
    finally:
        over.set()
        thread.join()
