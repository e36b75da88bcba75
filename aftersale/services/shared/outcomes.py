"""The outcome of one record, as save functions return it."""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from aftersale.domain.multilingual import said as _
from aftersale.records.as_read import with_value
from aftersale.records.schemas import FieldError


class Outcome(Enum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    # Older than what is stored, by the platform's time: nothing was written (SPEC O6).
    OLDER = "older"
    REFUSED = "refused"


class Result(NamedTuple):
    outcome: Outcome
    errors: Sequence[FieldError] = ()
    # Something to count at the end besides the outcome, as in "stored not enabled" (SPEC O7).
    note: str = ""
    # Refused for now: the same record may be taken later (SPEC O6).
    ask_again: bool = False


NEW = Result(Outcome.NEW)
CHANGED = Result(Outcome.CHANGED)
UNCHANGED = Result(Outcome.UNCHANGED)
OLDER = Result(Outcome.OLDER)


def refused(pointer: str, message: str) -> Result:
    return Result(Outcome.REFUSED, (FieldError(pointer, message),))


def unknown_shop(code: str) -> Result:
    return refused("shop", with_value(_("expected the code of a known shop"), code))
