"""Applied for soon enough after the order entered the status that it is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from strategies.engine.condition import Alike, Condition, Figures, Kind, Looks
from strategies.engine.facts import NO_FACTS, Facts
from strategies.engine.strategy import Strategy
from strategies.engine.vocabulary import DELIVERED, ENTERED, PENDING_SHIPMENT, SHIPPED

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


# The time at which an order entered a status.
_ENTERED = {PENDING_SHIPMENT: "paid_at", SHIPPED: "shipped_at", DELIVERED: "delivered_at"}


def holds(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    if strategy.time_limit is None:
        return True
    entered = _entered(facts)
    return entered is not None and facts.applied_at - entered <= strategy.time_limit


def _entered(facts: Facts) -> int | None:
    return (facts.paid_at, facts.shipped_at, facts.delivered_at)[ENTERED[facts.order_status or ""]]


def _figures(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    if strategy.time_limit is None:
        return Figures(False)
    entered = _entered(facts)
    if entered is None:
        return Figures(True, None, strategy.time_limit)
    over = facts.applied_at - entered - strategy.time_limit
    return Figures(True, entered, strategy.time_limit, over, strategy.time_limit)


def _edges(strategy: Strategy) -> list[int]:
    return [] if strategy.time_limit is None else [strategy.time_limit]


def _alike(strategies: Sequence[Strategy]) -> list[Alike]:
    """Up to each limit, above all of them, and where the time is missing."""
    limits = sorted({edge for strategy in strategies for edge in _edges(strategy)})
    return [_age(age) for age in (0, *(limit + 1 for limit in limits), None)]


def _age(age: int | None) -> Alike:
    probe = NO_FACTS._replace(
        order_status=PENDING_SHIPMENT,
        applied_at=age or 0,
        paid_at=None if age is None else 0,
    )

    def put(facts: Facts) -> Facts:
        entered = None if age is None else facts.applied_at - age
        return facts._replace(**{_ENTERED[facts.order_status or ""]: entered})  # type: ignore[arg-type]

    return Alike(probe, put)


CONDITION = Condition(
    name="time_limit",
    number=7,
    place=70,
    looks_at=Looks.AGE,
    holds=holds,
    figures=_figures,
    value_kind=Kind.MOMENT,
    limit_kind=Kind.HOURS,
    edges=_edges,
    alike=_alike,
)
