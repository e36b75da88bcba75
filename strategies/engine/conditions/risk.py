"""The platform flagged neither the ticket nor its order as risky."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from strategies.engine.condition import Alike, Condition, Figures, Kind, Looks
from strategies.engine.facts import NO_FACTS, Facts
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook

LABEL = "risk"


def holds(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return not _asks(strategy) or not _flagged(facts)


def _asks(strategy: Strategy) -> bool:
    return strategy.given.get("skip_risky", False)


def _flagged(facts: Facts) -> tuple[str, ...]:
    given = {"order": facts.labels, "ticket": facts.ticket_labels}
    return tuple(name for name, labels in given.items() if LABEL in labels)


def _figures(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    """The value is what the platform flagged."""
    return Figures(_asks(strategy), _flagged(facts))


def _alike(strategies: Sequence[Strategy]) -> list[Alike]:
    return [
        Alike(None, lambda facts: facts),
        Alike(
            NO_FACTS._replace(ticket_labels=(LABEL,)),
            lambda facts: facts._replace(ticket_labels=(LABEL,)),
        ),
    ]


CONDITION = Condition(
    name="risk",
    number=13,
    place=90,
    looks_at=Looks.WORDS,
    holds=holds,
    figures=_figures,
    value_kind=Kind.TEXTS,
    alike=_alike,
)
