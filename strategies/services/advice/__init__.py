"""Advice: strategies proposed out of a shop's own past (SPEC M6)."""

from .begin import DEFAULT_DAYS, LEAST_DAYS, MOST_DAYS, begin, cancel, wake_silent
from .change_drafts import advised, apply_change, make_change
from .drafts import chosen_point, documents, make_drafts
from .run import run

__all__ = [
    "DEFAULT_DAYS",
    "LEAST_DAYS",
    "MOST_DAYS",
    "advised",
    "apply_change",
    "begin",
    "cancel",
    "chosen_point",
    "documents",
    "make_change",
    "make_drafts",
    "run",
    "wake_silent",
]
