"""What every condition of every strategy says to a ticket, with the figures it was held against.

The slow sister of `decide` (SPEC E3, E8): it asks one ticket, and goes on where `decide` stops, at
conditions behind the first that fails and at strategies behind the one that hit. A property test
holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from strategies.engine.conditions import CHECKS, ENTERED, Strategy
from strategies.engine.conditions import product as product_holds
from strategies.engine.facts import Facts
from strategies.engine.hours import DAY, DAY_MINUTES, MINUTE, Interval
from strategies.engine.line_money import line_limit
from strategies.engine.rulebook import BuyerLimit, Rulebook
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
    PRE_SHIP,
    SCENARIO_BIT,
    SCENARIOS,
    UNKNOWN_PRODUCT,
    Condition,
)


@dataclass(frozen=True)
class Before:
    """What earlier decisions had left behind when the ticket was asked about. Money in fen."""

    used: Mapping[int, int] = field(default_factory=dict)
    """Approved that day, by strategy index (SPEC E4)."""
    buyer_count: int = 0
    buyer_sum: int = 0
    """The buyer's automatic approvals in the window of the shop's limit (SPEC G1)."""
    tripped: Collection[int] = ()
    paused: bool = False


class Edge(NamedTuple):
    """How far a moment is from the nearest beginning and end of some hours, in microseconds."""

    since: int | None
    """Since the end before it; within the hours, since their beginning."""
    until: int | None
    """Until the next beginning; within the hours, until their end."""


class Checked(NamedTuple):
    """A condition's answer. Money in fen, moments and spans in microseconds."""

    condition: Condition
    ok: bool
    sets: bool
    """Whether the strategy asks for anything here; what it doesn't ask for always holds."""
    value: Any = None
    limit: Any = None
    over: int | None = None
    """How far the value is beyond the limit, where there is near and far: what is left where it is
    not above 0."""


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
    def code(self) -> Condition:
        """What a trace says of it."""
        return next((check.condition for check in self.checks if not check.ok), Condition.HIT)


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
        return tuple(int(line.code) for line in self.asked)


def explain(rulebook: Rulebook, facts: Facts, before: Before) -> Explanation:
    """What `decide` says to these facts, and all that it didn't have to ask."""
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
        line = Line(
            index, strategy, asked, tuple(_checks(strategy, index, facts, rulebook, before))
        )
        lines.append(line)
        over = over or (asked and not line.failed)
    if gate == FAST_REFUND:
        return Explanation(None, True, tuple(lines))
    hit = any(line.asked and not line.failed for line in lines)
    return Explanation(gate or (None if hit else NONE_HIT), False, tuple(lines))


def _gate(rulebook: Rulebook, facts: Facts, before: Before, *, matched: bool) -> str | None:
    """What ends the evaluation before a strategy is asked (SPEC E2)."""
    if facts.amount <= 0:
        return NO_AMOUNT
    if facts.amount > facts.refundable:
        return OVER_REFUNDABLE
    if facts.line is not None and facts.amount > line_limit(
        facts.line_left or 0, facts.freight_left or 0
    ):
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


def _checks(
    strategy: Strategy, index: int, facts: Facts, rulebook: Rulebook, before: Before
) -> Iterable[Checked]:
    for condition, holds in CHECKS.items():
        ok = holds(strategy, facts, rulebook)
        if condition is Condition.ENABLED:
            ok = ok and index not in before.tripped
        sets, *figures = _FIGURES[condition](strategy, facts, rulebook)
        yield Checked(condition, ok, sets, *figures)
    yield _buyer_guard(facts, rulebook.buyer_limit, before)
    used = before.used.get(index, 0)
    over = used + facts.amount - strategy.daily_cap
    yield Checked(Condition.DAILY_CAP, over <= 0, True, used, strategy.daily_cap, over)


class Guarded(NamedTuple):
    blocked: bool
    number: int
    total: int


def _buyer_guard(facts: Facts, limit: BuyerLimit | None, before: Before) -> Checked:
    """`over` is of money, and None where the count stops it, or nothing limits the amount."""
    value = Guarded(facts.blocked, before.buyer_count, before.buyer_sum)
    counted = limit is not None and limit.approvals is not None
    too_many = limit is not None and counted and value.number >= (limit.approvals or 0)
    over = None
    if limit is not None and limit.total is not None:
        over = value.total + facts.amount - limit.total
    ok = not facts.blocked and not too_many and (over is None or over <= 0)
    sets = facts.blocked or limit is not None
    blunt = facts.blocked or too_many
    return Checked(Condition.BUYER_GUARD, ok, sets, value, limit, None if blunt else over)


