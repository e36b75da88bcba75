"""Judging a rule by the last third of the period, which the search did not see (SPEC M6)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from strategies.advice.cases import Bools, Cases, Floats, Ints
from strategies.advice.rule import Rule
from strategies.advice.worth import sums_by, weighed, worth

# Known ends that a rule must meet again in the last third, or nothing can be said of it.
LEAST_SEEN_AGAIN = 5
# Of the interval: 95 of 100 such samples lie inside.
TAIL = 0.025
SAMPLES = 1_000


class Interval(NamedTuple):
    low: float
    high: float


def holds(cases: Cases, rule: Rule, free: Bools, fen_a_minute: float) -> bool:
    """True if, in these tickets, the rule is met again and worth its price as it stands."""
    rows = np.nonzero(rule.mask(cases) & free)[0]
    sums = weighed(cases).of(rows)
    return bool(sums.known[0] >= LEAST_SEEN_AGAIN and worth(sums, fen_a_minute, 0.0)[0] > 0)


def interval_of_loss(buyer: Ints, loss: Ints, amount: Ints, *, seed: int) -> Interval:
    """Where the sum of losses of another such sample would lie, in fen.

    Bootstrap by buyer (Poisson weights), since one buyer's tickets go wrong together; only buyers
    with a loss move the sum. Few of them say little of how many there might be, so its upper end is
    at least that of their number as a Poisson count (Byar's approximation; with none, 3.7 tickets
    of mean amount).
    """
    buyers, places = np.unique(buyer[loss > 0], return_inverse=True)
    sums = sums_by(places, loss[loss > 0], len(buyers))
    mean = sums.mean() if len(buyers) else (amount.mean() if len(amount) else 0.0)
    feared = float(_upper(len(buyers)) * mean)
    if not len(buyers):
        return Interval(0.0, feared)
    samples = _resampled(sums, seed)
    low, high = np.quantile(samples, [TAIL, 1 - TAIL])
    return Interval(float(low), max(float(high), feared))


def interval_of_sum(buyer: Ints, values: Floats, *, seed: int) -> Interval:
    """The same of any sum, as of minutes saved."""
    if not len(values):
        return Interval(0.0, 0.0)
    places = np.unique(buyer, return_inverse=True)[1]
    sums = sums_by(places, values)
    low, high = np.quantile(_resampled(sums, seed), [TAIL, 1 - TAIL])
    return Interval(float(low), float(high))


def _resampled(sums: Floats, seed: int) -> Floats:
    """Sums of samples of buyers, some at a time: flat memory however many buyers there are."""
    chance = np.random.default_rng(seed)
    at_once = max(1, min(SAMPLES, 2_000_000 // max(1, len(sums))))
    found: list[Floats] = []
    left = SAMPLES
    while left > 0:
        number = min(at_once, left)
        found.append(chance.poisson(1.0, (number, len(sums))) @ sums)
        left -= number
    return np.concatenate(found)


def _upper(number: int) -> float:
    """The upper end of a Poisson count's 95 % interval (Byar)."""
    more = number + 1
    return more * (1 - 1 / (9 * more) + 1.96 / (3 * more**0.5)) ** 3
