"""From found rules to strategies: their caps and breakers, and their content (SPEC M6, T1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aftersale.domain.money import parse_yuan, plain_yuan
from strategies.advice.caps import breaker, daily_cap
from strategies.advice.cases import Cases
from strategies.advice.propose import Point
from strategies.advice.rule import Rule, Words
from strategies.strategy_record import StrategyRecord


@dataclass(frozen=True)
class Proposal:
    """A proposed strategy, the so many-th of its point."""

    number: int
    scenario: str
    keys: Mapping[str, Any]
    """Of its record (INTERFACES, strategy), all but shop and name."""

    @property
    def id(self) -> int:
        """In replays: below all ids of strategies that exist."""
        return -self.number

    @property
    def cap(self) -> int:
        """The single-amount cap, in fen."""
        return parse_yuan(self.keys["single_amount_cap"])

    @property
    def key(self) -> str:
        return str(self.id)

    def record(self, shop: str, name: str) -> StrategyRecord:
        return StrategyRecord.model_validate({**self.keys, "shop": shop, "name": name})

    def content(self, shop: str, priority: int) -> dict[str, Any]:
        """For a rulebook in which it is enabled."""
        record = self.record(shop, self.key).model_dump(exclude={"shop"})
        return record | {"id": self.id, "revision": 0, "enabled": True, "priority": priority}


def proposals_of(
    point: Point,
    cases: Mapping[str, Cases],
    words: Words,
    *,
    days: int,
    left_out: Sequence[str],
) -> list[Proposal]:
    """The point's rules as strategies, each with caps for the tickets that it takes first."""
    free = {scenario: np.ones(len(each), dtype=bool) for scenario, each in cases.items()}
    found = []
    for number, chosen in enumerate(point.rules, start=1):
        own = cases[chosen.scenario]
        held = chosen.rule.mask(own) & free[chosen.scenario]
        free[chosen.scenario] &= ~held
        taken = own.take(held)
        keys = chosen.rule.keys(words) | {
            "scenario": chosen.scenario,
            "single_amount_cap": plain_yuan(chosen.rule.most_amount),
            "daily_cap": plain_yuan(daily_cap(taken, days, chosen.rule.most_amount)),
            "breaker": breaker(taken, days),
        }
        if left_out:
            keys |= _goods_without(chosen.rule, own, words, keys, left_out)
        found.append(Proposal(number, chosen.scenario, keys))
    return found


def rulebook_with(
    present: Mapping[str, Any], proposals: Sequence[Proposal], shop: str
) -> dict[str, Any]:
    """The present rulebook with the proposals enabled, each last in its scenario."""
    strategies = list(present["strategies"])
    for proposal in proposals:
        own = sum(each["scenario"] == proposal.scenario for each in strategies)
        strategies.append(proposal.content(shop, own + 1))
    return {**present, "strategies": strategies}


def _goods_without(
    rule: Rule, cases: Cases, words: Words, keys: Mapping[str, Any], left_out: Sequence[str]
) -> dict[str, Any]:
    """The product condition, without products that the owner leaves out."""
    out = set(left_out)
    if rule.goods is None or rule.goods.excludes:
        listed = sorted({*keys.get("products", ()), *out})
        return {"product_condition": "exclude", "products": listed}
    if rule.goods.column == "product":
        return {"products": [each for each in keys["products"] if each not in out]}
    # An include can't leave one product of a category out: the others are listed.
    own = np.isin(cases.category, list(rule.goods.listed)) & (cases.product >= 0)
    products = {words.products[code] for code in np.unique(cases.product[own])} - out
    return {"categories": [], "products": sorted(products)}
