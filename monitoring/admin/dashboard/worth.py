"""What the automation saved in work, and at which pace people work (SPEC M2).

Timed as advice times it (SPEC M6): the known ends of days that are over say how long people worked.
"""

from dataclasses import dataclass
from datetime import datetime

from monitoring.admin.dashboard.choice import Choice
from monitoring.services.figures import FigureSource, known_ends
from strategies.services.advice.stories import ASSUMED_MINUTES


@dataclass(frozen=True)
class Worth:
    """`cases` were timed, 0 where the usual length is assumed."""

    taken: int
    cases: int
    seconds_a_case: int

    @property
    def seconds(self) -> int:
        return self.taken * self.seconds_a_case


def saved(chosen: Choice, taken: int, now: datetime) -> Worth:
    """The work of so many decisions without people, at the mean of this period and the last."""
    spans = [
        span
        for period in (chosen.period, chosen.period.before())
        for span in period.spans(chosen.shops, now)
    ]
    timed = [each for each in known_ends(spans) if each.source == FigureSource.HANDLING]
    cases = sum(each.number for each in timed)
    seconds = sum(each.seconds for each in timed) // cases if cases else round(ASSUMED_MINUTES * 60)
    return Worth(taken, cases, seconds)
