"""A shop's past as columns for the search, page by page (SPEC M6).

The engine itself says what a strategy could have taken: the past is replayed by the present
strategies, and what they pass by because none hits is what a new one could take. Each ticket counts
once, at its first evaluation. Columns are kept, rows are not, so that memory stays flat.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from strategies.advice.cases import MIXED, Cases
from strategies.advice.ends import UNKNOWN, End
from strategies.advice.rule import Words
from strategies.engine.facts import Facts
from strategies.engine.hours import DAY_MINUTES, HOUR, MINUTE
from strategies.engine.rulebook import Rulebook
from strategies.engine.verdict import Verdict
from strategies.engine.vocabulary import (
    ENTERED,
    KEEP_GOODS_LABEL,
    NO_SCENARIO,
    NONE_HIT,
    SCENARIOS,
    UNKNOWN_PRODUCT,
)

from .stories import ASSUMED_MINUTES, GONE, told

_QUARTER = 15 * MINUTE
_SECOND = 1_000_000
RISK = "risk"


class _Codes:
    """Values as small numbers, in the order in which they come."""

    def __init__(self) -> None:
        self.words: list[Any] = []
        self._of: dict[Any, int] = {}

    def __call__(self, value: Any) -> int:
        code = self._of.get(value)
        if code is None:
            code = self._of[value] = len(self.words)
            self.words.append(value)
        return code


@dataclass(frozen=True)
class Told:
    """Tickets, and yuan of theirs, that ended in one way; amounts and losses in fen."""

    tickets: int
    amount: int
    loss: int


class Columns:
    """Filled page by page, then asked for the cases of each scenario."""

    def __init__(self, rulebook: Rulebook, *, now: datetime) -> None:
        self._rulebook = rulebook
        self._now = now
        self._seen: set[int] = set()
        self._parts: dict[str, list[np.ndarray]] = defaultdict(list)
        self._buyers, self._types = _Codes(), _Codes()
        self._reasons, self._categories, self._products = _Codes(), _Codes(), _Codes()
        self._offsets: dict[int, int] = {}
        self._off: dict[int, bool] = {}
        self._open_to: dict[tuple[Any, ...], int] = {}
        self._ends: Counter[End] = Counter()
        self._amounts: Counter[End] = Counter()
        self._losses: Counter[End] = Counter()

    @property
    def words(self) -> Words:
        return Words(self._reasons.words, self._categories.words, self._products.words)

    def add(
        self, evaluations: Iterable[tuple[Any, ...]], verdicts: Iterable[Verdict | None]
    ) -> None:
        """A page of evaluations: their facts, and what the present strategies decide."""
        rows = []
        for plain, verdict in zip(evaluations, verdicts, strict=True):
            facts = Facts._make(plain)
            ticket: Any = facts.ticket
            if verdict is None or ticket in self._seen:
                continue
            self._seen.add(ticket)
            rows.append(self._row(facts, verdict))
        if not rows:
            return
        columns = dict(zip(_ROW, map(np.array, zip(*rows, strict=True)), strict=True))
        self._add_ends(columns)
        for name, column in columns.items():
            self._parts[name].append(column)

    def _row(self, facts: Facts, verdict: Verdict) -> tuple[Any, ...]:
        entered = ENTERED.get(facts.order_status or "")
        since = None
        if entered is not None:
            since = (facts.paid_at, facts.shipped_at, facts.delivered_at)[entered]
        applied = facts.applied_at
        printed = facts.label_printed_at
        goods = {self._products(each) for each in facts.products}
        kinds = {self._categories(each) for each in facts.categories}
        unknown = not facts.products or UNKNOWN_PRODUCT in facts.products
        return (
            facts.ticket,
            facts.amount,
            self._buyers(facts.buyer),
            verdict.day,
            facts.decided_at // _SECOND,
            (applied + self._offset(applied)) // MINUTE % DAY_MINUTES,
            self._off_hours(applied),
            facts.paid_at is not None and self._off_hours(facts.paid_at),
            MIXED if entered is None else entered,
            np.inf if since is None else (applied - since) / HOUR,
            self._reasons(facts.reason),
            MIXED if unknown or len(kinds) != 1 or "" in facts.categories else kinds.pop(),
            MIXED if unknown or len(goods) != 1 else goods.pop(),
            printed is not None and printed <= facts.decided_at,
            RISK in facts.labels or RISK in facts.ticket_labels,
            self._types(facts.type),
            self._scenarios(facts, verdict),
        )

    def _scenarios(self, facts: Facts, verdict: Verdict) -> int:
        """The scenarios, as bits, in which a new strategy could have taken it."""
        if verdict.why not in (NONE_HIT, NO_SCENARIO) or facts.blocked or facts.scenarios_hit:
            return 0
        keeps = KEEP_GOODS_LABEL in facts.labels
        key = (facts.type, facts.order_status, keeps, facts.order_type)
        if key not in self._open_to:
            self._open_to[key] = sum(
                1 << index for index, scenario in enumerate(SCENARIOS) if scenario.takes(*key)
            )
        return self._open_to[key]

    def _add_ends(self, columns: dict[str, np.ndarray]) -> None:
        tickets, amounts = columns["ticket"].tolist(), columns["amount"].tolist()
        found = told(tickets, amounts, now=self._now)
        rows = []
        for ticket, amount in zip(tickets, amounts, strict=True):
            end, at_once, goods_first, minutes = found.get(ticket, GONE)
            rows.append(
                (end not in UNKNOWN, at_once, goods_first, np.nan if minutes is None else minutes)
            )
            self._ends[end] += 1
            self._amounts[end] += amount
            self._losses[end] += at_once
        for name, column in zip(_ENDS, zip(*rows, strict=True), strict=True):
            columns[name] = np.array(column)

    def _offset(self, at: int) -> int:
        """The zone's offset; no zone changes within a quarter of an hour."""
        quarter = at // _QUARTER
        if quarter not in self._offsets:
            self._offsets[quarter] = self._rulebook.clock.offset(at)
        return self._offsets[quarter]

    def _off_hours(self, at: int) -> bool:
        minute = at // MINUTE
        if minute not in self._off:
            self._off[minute] = self._rulebook.off_hours(at)
        return self._off[minute]

    def finish(self) -> Past:
        columns = {name: np.concatenate(parts) for name, parts in self._parts.items()}
        if not columns:
            columns = {name: np.zeros(0) for name in (*_ROW, *_ENDS)}
        minutes, timed = _filled(columns["minutes"], columns["type"])
        none = np.zeros(0, dtype=np.int64)
        ints = {name: columns[name].astype(np.int64) for name in _INTS}
        bools = {name: columns[name].astype(bool) for name in _BOOLS}
        everything = Cases(
            **ints,  # type: ignore[arg-type]
            **bools,
            age=columns["age"].astype(np.float64),
            loss=columns["at_once"].astype(np.int64),
            minutes=minutes,
        )
        return Past(
            everything,
            columns["goods_first"].astype(np.int64),
            columns["scenarios"].astype(np.int64) if len(minutes) else none,
            timed,
            {
                end: Told(self._ends[end], self._amounts[end], self._losses[end])
                for end in End
                if self._ends[end]
            },
        )


