"""Trial runs (SPEC M3)."""

from strategies.services.trials.affected_tickets import (
    AGAINST,
    CHANGES,
    ONLY,
    AffectedTicket,
    found,
)

from .begin import begin, cancel, content_after, wake_silent
from .named import Named, named
from .run import run

__all__ = [
    "AGAINST",
    "CHANGES",
    "ONLY",
    "AffectedTicket",
    "Named",
    "begin",
    "cancel",
    "content_after",
    "found",
    "named",
    "run",
    "wake_silent",
]
