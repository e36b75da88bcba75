"""A shop's rulebook, compiled: all that a decision depends on but the ticket and the state."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any, NamedTuple

from strategies.engine.condition import Looks
from strategies.engine.facts import NO_FACTS
from strategies.engine.fast_refund import DEFAULT_RULES, FastRefund
from strategies.engine.group import MEMO_LIMIT, Group, make_group
from strategies.engine.hours import (
    DAY,
    DAY_MINUTES,
    DAYS_LIMIT,
    WorkingHours,
    clock,
)
from strategies.engine.strategy import Strategy, compile_strategy
from strategies.engine.vocabulary import (
    DEPOSIT,
    ENTERED,
    FAST_REFUND_BIT,
    FAST_REFUND_LABEL,
    KEEP_GOODS_LABEL,
    PENDING_SHIPMENT,
    PRE_SHIP,
    SCENARIO_BIT,
    SCENARIO_INDEX,
    SCENARIOS,
)

# The version of the rules for contents made now; content without a version is of version 1.
CONTENT_VERSION = 2


class BuyerLimit(NamedTuple):
    """SPEC G1: both limits in (decision - span, decision]; `span` in microseconds, None is off."""

    span: int
    approvals: int | None
    total: int | None


class Moment(NamedTuple):
    """The answers of all time conditions in [start, end)."""

    start: int
    end: int
    day: int
    """The local date's ordinal."""
    off_hours: bool
    fails: tuple[int, ...]
    """By group: the time conditions that fail, as lanes."""


class Question(NamedTuple):
    """Everything derived from the discrete facts of a ticket: type, status, reason, goods …"""

    group: Group | None
    """None: no scenario matches, or (`matched`) each has had its hit before."""
    matched: bool
    fast: bool
    """Fast refund is possible as far as type, status and label go."""
    entered: int
    """Which time `time_limit` counts from: 0 paid, 1 shipped, 2 delivered."""
    fails: int
    """The conditions on discrete facts that fail, as lanes."""


