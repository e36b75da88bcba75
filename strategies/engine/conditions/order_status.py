"""The order's status is among those chosen; before shipping there is only one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strategies.engine.condition import Condition, Figures, Kind, Looks
from strategies.engine.facts import Facts
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


def holds(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return facts.order_status in strategy.order_statuses


def _figures(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    return Figures(not strategy.pre_ship, facts.order_status, strategy.order_statuses)


CONDITION = Condition(
    name="order_status",
    number=5,
    place=50,
    looks_at=Looks.WORDS,
    holds=holds,
    figures=_figures,
    asked_before_shipping=False,
    value_kind=Kind.TEXT,
    limit_kind=Kind.TEXTS,
)
