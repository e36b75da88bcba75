"""Generated shops whose truth is known: good segments in a past that is bad or mere noise."""

from dataclasses import dataclass, replace

import numpy as np

from strategies.advice.cases import Bools, Cases
from strategies.advice.judge import interval_of_loss
from strategies.advice.propose import Part, Point

DAYS = 90
REASONS, CATEGORIES, PRODUCTS = 8, 12, 60
# The share that goes wrong inside a planted segment.
GOOD = 0.004


@dataclass(frozen=True)
class Segment:
    """Where hardly anything goes wrong."""

    reason: int
    category: int
    most_amount: int

    def mask(self, cases: Cases) -> Bools:
        return (
            (cases.reason == self.reason)
            & (cases.category == self.category)
            & (cases.amount <= self.most_amount)
        )


def shop(seed: int, number: int, *, segments: tuple[Segment, ...] = (), bad: float) -> Cases:
    """So many past tickets; outside the segments this share goes wrong, whatever the ticket is."""
    chance = np.random.default_rng(seed)
    product = chance.integers(0, PRODUCTS, number)
    second = np.sort(chance.integers(0, DAYS * 86_400, number))
    amount = np.round(np.exp(chance.normal(8.3, 0.8, number))).astype(np.int64).clip(100)
    none = np.zeros(number, dtype=bool)
    cases = Cases(
        ticket=np.arange(number),
        amount=amount,
        buyer=chance.integers(0, max(1, number // 2), number),
        day=second // 86_400,
        second=second,
        minute=second // 60 % 1440,
        off_hours=none,
        paid_off_hours=none,
        status=np.zeros(number, dtype=np.int64),
        age=chance.exponential(40.0, number),
        reason=chance.integers(0, REASONS, number),
        # Categories of 5 products each.
        category=product // (PRODUCTS // CATEGORIES),
        product=product,
        printed=none,
        risky=none,
        known=np.ones(number, dtype=bool),
        loss=np.zeros(number, dtype=np.int64),
        minutes=chance.exponential(5.0, number),
    )
    share = np.full(number, bad)
    for segment in segments:
        share[segment.mask(cases)] = GOOD
    wrong = chance.random(number) < share
    return replace(cases, loss=np.where(wrong, cases.amount, 0))


def segments(seed: int, number: int) -> tuple[Segment, ...]:
    chance = np.random.default_rng(seed)
    places = chance.choice(REASONS * CATEGORIES, number, replace=False)
    return tuple(
        Segment(int(place) // CATEGORIES, int(place) % CATEGORIES, int(most))
        for place, most in zip(places, chance.choice([5_000, 8_000, 12_000], number), strict=True)
    )


def part(cases: Cases, *, room: int = 10) -> Part:
    """Learnt on the first two thirds, judged on the last."""
    split = DAYS * 86_400 * 2 // 3
    seen = cases.second < split
    return Part("pre_ship_refund", cases.take(seen), cases.take(~seen), room)


def later_over_limit(
    point: Point | None,
    *,
    seed: int,
    segments: tuple[Segment, ...],
    may_lose: int,
    number: int,
) -> bool:
    """Whether a later month of the same shop exceeds the limit by more than the interval said."""
    if point is None:
        return False
    now = shop(seed, number, segments=segments, bad=0.35)
    unseen = part(now).unseen
    held = _taken(point, unseen)
    said = interval_of_loss(unseen.buyer[held], unseen.loss[held], unseen.amount[held], seed=1)
    month = part(shop(seed + 10_000, number, segments=segments, bad=0.35)).unseen
    lost = int(month.loss[_taken(point, month)].sum())
    return lost > max(may_lose, said.high)


def _taken(point: Point, cases: Cases) -> Bools:
    held = np.zeros(len(cases), dtype=bool)
    for chosen in point.rules:
        held |= chosen.rule.mask(cases)
    return held
