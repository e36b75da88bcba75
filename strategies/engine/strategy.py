"""A compiled strategy (SPEC T1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from strategies.engine.hours import HOUR, MINUTE, Interval, intervals, micros
from strategies.engine.vocabulary import PRE_SHIP


class Breaker(NamedTuple):
    """Opens above `hits` or above `amount` fen within `span` microseconds (SPEC G3)."""

    hits: int | None
    amount: int | None
    span: int


class Strategy(NamedTuple):
    """Money in fen, moments and spans in microseconds.

    `given` is the content that it was compiled from: conditions read switches there as they stand.
    A key that an old revision lacks is a condition that was not asked then.
    """

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
    product_condition: str
    products: frozenset[str]
    categories: frozenset[str]
    breaker: Breaker | None
    given: Mapping[str, Any]

    @property
    def pre_ship(self) -> bool:
        return self.scenario == PRE_SHIP.name


def compile_strategy(content: Mapping[str, Any]) -> Strategy:
    pre_ship = content["scenario"] == PRE_SHIP.name
    hours = content["time_limit_hours"]
    windows = content["execution_time"] == "windows"
    breaker = content.get("breaker")
    return Strategy(
        id=content["id"],
        revision=content["revision"],
        scenario=content["scenario"],
        name=content["name"],
        enabled=content["enabled"],
        priority=content["priority"],
        valid_from=parse_micros(content["valid_from"]),
        valid_until=parse_micros(content["valid_until"]),
        execution_time=content["execution_time"],
        windows=intervals(content["windows"]) if windows else (),
        paid_any_time=not pre_ship or content["paid_time"] == "any",
        order_statuses=frozenset(
            PRE_SHIP.order_statuses if pre_ship else content["order_statuses"]
        ),
        buyer_reasons=frozenset(content["buyer_reasons"]),
        single_amount_cap=content["single_amount_cap"],
        daily_cap=content["daily_cap"],
        time_limit=None if hours is None else hours * HOUR,
        product_condition=content["product_condition"],
        products=frozenset(content["products"]),
        categories=frozenset(content["categories"]),
        breaker=breaker
        and Breaker(breaker.get("hits"), breaker.get("amount"), breaker["minutes"] * MINUTE),
        given=content,
    )


def parse_micros(text: str | None) -> int | None:
    return None if text is None else micros(datetime.fromisoformat(text))