@dataclass(frozen=True)
class Past:
    """All evaluated tickets; `everything.loss` is that of a refund at once."""

    everything: Cases
    goods_first: np.ndarray
    """The loss where the goods come back first."""
    open_to: np.ndarray
    """The scenarios, as bits, in which a new strategy could have taken it."""
    timed: int
    """Tickets whose minutes are known; the others have the median of their type."""
    ends: dict[End, Told]

    def of(self, scenario: str) -> Cases:
        """The cases that a new strategy of the scenario could take, with its losses."""
        index = next(i for i, each in enumerate(SCENARIOS) if each.name == scenario)
        chosen = self.open_to >> index & 1 == 1
        cases = self.everything.take(chosen)
        if SCENARIOS[index].outcome == "approve_return":
            return cases.with_loss(self.goods_first[chosen])
        return cases


_ROW = (
    "ticket", "amount", "buyer", "day", "second", "minute", "off_hours", "paid_off_hours", "status",
    "age", "reason", "category", "product", "printed", "risky", "type", "scenarios",
)  # fmt: skip
_ENDS = ("known", "at_once", "goods_first", "minutes")
_INTS = (
    "ticket", "amount", "buyer", "day", "second", "minute", "status", "reason", "category",
    "product",
)  # fmt: skip
_BOOLS = ("off_hours", "paid_off_hours", "printed", "risky", "known")


def _filled(minutes: np.ndarray, types: np.ndarray) -> tuple[np.ndarray, int]:
    """Minutes with the median of their type where they are not known, of all types where the type
    has none; and how many are known."""
    minutes = minutes.astype(np.float64)
    known = ~np.isnan(minutes)
    middle = float(np.median(minutes[known])) if known.any() else ASSUMED_MINUTES
    for code in np.unique(types):
        own = types == code
        timed = minutes[own & known]
        minutes[own & ~known] = np.median(timed) if len(timed) else middle
    return minutes, int(known.sum())
