"""Trial runs (SPEC M3)."""

from .begin import begin, cancel, content_after, wake_silent
from .named import Named, named
from .run import run
from .tickets import AGAINST, CHANGES, ONLY, Found, found

__all__ = [
    "AGAINST",
    "CHANGES",
    "ONLY",
    "Found",
    "Named",
    "begin",
    "cancel",
    "content_after",
    "found",
    "named",
    "run",
    "wake_silent",
]
