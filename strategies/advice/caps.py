"""Daily caps and circuit breakers out of the distribution of days (SPEC M6)."""

from __future__ import annotations

import math

import numpy as np

from strategies.advice.cases import Cases

# The share of days that a cap leaves as they are.
DAYS_UNTOUCHED = 0.99
# A breaker opens at so many times the busiest hour of these days, and never below so many hits.
TIMES_THE_BUSIEST = 2
LEAST_HITS = 10
BREAKER_MINUTES = 60
HOUR = 3_600


def daily_cap(taken: Cases, days: int, single_amount_cap: int) -> int:
    """In fen: what 99 % of all `days` would have needed, rounded up to what people would type."""
    needed = _of_days(np.bincount(taken.day - taken.day.min(), taken.amount), days)
    return max(rounded_up(int(needed)), single_amount_cap)


def breaker(taken: Cases, days: int) -> dict[str, int | None]:
    hours, hits = np.unique(taken.second // HOUR, return_counts=True)
    busiest = np.zeros(int(hours.max() // 24 - hours.min() // 24) + 1)
    np.maximum.at(busiest, hours // 24 - hours.min() // 24, hits)
    most = int(_of_days(busiest, days)) * TIMES_THE_BUSIEST
    return {"hits": max(most, LEAST_HITS), "amount": None, "minutes": BREAKER_MINUTES}


def _of_days(sums: np.ndarray, days: int) -> float:
    quiet = np.zeros(max(0, days - len(sums)))
    return float(np.quantile(np.concatenate([sums, quiet]), DAYS_UNTOUCHED, method="higher"))


def rounded_up(fen: int) -> int:
    """To 10 yuan; from 1,000 yuan on to two digits."""
    step = 1_000
    if fen >= 100_000:
        step = 10 ** (int(math.log10(fen)) - 1)
    return -(-fen // step) * step
