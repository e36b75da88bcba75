"""Within what the strategy may approve on one day of the shop (SPEC E4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strategies.engine.condition import Before, Condition, Figures, Kind, Looks
from strategies.engine.facts import Facts
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


def _check_state(
    index: int, strategy: Strategy, facts: Facts, rulebook: Rulebook, before: Before
) -> tuple[bool, Figures]:
    used, cap = before.used.get(index, 0), strategy.daily_cap
    over = used + facts.amount - cap
    return over <= 0, Figures(True, used, cap, over, cap)


CONDITION = Condition(
    name="daily_cap",
    number=12,
    place=130,
    looks_at=Looks.STATE,
    check_state=_check_state,
    value_kind=Kind.MONEY,
    limit_kind=Kind.MONEY,
)
