"""Applied for within the validity period: start <= applied_at < end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strategies.engine.condition import Condition, Figures, Kind, Looks
from strategies.engine.facts import Facts
from strategies.engine.hours import DAY
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


def holds(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return (strategy.valid_from is None or strategy.valid_from <= facts.applied_at) and (
        strategy.valid_until is None or facts.applied_at < strategy.valid_until
    )


def _figures(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    start, end = limit = strategy.valid_from, strategy.valid_until
    over = None
    if start is not None and facts.applied_at < start:
        over = start - facts.applied_at
    elif end is not None:
        over = facts.applied_at - end
    return Figures(limit != (None, None), facts.applied_at, limit, over, DAY)


CONDITION = Condition(
    name="validity",
    number=2,
    place=20,
    looks_at=Looks.TIME,
    holds=holds,
    figures=_figures,
    value_kind=Kind.MOMENT,
    limit_kind=Kind.MOMENTS,
)
