"""Before shipping: no label was printed by the moment of the decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from strategies.engine.condition import Alike, Condition, Figures, Kind, Looks
from strategies.engine.facts import NO_FACTS, Facts
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


def holds(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return (
        not _asks(strategy)
        or facts.label_printed_at is None
        or facts.label_printed_at > facts.decided_at
    )


def _asks(strategy: Strategy) -> bool:
    return strategy.pre_ship and strategy.given["skip_label_printed"]


def _figures(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    printed = facts.label_printed_at
    over = None if printed is None else facts.decided_at - printed
    return Figures(_asks(strategy), printed, None, over)


def _alike(strategies: Sequence[Strategy]) -> list[Alike]:
    return [
        Alike(None, lambda facts: facts),
        Alike(
            NO_FACTS._replace(label_printed_at=0),
            lambda facts: facts._replace(label_printed_at=facts.applied_at),
        ),
    ]


CONDITION = Condition(
    name="label_printed",
    number=8,
    place=80,
    looks_at=Looks.PRINTED,
    holds=holds,
    figures=_figures,
    asked_after_shipping=False,
    value_kind=Kind.MOMENT,
    alike=_alike,
)
