"""What the automation saved in work, and what it cost in mistakes (SPEC M2).

Both as advice has them (SPEC M6): work by the steps of people that can be timed, mistakes by hits
that became losses.
"""

from dataclasses import dataclass

from monitoring.admin.dashboard.sums import Sums
from monitoring.services.figures import FigureSource
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


def saved(current: Sums, before: Sums) -> Worth:
    """The work of what was decided without people in the period, at the mean of both periods."""
    timed = [one.of(FigureSource.WORK) for one in (current, before)]
    cases = sum(one.number for one in timed)
    seconds = sum(one.seconds for one in timed) // cases if cases else round(ASSUMED_MINUTES * 60)
    return Worth(current.automatic, cases, seconds)
