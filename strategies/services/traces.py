"""Traces of decisions, with strategy names as of then (SPEC E8, T6)."""

from typing import NamedTuple

from strategies.engine import expand_trace
from strategies.engine.strategy import Strategy
from strategies.models import Decision

from .evaluator.rulebooks import load_rulebook


class Asked(NamedTuple):
    """A strategy that was asked: the first condition that failed, None where it hit."""

    scenario: str
    strategy: str
    failed: str | None


def trace_of(decision: Decision) -> list[Asked]:
    """Each strategy asked, in order, as `simulate` prints it (INTERFACES, simulate)."""
    expanded = expand_trace(
        load_rulebook(decision.rulebook_id).rulebook,
        ticket_type=decision.type,
        order_status=decision.order_status,
        labels=decision.labels,
        scenarios_hit=decision.scenarios_hit,
        trace=decision.trace,
    )
    return [Asked(*one) for one in expanded]


def hit_of(decision: Decision) -> Strategy | None:
    """The strategy that hit, as it was."""
    if decision.strategy_id is None:
        return None
    loaded = load_rulebook(decision.rulebook_id)
    return loaded.rulebook.strategies[loaded.strategy_ids.index(decision.strategy_id)]
