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
from .whatif import Effect, Tickets, amounts, curve, what_if

__all__ = [
    "AGAINST",
    "CHANGES",
    "ONLY",
    "AffectedTicket",
    "Effect",
    "Named",
    "Tickets",
    "amounts",
    "begin",
    "cancel",
    "content_after",
    "curve",
    "found",
    "named",
    "run",
    "wake_silent",
    "what_if",
]