Figures = tuple[Any, ...]


def _enabled(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    return (True,)


def _validity(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    start, end = limit = strategy.valid_from, strategy.valid_until
    over = None
    if start is not None and facts.applied_at < start:
        over = start - facts.applied_at
    elif end is not None:
        over = facts.applied_at - end
    return limit != (None, None), facts.applied_at, limit, over


def _execution_time(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    at = facts.applied_at
    if strategy.execution_time == "windows":
        edge = windows_edge(strategy.windows, rulebook.clock.wall(at)[1])
        nearest = [span for span in edge if span is not None]
        return True, at, edge, min(nearest, default=None)
    if strategy.execution_time == "off_hours":
        return True, at, working_edge(rulebook, at)
    return (False,)


def _paid_time(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    if strategy.execution_time != "off_hours" or strategy.paid_any_time:
        return (False,)
    at = facts.paid_at
    return True, at, None if at is None else working_edge(rulebook, at)


def _order_status(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    return strategy.scenario != PRE_SHIP.name, facts.order_status, strategy.order_statuses


def _single_amount(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    cap = strategy.single_amount_cap
    return True, facts.amount, cap, facts.amount - cap


def _time_limit(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    if strategy.time_limit is None:
        return (False,)
    times = (facts.paid_at, facts.shipped_at, facts.delivered_at)
    entered = times[ENTERED[facts.order_status or ""]]
    if entered is None:
        return True, None, strategy.time_limit
    over = facts.applied_at - entered - strategy.time_limit
    return True, entered, strategy.time_limit, over


def _label_printed(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    sets = strategy.scenario == PRE_SHIP.name and strategy.skip_label_printed
    printed = facts.label_printed_at
    over = None if printed is None else facts.decided_at - printed
    return sets, printed, None, over


def _product(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    """The value is what stands against it: goods not listed, listed as excluded, or not known."""
    if strategy.product_condition == "all":
        return (False,)
    pairs = zip(facts.products, facts.categories, strict=True)
    against = tuple(
        product
        for product, category in pairs
        if not product_holds(
            strategy, facts._replace(products=(product,), categories=(category,)), rulebook
        )
    )
    if not facts.products and not product_holds(strategy, facts, rulebook):
        against = (UNKNOWN_PRODUCT,)
    return True, against, strategy.product_condition


def _buyer_reason(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> Figures:
    return bool(strategy.buyer_reasons), facts.reason, strategy.buyer_reasons


_FIGURES: dict[Condition, Callable[[Strategy, Facts, Rulebook], Figures]] = {
    Condition.ENABLED: _enabled,
    Condition.VALIDITY: _validity,
    Condition.EXECUTION_TIME: _execution_time,
    Condition.PAID_TIME: _paid_time,
    Condition.ORDER_STATUS: _order_status,
    Condition.SINGLE_AMOUNT: _single_amount,
    Condition.TIME_LIMIT: _time_limit,
    Condition.LABEL_PRINTED: _label_printed,
    Condition.PRODUCT: _product,
    Condition.BUYER_REASON: _buyer_reason,
}


def windows_edge(windows: Iterable[Interval], since_midnight: int) -> Edge:
    """To the nearest edges of daily windows, for a time of day outside them."""
    spans = list(windows)
    return Edge(
        min(((since_midnight - end * MINUTE) % DAY for _, end in spans), default=None),
        min(((start * MINUTE - since_midnight) % DAY for start, _ in spans), default=None),
    )


def working_edge(rulebook: Rulebook, moment: int) -> Edge:
    """To the beginning and end of the working hours that a moment lies in; both are unknown where
    it lies in none, or where hours follow one another for days."""
    ordinal, since_midnight = rulebook.clock.wall(moment)
    inside = [
        (start, end)
        for day in (-1, 0)
        for start, end in (
            (first + day * DAY_MINUTES, last + day * DAY_MINUTES)
            for first, last in rulebook.hours.on(ordinal + day)
        )
        if start * MINUTE <= since_midnight < end * MINUTE
    ]
    if not inside:
        return Edge(None, None)
    return Edge(
        since_midnight - min(start for start, _ in inside) * MINUTE,
        max(end for _, end in inside) * MINUTE - since_midnight,
    )
