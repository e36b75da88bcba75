"""The conditions of SPEC E3 that need no state, in its order.

The other part of `enabled` (an open breaker), `buyer_guard` and `daily_cap` depend on earlier
decisions; `decide` adds them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from strategies.engine.hours import Interval, in_windows
from strategies.engine.vocabulary import (
    DELIVERED,
    PENDING_SHIPMENT,
    PRE_SHIP,
    SHIPPED,
    UNKNOWN_PRODUCT,
    Condition,
)

if TYPE_CHECKING:
    from strategies.engine.facts import Facts
    from strategies.engine.rulebook import Rulebook


class Breaker(NamedTuple):
    """Opens above `hits` or above `amount` fen within `span` microseconds (SPEC G3)."""

    hits: int | None
    amount: int | None
    span: int


class Strategy(NamedTuple):
    """A compiled strategy. Money in fen, moments and spans in microseconds."""

    id: object
    revision: object
    scenario: str
    name: str
    enabled: bool
    priority: int
    valid_from: int | None
    valid_until: int | None
    execution_time: str
    windows: tuple[Interval, ...]
    paid_any_time: bool
    order_statuses: frozenset[str]
    buyer_reasons: frozenset[str]
    single_amount_cap: int
    daily_cap: int
    time_limit: int | None
    skip_label_printed: bool
    product_condition: str
    products: frozenset[str]
    categories: frozenset[str]
    breaker: Breaker | None


def enabled(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return strategy.enabled


def validity(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return (strategy.valid_from is None or strategy.valid_from <= facts.applied_at) and (
        strategy.valid_until is None or facts.applied_at < strategy.valid_until
    )


def execution_time(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    if strategy.execution_time == "windows":
        return in_windows(strategy.windows, rulebook.clock.wall(facts.applied_at)[1])
    if strategy.execution_time == "off_hours":
        return rulebook.off_hours(facts.applied_at)
    return True


def paid_time(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    if strategy.execution_time != "off_hours" or strategy.paid_any_time:
        return True
    return facts.paid_at is not None and rulebook.off_hours(facts.paid_at)


def order_status(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return facts.order_status in strategy.order_statuses


def single_amount(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return facts.amount <= strategy.single_amount_cap


# Which of an order's times says when it entered the status that it is in (SPEC E3 `time_limit`):
# paid, shipped, delivered.
ENTERED = {PENDING_SHIPMENT: 0, SHIPPED: 1, DELIVERED: 2}


def time_limit(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    if strategy.time_limit is None:
        return True
    times = (facts.paid_at, facts.shipped_at, facts.delivered_at)
    entered = times[ENTERED[facts.order_status or ""]]
    return entered is not None and facts.applied_at - entered <= strategy.time_limit


def label_printed(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return (
        strategy.scenario != PRE_SHIP.name
        or not strategy.skip_label_printed
        or facts.label_printed_at is None
        or facts.label_printed_at > facts.decided_at
    )


def product(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    if strategy.product_condition == "all":
        return True
    if rulebook.version >= 2:
        if not facts.products or UNKNOWN_PRODUCT in facts.products:
            return False
        excludes = strategy.product_condition == "exclude"
        if excludes and strategy.categories and "" in facts.categories:
            return False
    listed = [
        product in strategy.products or category in strategy.categories
        for product, category in zip(facts.products, facts.categories, strict=True)
    ]
    if strategy.product_condition == "include":
        return all(listed)
    return not any(listed)


def buyer_reason(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return not strategy.buyer_reasons or facts.reason in strategy.buyer_reasons


Check = Callable[[Strategy, "Facts", "Rulebook"], bool]

# In SPEC E3's order.
CHECKS: dict[Condition, Check] = {
    Condition.ENABLED: enabled,
    Condition.VALIDITY: validity,
    Condition.EXECUTION_TIME: execution_time,
    Condition.PAID_TIME: paid_time,
    Condition.ORDER_STATUS: order_status,
    Condition.SINGLE_AMOUNT: single_amount,
    Condition.TIME_LIMIT: time_limit,
    Condition.LABEL_PRINTED: label_printed,
    Condition.PRODUCT: product,
    Condition.BUYER_REASON: buyer_reason,
}

# By the facts that they look at: what such a group of conditions comes to is worked out once for
# all tickets that have those facts in common.
BY_TIME = (Condition.VALIDITY, Condition.EXECUTION_TIME)
BY_PAID_TIME = (Condition.PAID_TIME,)
BY_AMOUNT = (Condition.SINGLE_AMOUNT,)
BY_AGE = (Condition.TIME_LIMIT,)
BY_LABEL_PRINTED = (Condition.LABEL_PRINTED,)
BY_FACTS = (Condition.ORDER_STATUS, Condition.PRODUCT, Condition.BUYER_REASON)
