"""From cautious to bold: sets of rules for all scenarios of a shop, and the one within its limit.

The price of an hour says how bold: what may go wrong, in yuan, for an hour of work saved. Each
price gives a set; the sets that are worse than another in both hours and yuan are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from strategies.advice.attributes import Grid, make_grid
from strategies.advice.cases import Bools, Cases, Ints
from strategies.advice.grow import grow
from strategies.advice.judge import holds
from strategies.advice.rule import Rule

# Yuan an hour, the cautious first: above the last, people are cheaper than what goes wrong.
PRICES = (6, 15, 30, 60, 120)
DAYS_OF_MONTH = 30


@dataclass(frozen=True)
class Part:
    """A scenario's past: what the search may see, and the last third that judges it."""

    scenario: str
    seen: Cases
    unseen: Cases
    room: int
    """Strategies that the scenario may still get (SPEC T3)."""


@dataclass(frozen=True)
class Chosen:
    """A rule with its own tickets: those that no rule before it takes."""

    scenario: str
    rule: Rule
    minutes: float
    loss: int
    unseen_loss: int


@dataclass
class Point:
    """One point of the curve; figures a month."""

    price: int
    rules: list[Chosen] = field(default_factory=list)
    within_limit: bool = False

    @property
    def key(self) -> frozenset[tuple[str, Rule]]:
        return frozenset((each.scenario, each.rule) for each in self.rules)

    @property
    def minutes(self) -> float:
        return sum(each.minutes for each in self.rules)

    @property
    def loss(self) -> int:
        return sum(each.loss for each in self.rules)

    @property
    def unseen_loss(self) -> int:
        return sum(each.unseen_loss for each in self.rules)


def propose(
    parts: Sequence[Part],
    *,
    months: float,
    unseen_months: float,
    may_lose: int,
    between: Callable[[], object] = lambda: None,
) -> list[Point]:
    """The points, cautious first. `may_lose` is fen a month; `between` is called before each rule.

    The point within the limit is marked; there is none where the past carries nothing.
    """
    grids = {
        part.scenario: make_grid(part.seen, pre_ship=part.scenario == "pre_ship_refund")
        for part in parts
    }
    points = []
    for price in PRICES:
        points.append(_at_price(parts, grids, price, between))
    limited = [_limited(point, may_lose * months, may_lose * unseen_months) for point in points]
    best = max(limited, key=lambda point: point.minutes)
    found = [point for point in points if point.rules]
    if best.rules:
        best.within_limit = True
        found = [best, *(point for point in found if point.key != best.key)]
    return _undominated(found)


def _at_price(
    parts: Sequence[Part], grids: Mapping[str, Grid], price: int, between: Callable[[], object]
) -> Point:
    fen_a_minute = price * 100 / 60
    point = Point(price)
    taken: Ints = np.zeros(0, dtype=np.int64)
    taken_unseen: Ints = np.zeros(0, dtype=np.int64)
    for part in parts:
        # A ticket that matches two scenarios is taken in the earlier one (SPEC S1).
        free = ~np.isin(part.seen.ticket, taken)
        unseen_free = ~np.isin(part.unseen.ticket, taken_unseen)
        grid = grids[part.scenario].priced(fen_a_minute)
        for rule in grow(grid, most=part.room, free=free, between=between):
            if not holds(part.unseen, rule, unseen_free, fen_a_minute):
                continue
            here, there = rule.mask(part.seen) & free, rule.mask(part.unseen) & unseen_free
            point.rules.append(_chosen(part, rule, here, there))
            free &= ~here
            unseen_free &= ~there
            taken = np.concatenate([taken, part.seen.ticket[here]])
            taken_unseen = np.concatenate([taken_unseen, part.unseen.ticket[there]])
    return point


def _chosen(part: Part, rule: Rule, here: Bools, there: Bools) -> Chosen:
    return Chosen(
        part.scenario,
        rule,
        float(part.seen.minutes[here].sum()),
        int(part.seen.loss[here & part.seen.known].sum()),
        int(part.unseen.loss[there & part.unseen.known].sum()),
    )


def _limited(point: Point, most: float, most_unseen: float) -> Point:
    """The point without the rules that lose most for what they save, until the rest is within."""
    kept = sorted(point.rules, key=lambda each: each.loss / max(each.minutes, 1e-9))
    while kept and (
        sum(each.loss for each in kept) > most
        or sum(each.unseen_loss for each in kept) > most_unseen
    ):
        kept.pop()
    return Point(point.price, [each for each in point.rules if each in kept])


def _undominated(points: Sequence[Point]) -> list[Point]:
    by_minutes = sorted(points, key=lambda point: (-point.minutes, point.loss))
    kept: list[Point] = []
    for point in by_minutes:
        same = any(other.key == point.key for other in kept)
        if not same and (point.within_limit or all(other.loss > point.loss for other in kept)):
            kept.append(point)
    return kept[::-1]
