"""The pace of people's work, by which what automation takes over is worth hours (SPEC M2, M6).

Timed as advice times it: the known ends of days that are over say how long people worked.
"""

from collections.abc import Sequence
from typing import NamedTuple

from monitoring.services.figures import FigureSource, Span, known_ends
from strategies.services.advice.stories import ASSUMED_MINUTES


class Pace(NamedTuple):
    """`cases` were timed, 0 where the usual length is assumed."""

    cases: int
    seconds_a_case: int


def pace(spans: Sequence[Span]) -> Pace:
    """The mean of these days."""
    timed = [each for each in known_ends(spans) if each.source == FigureSource.HANDLING]
    cases = sum(each.number for each in timed)
    seconds = sum(each.seconds for each in timed) // cases if cases else round(ASSUMED_MINUTES * 60)
    return Pace(cases, seconds)
