"""The worth of taking tickets over: work saved at a price, less what would have gone wrong.

All on sums, so that thousands of candidates are weighed at once. Pessimistic: of few tickets the
worst that is still likely is taken (the upper end of Wilson's interval for the share that goes
wrong), so that luck in a small group is no reason to propose it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from strategies.advice.cases import Cases, Floats

# How far from the mean, in standard deviations: for a value among many, and for a whole rule. The
# search weighs some thousand candidates of a scenario: 3 leaves luck one chance in 740 each.
DOUBT_OF_VALUE = 2.0
DOUBT_OF_RULE = 3.0
# Above this share of tickets that go wrong nothing is proposed, however small the amounts: buyers
# would learn that asking is enough.
MOST_WRONG = 0.15
# Lifts what is worth nothing yet below all that is worth something.
NOT_YET = 1e6


class Sums(NamedTuple):
    """Of each candidate: minutes, tickets with a known end, those that went wrong, the yuan of
    these, and the amounts of all with a known end (fen)."""

    minutes: Floats
    known: Floats
    bad: Floats
    loss: Floats
    amount: Floats

    def __add__(self, other: object) -> Sums:
        assert isinstance(other, Sums)
        return Sums(*(mine + its for mine, its in zip(self, other, strict=True)))

    def __sub__(self, other: Sums) -> Sums:
        return Sums(*(mine - its for mine, its in zip(self, other, strict=True)))

    def add_up(self) -> Sums:
        """Running sums: the first, the first two …"""
        return Sums(*(np.cumsum(each) for each in self))

    def pick(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Sums:
        """The sum of some of the candidates, as one."""
        return Sums(*(each[chosen].sum(keepdims=True) for each in self))

    def at(self, places: NDArray[np.int64]) -> Sums:
        return Sums(*(each[places] for each in self))


class Weighed(NamedTuple):
    """Columns of Sums for single tickets, made once for a search."""

    minutes: Floats
    known: Floats
    bad: Floats
    loss: Floats
    amount: Floats

    def by(self, codes: NDArray[np.int64], rows: NDArray[np.int64], number: int) -> Sums:
        """Sums by code, of these rows; the codes are those of the rows."""
        return Sums(*(sums_by(codes, each[rows], number) for each in self))

    def of(self, rows: NDArray[np.int64]) -> Sums:
        return Sums(*(each[rows].sum(keepdims=True) for each in self))


def weighed(cases: Cases) -> Weighed:
    known = cases.known.astype(np.float64)
    return Weighed(
        cases.minutes,
        known,
        (cases.known & (cases.loss > 0)).astype(np.float64),
        cases.loss * known,
        cases.amount * known,
    )


def sums_by(codes: NDArray[np.int64], values: NDArray[Any], number: int = 0) -> Floats:
    return np.bincount(codes, weights=values, minlength=number).astype(np.float64)


def worth(sums: Sums, fen_a_minute: float, doubt: float) -> Floats:
    """In fen. `fen_a_minute` is what a minute of work is worth."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(sums.known > 0, sums.bad / sums.known, 0.0)
        mean = np.where(sums.known > 0, sums.amount / sums.known, 0.0)
        # Fen that one more ticket that goes wrong would cost.
        one = (sums.loss + mean) / (sums.bad + 1.0)
        most = _most(share, sums.known, doubt)
        value = sums.minutes * fen_a_minute - sums.loss - (most - share) * sums.known * one
    return np.where((sums.known > 0) & (most <= MOST_WRONG), value, np.minimum(value, -1.0))


def score(sums: Sums, fen_a_minute: float, doubt: float, base: float) -> Floats:
    """The worth where it is above nought; below, by how much better than the `base` share the
    tickets are, in standard deviations, on the way to what is worth something.

    A sum would lead a search from bad to tiny; better odds lead it to a good part of the bad.
    """
    value = worth(sums, fen_a_minute, doubt)
    spread = np.sqrt(np.maximum(sums.known, 1.0) * max(base * (1 - base), 1e-6))
    better = (base * sums.known - sums.bad) / spread
    return np.where(value > 0, value, better - NOT_YET)


def _most(share: Floats, number: Floats, doubt: float) -> Floats:
    """The upper end of Wilson's score interval."""
    square = doubt * doubt
    middle = share + square / (2 * number)
    width = doubt * np.sqrt(share * (1 - share) / number + square / (4 * number * number))
    return (middle + width) / (1 + square / number)
