"""A shop's past as columns for the search (SPEC M6).

The engine itself says what a strategy could have taken: the past is decided by the present
strategies, and what they pass by because none hits is what a new one could take. Each ticket counts
once, at its first evaluation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from strategies.advice.cases import MIXED, Cases
from strategies.advice.ends import UNKNOWN, End
from strategies.advice.rule import Words
from strategies.engine import compile_rulebook
from strategies.engine.hours import HOUR, MINUTE
from strategies.engine.vocabulary import (
    ENTERED,
    KEEP_GOODS_LABEL,
    SCENARIOS,
    UNKNOWN_PRODUCT,
)
from strategies.services.past import (
    BY_PEOPLE,
    Decided,
    Past,
    Word,
    entered_at,
    off_hours,
    on_the_clock,
)
from strategies.services.past.columns import BLOCKED, NONE, PAUSED

from .stories import ASSUMED_MINUTES, GONE, told

_SECOND = 1_000_000
RISK = "risk"
# Tickets whose ends are read at a time.
PIECE = 10_000


@dataclass(frozen=True)
class Told:
    """Tickets, and yuan of theirs, that ended in one way; amounts and losses in fen."""

    tickets: int
    amount: int
    loss: int


@dataclass(frozen=True)
class Found:
    """All evaluated tickets; `everything.loss` is that of a refund at once."""

    everything: Cases
    rows: np.ndarray
    """The row in the past of each, its first evaluation."""
    words: Words
    goods_first: np.ndarray
    """The loss where the goods come back first."""
    open_to: np.ndarray
    """The scenarios, as bits, in which a new strategy could have taken it."""
    timed: int
    """Tickets whose minutes are known; the others have the median of their type."""
    ends: dict[End, Told]

    def of(self, scenario: str, among: np.ndarray | None = None) -> Cases:
        """The cases (of those `among` them) that a new strategy of the scenario could take, with
        its losses."""
        index = next(i for i, each in enumerate(SCENARIOS) if each.name == scenario)
        chosen = self.open_to >> index & 1 == 1
        return self.with_losses(scenario).take(chosen if among is None else chosen & among)

    def with_losses(self, scenario: str) -> Cases:
        """All cases, with the losses that a strategy of the scenario would bring."""
        first = any(
            each.name == scenario and each.outcome == "approve_return" for each in SCENARIOS
        )
        return self.everything.with_loss(self.goods_first) if first else self.everything


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


def find(
    past: Past,
    present: Decided,
    content: Mapping[str, Any],
    *,
    now: datetime,
    alive: Callable[[int], object],
) -> Found:
    """The tickets of a past that the strategies of `content` decided as `present` says. `alive` is
    called with the number of tickets whose ends were read since."""
    rulebook = compile_rulebook({**content, "strategies": []})
    _, first = np.unique(past["ticket"], return_index=True)
    rows = np.sort(first)
    words, by_word = _of_words(past.words)
    own = {name: column[past["word"][rows]] for name, column in by_word.items()}
    applied, decided, printed = (
        past[name][rows] for name in ("applied_at", "decided_at", "label_printed_at")
    )
    since = entered_at(past)[rows]
    dated = (own["status"] != MIXED) & (since != NONE)
    _, since_midnight = on_the_clock(rulebook, applied)
    ends = _ends(past["ticket"][rows], past["amount"][rows], now=now, alive=alive)
    everything = Cases(
        ticket=past["ticket"][rows],
        amount=past["amount"][rows],
        buyer=past["buyer"][rows],
        day=present.days[rows],
        second=decided // _SECOND,
        minute=since_midnight // MINUTE,
        off_hours=off_hours(past, rulebook, "applied_at")[rows],
        paid_off_hours=off_hours(past, rulebook, "paid_at")[rows],
        status=own["status"],
        age=np.where(dated, (applied - np.where(dated, since, 0)) / HOUR, np.inf),
        reason=own["reason"],
        category=own["category"],
        product=own["product"],
        printed=(printed != NONE) & (printed <= decided),
        risky=own["risky"].astype(bool),
        known=ends.known,
        loss=ends.at_once,
        minutes=_filled(ends.minutes, own["type"]),
    )
    passed_by = (present.by == BY_PEOPLE) & ~present.stopped
    passed_by &= ~(past.has(BLOCKED) | past.has(PAUSED))
    return Found(
        everything,
        rows,
        words,
        ends.goods_first,
        np.where(passed_by[rows], own["scenarios"], 0),
        int((~np.isnan(ends.minutes)).sum()),
        ends.told,
    )


def _of_words(words: list[Word]) -> tuple[Words, dict[str, np.ndarray]]:
    """Columns by word, with values as codes."""
    reasons, categories, products, types = _Codes(), _Codes(), _Codes(), _Codes()
    rows = []
    for word in words:
        goods = {products(each) for each in word.products}
        kinds = {categories(each) for each in word.categories}
        unknown = not word.products or UNKNOWN_PRODUCT in word.products
        rows.append(
            (
                ENTERED.get(word.status, MIXED),
                reasons(word.reason),
                MIXED if unknown or len(kinds) != 1 or "" in word.categories else kinds.pop(),
                MIXED if unknown or len(goods) != 1 else goods.pop(),
                RISK in word.labels or RISK in word.ticket_labels,
                types(word.type),
                _scenarios(word),
            )
        )
    names = ("status", "reason", "category", "product", "risky", "type", "scenarios")
    columns = np.array(rows, np.int64).reshape(len(rows), len(names)).T
    return (
        Words(reasons.words, categories.words, products.words),
        dict(zip(names, columns, strict=True)),
    )


def _scenarios(word: Word) -> int:
    """The scenarios, as bits, that ask about it; none for one that a scenario has hit before."""
    if word.scenarios_hit:
        return 0
    keeps = KEEP_GOODS_LABEL in word.labels
    return sum(
        1 << index
        for index, scenario in enumerate(SCENARIOS)
        if scenario.takes(word.type, word.status, keeps, word.order_type)
    )


@dataclass(frozen=True)
class _Ends:
    known: np.ndarray
    at_once: np.ndarray
    goods_first: np.ndarray
    minutes: np.ndarray
    told: dict[End, Told]


def _ends(
    tickets: np.ndarray, amounts: np.ndarray, *, now: datetime, alive: Callable[[int], object]
) -> _Ends:
    ends: list[End] = []
    figures: list[tuple[int, int, float | None]] = []
    for first in range(0, len(tickets), PIECE):
        piece = slice(first, first + PIECE)
        asked = tickets[piece].tolist()
        by_ticket = told(asked, amounts[piece].tolist(), now=now)
        for ticket in asked:
            one = by_ticket.get(ticket, GONE)
            ends.append(one.end)
            figures.append((one.at_once, one.goods_first, one.minutes))
        alive(len(asked))
    at_once, goods_first, minutes = zip(*figures, strict=True) if figures else ((), (), ())
    numbers, sums, losses = Counter(ends), Counter[End](), Counter[End]()
    for end, amount, loss in zip(ends, amounts.tolist(), at_once, strict=True):
        sums[end] += amount
        losses[end] += loss
    return _Ends(
        np.array([end not in UNKNOWN for end in ends], bool),
        np.array(at_once, np.int64),
        np.array(goods_first, np.int64),
        np.array(minutes, np.float64),  # None becomes nan
        {end: Told(numbers[end], sums[end], losses[end]) for end in End if numbers[end]},
    )


def _filled(minutes: np.ndarray, types: np.ndarray) -> np.ndarray:
    """Minutes with the median of their type where they are not known, of all types where the type
    has none. A median of 0, as of steps on many tickets at once, says nothing."""
    known = ~np.isnan(minutes)
    middle = _median(minutes[known]) or ASSUMED_MINUTES
    minutes = minutes.copy()
    for code in np.unique(types):
        own = types == code
        minutes[own & ~known] = _median(minutes[own & known]) or middle
    return minutes


def _median(minutes: np.ndarray) -> float:
    return float(np.median(minutes)) if len(minutes) else 0.0
