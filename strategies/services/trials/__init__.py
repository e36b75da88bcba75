"""Trial runs (SPEC M3)."""

from .begin import begin, cancel, content_after, wake_silent
from .run import run
from .tickets import AGAINST, CHANGES, ONLY, Found, found

__all__ = [
    "AGAINST",
    "CHANGES",
    "ONLY",
    "Found",
    "begin",
    "cancel",
    "content_after",
    "found",
    "run",
    "wake_silent",
]
