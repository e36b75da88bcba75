"""A shop's rulebook, compiled: all that a decision depends on but the ticket and the state."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from itertools import combinations
from typing import Any, NamedTuple

from strategies.engine.conditions import (
    ENTERED,
    Breaker,
    Strategy,
    buyer_reason,
    executes_at,
    first_failing,
    order_status,
    product,
    valid_at,
)
from strategies.engine.facts import Facts
from strategies.engine.fast_refund import DEFAULT_RULES, FastRefund
from strategies.engine.hours import (
    DAY,
    DAY_MINUTES,
    EPOCH_ORDINAL,
    HOUR,
    MINUTE,
    WorkingHours,
    clock,
    intervals,
    micros,
)
from strategies.engine.vocabulary import (
    DELIVERED,
    FAST_REFUND_BIT,
    FAST_REFUND_LABEL,
    KEEP_GOODS_LABEL,
    MANUAL,
    PENDING_SHIPMENT,
    PRE_SHIP,
    SCENARIO_BIT,
    SCENARIO_INDEX,
    SCENARIOS,
    SHIPPED,
    Condition,
)

# Memos are emptied beyond these sizes, so that memory stays flat whatever comes in.
MEMO_LIMIT = 50_000
DAYS_LIMIT = 2_000


class BuyerLimit(NamedTuple):
    """SPEC G1: both limits in (decision - span, decision]; `span` in microseconds, None is off."""

    span: int
    approvals: int | None
    total: int | None


class Group(NamedTuple):
    """The strategies asked for tickets that match the same scenarios, in order."""

    number: int
    pre_ship: bool
    strategies: tuple[int, ...]
    amounts: list[int]
    """The single-amount caps, each once, rising: between two of them all amounts are alike."""
    limits: list[int]
    """The time limits, likewise."""


class Answer(NamedTuple):
    """What a group says to all tickets that are alike in everything but the state.

    `codes` has each strategy's first failing condition, of those that need no state. The other
    fields are about the first strategy that none of them stopped: `hit` is its index (None if
    there is none), `trace` the trace if it hits, or of all the group if there is none.
    """

    hit: int | None
    trace: tuple[int, ...]
    scenario: str | None
    outcome: str
    codes: tuple[int, ...]


class Question(NamedTuple):
    """What the discrete facts of a ticket (type, status, reason, labels, products) come to."""

    group: Group | None
    """None: no scenario matches, or (`asked`) each has had its hit before."""
    asked: bool
    fast: bool
    """Fast refund is possible as far as type, status and label go."""
    entered: int
    """Which time `time_limit` counts from: 0 paid, 1 shipped, 2 delivered."""
    answers: dict[tuple[int, int, int], Answer]
    """By time class, amount class and limit class (with the pre-ship flags)."""


Moment = tuple[tuple[int, ...], bool, int]
"""Time class by group, off-hours or not, local day ordinal."""


class Rulebook:
    """Compiled by `compile_rulebook`. Holds memos, which never change what is decided."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.clock = clock(content.get("timezone") or "Asia/Shanghai")
        self.hours = WorkingHours(
            content.get("working_hours") or {}, content.get("special_days") or {}
        )
        rules = content.get("fast_refund_rules")
        self.fast_refund = FastRefund(
            content.get("fast_refund_periods") or [], DEFAULT_RULES if rules is None else rules
        )
        self.buyer_limit = _buyer_limit(content.get("buyer_limit"))
        self.strategies: tuple[Strategy, ...] = tuple(
            sorted(
                map(_strategy, content.get("strategies") or ()),
                key=lambda strategy: (SCENARIO_INDEX[strategy.scenario], strategy.priority),
            )
        )
        """In the order in which they are asked; an index in it names a strategy everywhere."""
        self.daily_caps = tuple(strategy.daily_cap for strategy in self.strategies)
        self.breakers = tuple(strategy.breaker for strategy in self.strategies)
        self._groups: dict[tuple[int, ...], Group] = {}
        for scenarios in _scenario_sets():
            self._groups[scenarios] = self._group(scenarios)
        self._uses_hours = any(s.execution_time == "off_hours" for s in self.strategies)
        self.asks_paid_time = any(
            s.execution_time == "off_hours" and not s.paid_any_time for s in self.strategies
        )
        self._validity_edges = sorted(
            {t for s in self.strategies for t in (s.valid_from, s.valid_until) if t is not None}
        )
        self._window_edges = {
            minute if minute <= DAY_MINUTES else minute - DAY_MINUTES
            for s in self.strategies
            for window in s.windows
            for minute in window
        }
        self.days: dict[int, tuple[list[int], list[Moment]]] = {}
        """By UTC day: the moments inside it at which anything changes, and what holds between."""
        self.questions: dict[tuple[Any, ...], Question] = {}
        self._alike: dict[tuple[Any, ...], Question] = {}
        self._time_classes: dict[tuple[int, tuple[Any, ...]], int] = {}
        self._traces: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._answered = 0

    def off_hours(self, moment: int) -> bool:
        """Whether a moment lies in none of the working hours; never, where there are none."""
        return self.hours.any and not self.hours.working(*self.clock.wall(moment))

    def moment(self, at: int) -> Moment:
        day = self.days.get(at // DAY) or self.learn_day(at // DAY)
        return day[1][bisect_right(day[0], at)]

    def learn_day(self, utc_day: int) -> tuple[list[int], list[Moment]]:
        """Cut a UTC day at every moment at which a time condition may change."""
        start, end = utc_day * DAY, (utc_day + 1) * DAY
        edges = {edge for edge in self._validity_edges if start < edge < end}
        for first, last, offset in self.clock.pieces(start, end):
            edges.add(first)
            for day in range((first + offset) // DAY, (last - 1 + offset) // DAY + 1):
                minutes = {0} | self._window_edges
                if self._uses_hours:
                    minutes |= self.hours.edges(EPOCH_ORDINAL + day)
                edges.update(
                    edge
                    for edge in (day * DAY - offset + minute * MINUTE for minute in minutes)
                    if first < edge < last
                )
        bounds = sorted(edges)
        if len(self.days) >= DAYS_LIMIT:
            self.days.clear()
        known = self.days[utc_day] = (bounds[1:], [self._hold(bound) for bound in bounds])
        return known

    def _hold(self, at: int) -> Moment:
        classes = []
        for group in self._groups.values():
            told = tuple(
                (valid_at(s, at), executes_at(s, self, at))
                for s in (self.strategies[index] for index in group.strategies)
            )
            key = (group.number, told)
            classes.append(self._time_classes.setdefault(key, len(self._time_classes)))
        return tuple(classes), self._uses_hours and self.off_hours(at), self.clock.wall(at)[0]

    def learn_question(self, key: tuple[Any, ...], tripped: set[int]) -> Question:
        """Find, for a new combination of discrete facts, what they come to, and keep it.

        The key is (type, status, reason, labels, products, categories, spent, tripped); the set
        is what its last element stands for.
        """
        kind, status, reason, labels, products, categories, spent, _ = key
        facts = _FACTS._replace(
            type=kind,
            order_status=status,
            reason=reason,
            labels=labels,
            products=products,
            categories=categories,
            spent=spent,
        )
        matching = tuple(
            index
            for index, scenario in enumerate(SCENARIOS)
            if scenario.takes(kind, status, KEEP_GOODS_LABEL in labels)
        )
        open_ = tuple(
            index for index in matching if not spent & SCENARIO_BIT[SCENARIOS[index].name]
        )
        group = self._groups[open_] if open_ else None
        fast = (
            kind == "refund_only"
            and status == PENDING_SHIPMENT
            and FAST_REFUND_LABEL in labels
            and not spent & FAST_REFUND_BIT
        )
        told = tuple(
            (
                index in tripped,
                order_status(self.strategies[index], facts, self),
                product(self.strategies[index], facts, self),
                buyer_reason(self.strategies[index], facts, self),
            )
            for index in (group.strategies if group else ())
        )
        entered = {SHIPPED: 1, DELIVERED: 2}.get(status, 0)
        alike = (group and group.number, bool(matching), fast, entered, told)
        question = self._alike.get(alike)
        if len(self.questions) >= MEMO_LIMIT:
            self.questions.clear()
        if question is None:
            question = self._alike[alike] = Question(group, bool(matching), fast, entered, {})
        self.questions[key] = question
        return question

    def learn_answer(
        self, question: Question, key: tuple[int, int, int], facts: Facts, tripped: set[int]
    ) -> Answer:
        """Ask every strategy of the question's group about a ticket, and keep what they said."""
        group = question.group
        assert group is not None
        codes = tuple(
            int(Condition.ENABLED)
            if index in tripped
            else first_failing(self.strategies[index], facts, self)
            for index in group.strategies
        )
        answer = self.answer(group, codes)
        self._answered += 1
        if self._answered > MEMO_LIMIT:
            self._answered = 0
            self.questions.clear()
            for other in self._alike.values():
                other.answers.clear()
            self._alike.clear()
            self._traces.clear()
        question.answers[key] = answer
        return answer

    def answer(self, group: Group, codes: tuple[int, ...]) -> Answer:
        """The answer with these codes: the first HIT among them is the candidate."""
        codes = self.intern(codes)
        if Condition.HIT not in codes:
            return Answer(None, codes, None, MANUAL, codes)
        place = codes.index(Condition.HIT)
        strategy = self.strategies[group.strategies[place]]
        return Answer(
            group.strategies[place],
            self.intern(codes[: place + 1]),
            strategy.scenario,
            SCENARIOS[SCENARIO_INDEX[strategy.scenario]].outcome,
            codes,
        )

    def intern(self, trace: tuple[int, ...]) -> tuple[int, ...]:
        """One tuple for all equal traces."""
        return self._traces.setdefault(trace, trace)

    def _group(self, scenarios: tuple[int, ...]) -> Group:
        names = {SCENARIOS[index].name for index in scenarios}
        members = tuple(
            index for index, strategy in enumerate(self.strategies) if strategy.scenario in names
        )
        own = [self.strategies[index] for index in members]
        return Group(
            len(self._groups),
            PRE_SHIP.name in names,
            members,
            sorted({strategy.single_amount_cap for strategy in own}),
            sorted({s.time_limit for s in own if s.time_limit is not None}),
        )


def compile_rulebook(content: Mapping[str, Any]) -> Rulebook:
    """Compile a rulebook revision's content (checked when it was made; wrong content raises)."""
    return Rulebook(content)


_FACTS = Facts(
    None,
    "",
    None,
    None,
    "",
    None,
    0,
    0,
    0,
    0,
    "",
    None,
    None,
    None,
    None,
    0,
    (),
    (),
    (),
    False,
    False,
)


def _scenario_sets() -> list[tuple[int, ...]]:
    """Every set of scenarios that some ticket is open for, by the table of SPEC S1."""
    found: dict[tuple[int, ...], None] = {}
    for kind in {kind for scenario in SCENARIOS for kind in scenario.ticket_types}:
        for status in ENTERED:
            matching = [i for i, s in enumerate(SCENARIOS) if s.takes(kind, status, True)]
            for size in range(1, len(matching) + 1):
                found.update(dict.fromkeys(combinations(matching, size)))
    return list(found)


def _moment(text: str | None) -> int | None:
    return None if text is None else micros(datetime.fromisoformat(text))


def _buyer_limit(content: Mapping[str, Any] | None) -> BuyerLimit | None:
    if not content or (content.get("count") is None and content.get("amount") is None):
        return None
    return BuyerLimit(content["days"] * DAY, content.get("count"), content.get("amount"))


def _strategy(content: Mapping[str, Any]) -> Strategy:
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
        valid_from=_moment(content["valid_from"]),
        valid_until=_moment(content["valid_until"]),
        execution_time=content["execution_time"],
        windows=intervals(content["windows"]) if windows else (),
        paid_any_time=content["paid_time"] == "any",
        order_statuses=frozenset(
            PRE_SHIP.order_statuses if pre_ship else content["order_statuses"]
        ),
        buyer_reasons=frozenset(content["buyer_reasons"]),
        single_amount_cap=content["single_amount_cap"],
        daily_cap=content["daily_cap"],
        time_limit=None if hours is None else hours * HOUR,
        skip_label_printed=content["skip_label_printed"],
        product_condition=content["product_condition"],
        products=frozenset(content["products"]),
        categories=frozenset(content["categories"]),
        breaker=breaker
        and Breaker(breaker.get("hits"), breaker.get("amount"), breaker["minutes"] * MINUTE),
    )
