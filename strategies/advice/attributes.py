"""The conditions that a rule may set, and the best setting of each, others being as they are.

Worth adds up over tickets, so the best setting of one condition is found exactly from sums by its
values: the best limit among running sums, the values that are worth taking, the best hours of the
day. Only settings with enough known ends behind every listed value are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategies.advice.cases import LEAST_CASES, MIXED, Bools, Cases, Floats, Ints
from strategies.advice.rule import Goods, Rule
from strategies.advice.worth import (
    DOUBT_OF_RULE,
    DOUBT_OF_VALUE,
    Sums,
    Weighed,
    score,
    weighed,
    worth,
)

# Limits that people would set, in hours.
HOURS = (1, 2, 3, 6, 12, 24, 36, 48, 72, 96, 120, 168, 240, 360, 720)
# Amounts looked at as caps: more make no difference that anybody would set.
MOST_AMOUNTS = 200
# A window shorter than this, or nearly the whole day, says nothing about a shop.
HOURS_OF_WINDOW = range(3, 22)
NO_AMOUNT_LIMIT = 9_999_900  # fen: the highest single-amount cap (SPEC T4)
# Longer lists than this nobody reads; single products below it are left to categories.
MOST_LISTED = 30


class Setting(NamedTuple):
    """A candidate: the rule with it, and its score (worth.py)."""

    rule: Rule
    score: float


@dataclass(frozen=True)
class Grid:
    """A search's tickets, with the codes of values that limits are looked for among."""

    cases: Cases
    weights: Weighed
    amounts: Ints
    amount_codes: Ints
    hour_codes: Ints
    pre_ship: bool
    base: float
    """The share of the known ends that went wrong."""
    fen_a_minute: float

    def score(self, sums: Sums) -> Floats:
        return score(sums, self.fen_a_minute, DOUBT_OF_RULE, self.base)

    def priced(self, fen_a_minute: float) -> Grid:
        return replace(self, fen_a_minute=fen_a_minute)


def make_grid(cases: Cases, *, pre_ship: bool, fen_a_minute: float = 0.0) -> Grid:
    amounts = np.unique(cases.amount)
    if len(amounts) > MOST_AMOUNTS:
        places = np.linspace(0, len(cases) - 1, MOST_AMOUNTS).astype(np.int64)
        amounts = np.unique(np.sort(cases.amount)[places])
    weights = weighed(cases)
    return Grid(
        cases,
        weights,
        amounts,
        np.searchsorted(amounts, cases.amount).astype(np.int64),
        np.searchsorted(np.array(HOURS, dtype=np.float64), cases.age).astype(np.int64),
        pre_ship,
        float(weights.bad.sum() / max(1.0, weights.known.sum())),
        fen_a_minute,
    )


def rows_of(grid: Grid, rule: Rule, free: Bools) -> Ints:
    return np.nonzero(rule.mask(grid.cases) & free)[0]


def value_of(grid: Grid, rule: Rule, free: Bools) -> float:
    rows = rows_of(grid, rule, free)
    return float(grid.score(grid.weights.of(rows))[0])


Attribute = Callable[[Grid, Rule, Bools], Iterator[Setting]]


def amount(grid: Grid, rule: Rule, free: Bools) -> Iterator[Setting]:
    rows = rows_of(grid, replace(rule, most_amount=NO_AMOUNT_LIMIT), free)
    sums = grid.weights.by(grid.amount_codes[rows], rows, len(grid.amounts)).add_up()
    if (best := _best(grid, sums)) is not None:
        place, value = best
        last = place == len(grid.amounts) - 1
        most = NO_AMOUNT_LIMIT if last else int(grid.amounts[place])
        yield Setting(replace(rule, most_amount=most), value)


def hours(grid: Grid, rule: Rule, free: Bools) -> Iterator[Setting]:
    rows = rows_of(grid, replace(rule, most_hours=None), free)
    sums = grid.weights.by(grid.hour_codes[rows], rows, len(HOURS) + 1).add_up()
    limited = sums.at(np.arange(len(HOURS)))
    if (best := _best(grid, limited)) is not None:
        yield Setting(replace(rule, most_hours=HOURS[best[0]]), best[1])


def reasons(grid: Grid, rule: Rule, free: Bools) -> Iterator[Setting]:
    rows = rows_of(grid, replace(rule, reasons=None), free)
    found = _good_values(grid, grid.cases.reason[rows], rows)
    if found is not None:
        yield Setting(replace(rule, reasons=frozenset(found[0])), found[1])


def statuses(grid: Grid, rule: Rule, free: Bools) -> Iterator[Setting]:
    if grid.pre_ship:
        return
    rows = rows_of(grid, replace(rule, statuses=None), free)
    sums = grid.weights.by(grid.cases.status[rows], rows, 3)
    for code in (1, 2):
        one = sums.at(np.array([code]))
        if one.known[0] >= LEAST_CASES:
            value = float(grid.score(one)[0])
            yield Setting(replace(rule, statuses=frozenset({code})), value)


