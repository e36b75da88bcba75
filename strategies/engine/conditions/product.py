"""The ticket's goods are among those listed, or none of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strategies.engine.condition import Condition, Figures, Kind, Looks
from strategies.engine.facts import Facts
from strategies.engine.strategy import Strategy
from strategies.engine.vocabulary import UNKNOWN_PRODUCT

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


def holds(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    """Facts have no goods that cost nothing, unless the ticket is about nothing else."""
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
    return all(listed) if strategy.product_condition == "include" else not any(listed)


def _figures(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    """The value is the goods that fail it: not listed, listed as excluded, or unknown."""
    if strategy.product_condition == "all":
        return Figures(False)
    against = [
        product
        for product, category in zip(facts.products, facts.categories, strict=True)
        if not holds(
            strategy, facts._replace(products=(product,), categories=(category,)), rulebook
        )
    ]
    if not facts.products and not holds(strategy, facts, rulebook):
        against = [UNKNOWN_PRODUCT]
    return Figures(True, tuple(against), strategy.product_condition)


CONDITION = Condition(
    name="product",
    number=9,
    place=100,
    looks_at=Looks.WORDS,
    holds=holds,
    figures=_figures,
    value_kind=Kind.TEXTS,
    limit_kind=Kind.TEXT,
)
