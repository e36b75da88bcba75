"""At most the single-amount cap (SPEC T4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from strategies.engine.condition import Alike, Condition, Figures, Kind, Looks
from strategies.engine.facts import NO_FACTS, Facts
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


def holds(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return facts.amount <= strategy.single_amount_cap


def _figures(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    cap = strategy.single_amount_cap
    return Figures(True, facts.amount, cap, facts.amount - cap, cap)


def _edges(strategy: Strategy) -> list[int]:
    return [strategy.single_amount_cap]


def _alike(strategies: Sequence[Strategy]) -> list[Alike]:
    """Up to each cap, and above all of them."""
    caps = sorted({strategy.single_amount_cap for strategy in strategies})
    return [_amount(amount) for amount in [*caps, (caps or [0])[-1] + 1]]


def _amount(amount: int) -> Alike:
    return Alike(
        NO_FACTS._replace(amount=amount),
        lambda facts: facts._replace(amount=amount, refundable=amount, paid_amount=amount),
    )


CONDITION = Condition(
    name="single_amount",
    number=6,
    place=60,
    looks_at=Looks.AMOUNT,
    holds=holds,
    figures=_figures,
    value_kind=Kind.MONEY,
    limit_kind=Kind.MONEY,
    edges=_edges,
    alike=_alike,
)
