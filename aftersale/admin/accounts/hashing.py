"""Few passwords are looked at at a time: each takes a processor for half a second (SPEC P5)."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

# Of a web process's four threads (config/gunicorn.py): one hashes, one waits, two answer pages.
_PLACES = BoundedSemaphore(2)
_TURN = Lock()


class Busy(Exception):
    """Others log in just now."""


@contextmanager
def turn() -> Iterator[None]:
    """Raises Busy, at once, where others hash and wait already."""
    if not _PLACES.acquire(blocking=False):
        raise Busy
    try:
        with _TURN:
            yield
    finally:
        _PLACES.release()