def goods(grid: Grid, rule: Rule, free: Bools) -> Iterator[Setting]:
    rows = rows_of(grid, replace(rule, goods=None), free)
    for column in ("category", "product"):
        codes = getattr(grid.cases, column)[rows]
        one_kind = codes != MIXED
        found = _good_values(grid, codes[one_kind], rows[one_kind])
        if found is not None:
            yield Setting(replace(rule, goods=Goods(column, frozenset(found[0]), False)), found[1])
        left = _without_bad_values(grid, codes, rows)
        if left is not None:
            yield Setting(replace(rule, goods=Goods(column, frozenset(left[0]), True)), left[1])


def time(grid: Grid, rule: Rule, free: Bools) -> Iterator[Setting]:
    plain = replace(rule, window=None, off_hours=None)
    rows = rows_of(grid, plain, free)
    by_hour = grid.weights.by(grid.cases.minute[rows] // 60, rows, 24)
    # Twice around the clock, so that hours past midnight are one piece.
    running = Sums(*(np.concatenate([[0.0], np.cumsum(np.tile(each, 2))]) for each in by_hour))
    starts = np.repeat(np.arange(24), len(HOURS_OF_WINDOW))
    lengths = np.tile(np.array(HOURS_OF_WINDOW), 24)
    if (best := _best(grid, running.at(starts + lengths) - running.at(starts))) is not None:
        place, value = best
        start, end = int(starts[place]), int(starts[place] + lengths[place]) % 24
        yield Setting(replace(plain, window=(start * 60, end * 60)), value)
    if grid.pre_ship:
        for paid in ("any", "off_hours"):
            off = replace(plain, off_hours=paid)
            sums = grid.weights.of(rows[off.mask(grid.cases)[rows]])
            if sums.known[0] >= LEAST_CASES:
                value = float(grid.score(sums)[0])
                yield Setting(off, value)


ATTRIBUTES: tuple[Attribute, ...] = (amount, reasons, goods, statuses, hours, time)


def without(rule: Rule) -> Iterator[Rule]:
    """The rule without one of its conditions."""
    if rule.most_amount != NO_AMOUNT_LIMIT:
        yield replace(rule, most_amount=NO_AMOUNT_LIMIT)
    if rule.reasons is not None:
        yield replace(rule, reasons=None)
    if rule.goods is not None:
        yield replace(rule, goods=None)
    if rule.statuses is not None:
        yield replace(rule, statuses=None)
    if rule.most_hours is not None:
        yield replace(rule, most_hours=None)
    if rule.window is not None or rule.off_hours is not None:
        yield replace(rule, window=None, off_hours=None)


def _best(grid: Grid, sums: Sums) -> tuple[int, float] | None:
    """The candidate of the best score, among those with enough known ends."""
    values = np.where(sums.known >= LEAST_CASES, grid.score(sums), -np.inf)
    place = int(values.argmax())
    return (place, float(values[place])) if np.isfinite(values[place]) else None


def _good_values(
    grid: Grid, codes: NDArray[np.int64], rows: Ints
) -> tuple[list[int], float] | None:
    """The values that are worth taking by themselves, and what they are worth together."""
    if not len(rows):
        return None
    sums = grid.weights.by(codes, rows, int(codes.max()) + 1)
    enough = sums.known >= LEAST_CASES
    values = score(sums, grid.fen_a_minute, DOUBT_OF_VALUE, grid.base)
    values = np.where(enough, values, -np.inf)
    chosen = np.nonzero(values > 0)[0]
    if not len(chosen):
        if not enough.any():
            return None
        # None stands alone under the conditions so far; with others the best one may.
        chosen = np.array([int(values.argmax())])
    if len(chosen) > MOST_LISTED:
        chosen = np.sort(chosen[np.argsort(-values[chosen])][:MOST_LISTED])
    return chosen.tolist(), float(grid.score(sums.pick(chosen))[0])


def _without_bad_values(
    grid: Grid, codes: NDArray[np.int64], rows: Ints
) -> tuple[list[int], float] | None:
    """The values that are not worth taking even at best, and what all others are worth."""
    if not len(rows):
        return None
    shifted = codes - MIXED
    sums = grid.weights.by(shifted, rows, int(shifted.max()) + 1)
    at_best = worth(sums, grid.fen_a_minute, -DOUBT_OF_VALUE)
    bad = (sums.known >= LEAST_CASES) & (at_best < 0)
    bad[0] = False  # goods of several kinds have no value that could be listed
    if not bad.any() or bad.sum() > MOST_LISTED:
        return None
    return (np.nonzero(bad)[0] + MIXED).tolist(), float(grid.score(sums.pick(~bad))[0])
