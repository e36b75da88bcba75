"""Applied for at the strategy's time of day, or in the shop's off-hours (SPEC T7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strategies.engine.condition import Condition, Figures, Kind, Looks
from strategies.engine.edges import windows_edge, working_edge
from strategies.engine.facts import Facts
from strategies.engine.hours import DAY, in_windows
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


def holds(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    if strategy.execution_time == "windows":
        return in_windows(strategy.windows, rulebook.clock.wall(facts.applied_at)[1])
    if strategy.execution_time == "off_hours":
        return rulebook.off_hours(facts.applied_at)
    return True


def _figures(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    at = facts.applied_at
    if strategy.execution_time == "windows":
        edge = windows_edge(strategy.windows, rulebook.clock.wall(at)[1])
        nearest = [span for span in edge if span is not None]
        return Figures(True, at, edge, min(nearest, default=None), DAY)
    if strategy.execution_time == "off_hours":
        return Figures(True, at, working_edge(rulebook, at), None, DAY)
    return Figures(False)


CONDITION = Condition(
    name="execution_time",
    number=3,
    place=30,
    looks_at=Looks.TIME,
    holds=holds,
    figures=_figures,
    value_kind=Kind.MOMENT,
)