class Rulebook:
    """Compiled by `compile_rulebook`. Holds memos, which never change what is decided."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.version: int = content.get("version", 1)
        """Older revisions keep the rules of their time (SPEC T6)."""
        self.clock = clock(content.get("timezone") or "Asia/Shanghai")
        self.hours = WorkingHours(
            content.get("working_hours") or {}, content.get("special_days") or {}
        )
        rules = content.get("fast_refund_rules")
        self.fast_refund = FastRefund(
            content.get("fast_refund_periods") or [], DEFAULT_RULES if rules is None else rules
        )
        self.buyer_limit = _buyer_limit(content.get("buyer_limit"))
        self.strategies: tuple[Strategy, ...] = in_order(content)
        """In the order of asking; everywhere in the engine, an index into it names a strategy."""
        self.daily_caps = tuple(strategy.daily_cap for strategy in self.strategies)
        self.breakers = tuple(strategy.breaker for strategy in self.strategies)
        self.groups: dict[tuple[int, ...], Group] = {}
        """By the scenarios asked, as indexes in SCENARIOS."""
        for scenarios in _scenario_sets():
            self.groups[scenarios] = self._group(scenarios)
        self._uses_hours = any(s.execution_time == "off_hours" for s in self.strategies)
        self.asks_paid_time = any(
            s.execution_time == "off_hours" and not s.paid_any_time for s in self.strategies
        )
        self._validity_edges = sorted(
            {t for s in self.strategies for t in (s.valid_from, s.valid_until) if t is not None}
        )
        self._window_edges = window_edges(self.strategies)
        self._days: dict[int, tuple[list[int], list[Moment]]] = {}
        self._questions: dict[frozenset[int], dict[tuple[Any, ...], Question]] = {}

    def off_hours(self, moment: int) -> bool:
        """True if a moment lies outside working hours; always False without working hours."""
        return self.hours.any and not self.hours.working(*self.clock.wall(moment))

    def moment(self, at: int) -> Moment:
        """The answers of all time conditions at a moment."""
        starts, moments = self._days.get(at // DAY) or self._learn_day(at // DAY)
        return moments[bisect_right(starts, at) - 1]

    def moments_of(self, utc_day: int) -> list[Moment]:
        """The answers of all time conditions in the parts of a UTC day, one after the other."""
        return (self._days.get(utc_day) or self._learn_day(utc_day))[1]

    def _learn_day(self, utc_day: int) -> tuple[list[int], list[Moment]]:
        """Cut a UTC day at every moment when a time condition may change."""
        start, end = utc_day * DAY, (utc_day + 1) * DAY
        edges = {edge for edge in self._validity_edges if start < edge < end}
        edges |= set(self.clock.moments(utc_day, self._minutes))
        starts = sorted(edges)
        moments = [self._hold(*span) for span in zip(starts, [*starts[1:], end], strict=True)]
        if len(self._days) >= DAYS_LIMIT:
            self._days.clear()
        self._days[utc_day] = starts, moments
        return starts, moments

    def _minutes(self, ordinal: int) -> set[int]:
        """Minutes of a date when a time condition may change."""
        minutes = {0} | self._window_edges
        return minutes | self.hours.edges(ordinal) if self._uses_hours else minutes

    def _hold(self, start: int, end: int) -> Moment:
        facts = NO_FACTS._replace(applied_at=start)
        return Moment(
            start,
            end,
            self.clock.wall(start)[0],
            self._uses_hours and self.off_hours(start),
            tuple(group.fails(Looks.TIME, facts, self) for group in self.groups.values()),
        )

    def questions(self, tripped: set[int]) -> dict[tuple[Any, ...], Question]:
        """The cached questions, by key, for the case that these strategies' breakers are open."""
        if len(self._questions) > len(self.strategies):
            self._questions.clear()
        return self._questions.setdefault(frozenset(tripped), {})

    def learn_question(self, key: tuple[Any, ...], tripped: set[int]) -> Question:
        """Work out the failed conditions for a new combination of discrete facts, and cache them.

        The key is (type, status, reason, labels, products, categories, scenarios_hit, order type,
        ticket's labels).
        """
        # fmt: off
        (kind, status, reason, labels, products, categories, scenarios_hit, order_type,
         ticket_labels) = key
        # fmt: on
        matching = [
            index
            for index, scenario in enumerate(SCENARIOS)
            if scenario.takes(kind, status, KEEP_GOODS_LABEL in labels, order_type)
        ]
        asked = tuple(
            index for index in matching if not scenarios_hit & SCENARIO_BIT[SCENARIOS[index].name]
        )
        group = self.groups[asked] if asked else None
        fails = 0
        if group is not None:
            facts = NO_FACTS._replace(
                order_status=status,
                reason=reason,
                labels=labels,
                ticket_labels=ticket_labels,
                products=products,
                categories=categories,
            )
            fails = group.fails(Looks.WORDS, facts, self) | group.off(tripped)
        question = Question(
            group,
            matched=bool(matching),
            fast=kind == "refund_only"
            and status == PENDING_SHIPMENT
            and FAST_REFUND_LABEL in labels
            and order_type != DEPOSIT
            and not scenarios_hit & FAST_REFUND_BIT,
            entered=ENTERED.get(status, 0),
            fails=fails,
        )
        questions = self.questions(tripped)
        if len(questions) >= MEMO_LIMIT:
            questions.clear()
        questions[key] = question
        return question

    def _group(self, scenarios: tuple[int, ...]) -> Group:
        names = {SCENARIOS[index].name for index in scenarios}
        return make_group(
            len(self.groups),
            pre_ship=PRE_SHIP.name in names,
            members=[(i, s) for i, s in enumerate(self.strategies) if s.scenario in names],
            rulebook=self,
        )


def in_order(content: Mapping[str, Any]) -> tuple[Strategy, ...]:
    """The strategies of a rulebook in the order of asking."""
    return tuple(
        sorted(
            map(compile_strategy, content.get("strategies") or ()),
            key=lambda strategy: (SCENARIO_INDEX[strategy.scenario], strategy.priority),
        )
    )


def window_edges(strategies: Iterable[Strategy]) -> set[int]:
    """Minutes of the day when windows of these strategies begin or end."""
    return {
        minute if minute <= DAY_MINUTES else minute - DAY_MINUTES
        for strategy in strategies
        for window in strategy.windows
        for minute in window
    }


def compile_rulebook(content: Mapping[str, Any]) -> Rulebook:
    """Compile a rulebook revision's content (checked when it was made; wrong content raises)."""
    return Rulebook(content)


def _scenario_sets() -> list[tuple[int, ...]]:
    """Every set of scenarios that some ticket is open for, by the table of SPEC S1."""
    found: dict[tuple[int, ...], None] = {}
    for kind in {kind for scenario in SCENARIOS for kind in scenario.ticket_types}:
        for status in ENTERED:
            matching = [i for i, s in enumerate(SCENARIOS) if s.takes(kind, status, True)]
            for size in range(1, len(matching) + 1):
                found.update(dict.fromkeys(combinations(matching, size)))
    return list(found)


def _buyer_limit(content: Mapping[str, Any] | None) -> BuyerLimit | None:
    if not content or (content.get("count") is None and content.get("amount") is None):
        return None
    return BuyerLimit(content["days"] * DAY, content.get("count"), content.get("amount"))
