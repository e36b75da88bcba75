"""Every condition of every strategy on one ticket, with its figures.

The slow sister of `decide` (SPEC E3, E8): it asks one ticket, and goes on where `decide` stops, at
conditions behind the first that fails and at strategies behind the one that hit. A property test
holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

from strategies.engine.condition import Before, Checked
from strategies.engine.conditions import CONDITIONS, HIT
from strategies.engine.facts import Facts
from strategies.engine.line_money import line_limit
from strategies.engine.rulebook import Rulebook
from strategies.engine.strategy import Strategy
from strategies.engine.vocabulary import (
    DEPOSIT,
    FAST_REFUND,
    FAST_REFUND_BIT,
    FAST_REFUND_LABEL,
    IMPOSSIBLE_TIMES,
    KEEP_GOODS_LABEL,
    MOST_AHEAD,
    NO_AMOUNT,
    NO_SCENARIO,
    NONE_HIT,
    OVER_LINE,
    OVER_REFUNDABLE,
    PAUSED,
    PENDING_SHIPMENT,
    SCENARIO_BIT,
    SCENARIOS,
)


@dataclass(frozen=True)
class Line:
    """A strategy and its answers, in SPEC E3's order."""

    index: int
    strategy: Strategy
    asked: bool
    """False where something before it ended the evaluation."""
    checks: tuple[Checked, ...]

    @property
    def failed(self) -> tuple[Checked, ...]:
        return tuple(check for check in self.checks if not check.ok)

    @property
    def code(self) -> int:
        """Its number in a trace."""
        return next((check.condition.number for check in self.failed), HIT)


@dataclass(frozen=True)
class Explanation:
    """`lines` are all strategies of the scenarios that the ticket matches, in their order."""

    why: str | None
    """Why it is for people, as in a verdict; None where something takes it."""
    fast_refund: bool
    lines: tuple[Line, ...]

    @property
    def hit(self) -> Line | None:
        return next((line for line in self.asked if not line.failed), None)

    @property
    def asked(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.asked)

    @property
    def trace(self) -> tuple[int, ...]:
        """As a verdict has it."""
        return tuple(line.code for line in self.asked)


def explain(rulebook: Rulebook, facts: Facts, before: Before) -> Explanation:
    """The verdict of `decide` on these facts, and the answers that it did not need."""
    keeps = KEEP_GOODS_LABEL in facts.labels
    matching = [
        s.name
        for s in SCENARIOS
        if s.takes(facts.type, facts.order_status, keeps, facts.order_type)
    ]
    gate = _gate(rulebook, facts, before, matched=bool(matching))
    lines: list[Line] = []
    over = gate is not None
    for index, strategy in enumerate(rulebook.strategies):
        if strategy.scenario not in matching:
            continue
        asked = not over and not facts.scenarios_hit & SCENARIO_BIT[strategy.scenario]
        checks = (c.check(index, strategy, facts, rulebook, before) for c in CONDITIONS)
        line = Line(index, strategy, asked, tuple(checks))
        lines.append(line)
        over = over or (asked and not line.failed)
    if gate == FAST_REFUND:
        return Explanation(None, True, tuple(lines))
    hit = any(line.asked and not line.failed for line in lines)
    return Explanation(gate or (None if hit else NONE_HIT), False, tuple(lines))


def _gate(rulebook: Rulebook, facts: Facts, before: Before, *, matched: bool) -> str | None:
    """The reason to end the evaluation before any strategy is asked (SPEC E2)."""
    if facts.amount <= 0:
        return NO_AMOUNT
    if facts.amount > facts.refundable:
        return OVER_REFUNDABLE
    if facts.line is not None and facts.amount > line_limit(facts.line_left, facts.freight_left):
        return OVER_LINE
    if facts.held_back is not None:
        if impossible_times(facts):
            return IMPOSSIBLE_TIMES
        if facts.held_back:
            return facts.held_back
    if (
        facts.type == "refund_only"
        and facts.order_status == PENDING_SHIPMENT
        and FAST_REFUND_LABEL in facts.labels
        and facts.order_type != DEPOSIT
        and not facts.scenarios_hit & FAST_REFUND_BIT
        and not facts.virtual
        and rulebook.fast_refund.holds(facts.paid_at, facts.applied_at, facts.paid_amount)
    ):
        return FAST_REFUND
    if before.paused:
        return PAUSED
    return None if matched else NO_SCENARIO


def impossible_times(facts: Facts) -> bool:
    """Applied for before the order was paid, or well after the decision (SPEC E2)."""
    return (
        facts.paid_at is not None and facts.applied_at < facts.paid_at
    ) or facts.applied_at - facts.decided_at > MOST_AHEAD
