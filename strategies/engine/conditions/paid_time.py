"""With off-hours: the order was paid in off-hours too, or may be paid at any time (SPEC T7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from strategies.engine.condition import Alike, Condition, Figures, Kind, Looks
from strategies.engine.edges import working_edge
from strategies.engine.facts import NO_FACTS, Facts
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


def holds(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    if strategy.execution_time != "off_hours" or strategy.paid_any_time:
        return True
    return facts.paid_at is not None and rulebook.off_hours(facts.paid_at)


def _figures(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    if strategy.execution_time != "off_hours" or strategy.paid_any_time:
        return Figures(False)
    at = facts.paid_at
    return Figures(True, at, None if at is None else working_edge(rulebook, at))


def _alike(strategies: Sequence[Strategy]) -> list[Alike]:
    """Paid in working hours, or nobody knows when; paid in off-hours."""
    return [
        Alike(NO_FACTS, lambda facts: facts),
        Alike(
            None,
            lambda facts: facts._replace(
                paid_at=facts.applied_at if facts.paid_at is None else facts.paid_at
            ),
        ),
    ]


CONDITION = Condition(
    name="paid_time",
    number=4,
    place=40,
    looks_at=Looks.PAID_TIME,
    holds=holds,
    figures=_figures,
    asked_after_shipping=False,
    value_kind=Kind.MOMENT,
    alike=_alike,
)
