"""Work that the automation saved (SPEC M2)."""

from dataclasses import dataclass
from datetime import datetime

from monitoring.admin.dashboard.choice import Choice
from monitoring.services.worth import pace


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
    return Worth(taken, *pace(spans))
