"""The strategy is enabled, and its circuit breaker has not opened (SPEC G3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strategies.engine.condition import Before, Condition, Figures, Looks
from strategies.engine.facts import Facts
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


def _check_state(
    index: int, strategy: Strategy, facts: Facts, rulebook: Rulebook, before: Before
) -> tuple[bool, Figures]:
    return strategy.enabled and index not in before.tripped, Figures(True)


CONDITION = Condition(
    name="enabled", number=1, place=10, looks_at=Looks.STATE, check_state=_check_state
)
