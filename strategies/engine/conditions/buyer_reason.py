"""The buyer's reason is among those chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from strategies.engine.condition import Alike, Condition, Figures, Kind, Looks
from strategies.engine.facts import NO_FACTS, Facts
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


# Stands for any reason that no strategy names.
_OTHER = "*"


def holds(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return not strategy.buyer_reasons or facts.reason in strategy.buyer_reasons


def _figures(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    return Figures(bool(strategy.buyer_reasons), facts.reason, strategy.buyer_reasons)


def _alike(strategies: Sequence[Strategy]) -> list[Alike]:
    named = sorted(set().union(*(strategy.buyer_reasons for strategy in strategies)))
    return [_reason(reason) for reason in (*named, _OTHER)]


def _reason(reason: str) -> Alike:
    return Alike(NO_FACTS._replace(reason=reason), lambda facts: facts._replace(reason=reason))


CONDITION = Condition(
    name="buyer_reason",
    number=10,
    place=110,
    looks_at=Looks.WORDS,
    holds=holds,
    figures=_figures,
    value_kind=Kind.TEXT,
    limit_kind=Kind.TEXTS,
    alike=_alike,
)
