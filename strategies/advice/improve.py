"""Changes of a strategy that exists: a condition that takes its mistakes out, or lets more in (M6).

The same settings and the same worth as in the search for new ones (attributes.py, worth.py), for
one condition at a time: a strategy that people know is changed by what they can follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from strategies.advice.attributes import (
    ATTRIBUTES,
    NO_AMOUNT_LIMIT,
    Attribute,
    Grid,
    make_grid,
    value_of,
)
from strategies.advice.cases import LEAST_CASES, Bools, Cases, support
from strategies.advice.grow import capped
from strategies.advice.judge import LEAST_SEEN_AGAIN, holds
from strategies.advice.rule import Rule
from strategies.advice.worth import DOUBT_OF_RULE, DOUBT_OF_VALUE, Sums, weighed, worth

# Fewer mistakes say nothing against a strategy, however much one of them cost.
LEAST_WRONG = 3
# In the last third, which only confirms, in standard deviations.
DOUBT_AGAIN = 1.0
ANY = Rule(NO_AMOUNT_LIMIT, skip_printed=False, skip_risky=False)


@dataclass(frozen=True)
class Judged:
    """Tickets, parted into those that changes are found in and the last third that judges them."""

    seen: Cases
    unseen: Cases
    pre_ship: bool
    fen_a_minute: float

    @classmethod
    def of(cls, cases: Cases, *, split: int, pre_ship: bool, fen_a_minute: float) -> Judged:
        seen = cases.second < split
        return cls(cases.take(seen), cases.take(~seen), pre_ship, fen_a_minute)

    def grid(self) -> Grid:
        return make_grid(self.seen, pre_ship=self.pre_ship, fen_a_minute=self.fen_a_minute)


def narrowed(own: Judged) -> list[Rule]:
    """Conditions of which what each leaves out is not worth taking even at best, and what it keeps
    is, in both parts; those that take most mistakes out come first."""
    if not own.seen.loss.any():
        return []
    grid = own.grid()
    found: list[tuple[float, int, int, Rule]] = []
    for rule in _conditions(grid):
        out = _left_out(own.seen, rule)
        again = _left_out(own.unseen, rule)
        if out.known[0] < LEAST_SEEN_AGAIN or not again.known[0]:
            continue
        if out.bad[0] + again.bad[0] < LEAST_WRONG:
            continue
        if rule.mask(own.seen).sum() < LEAST_CASES or not _kept_is_worth(own, rule):
            continue
        if worth(out, own.fen_a_minute, -DOUBT_OF_RULE)[0] >= 0:
            continue
        if worth(again, own.fen_a_minute, -DOUBT_AGAIN)[0] < 0:
            minutes = float(out.minutes[0] + again.minutes[0])
            won = float(out.loss[0] + again.loss[0]) - minutes * own.fen_a_minute
            found.append((-won, rule.length, len(found), rule))
    return [rule for *_, rule in sorted(found)]


def widened(more: Judged, attribute: Attribute | None = None) -> Rule | None:
    """The part of tickets that nothing takes yet which is worth taking: by a setting of one
    condition, or all of them."""
    if not len(more.seen):
        return None
    grid, every = more.grid(), np.ones(len(more.seen), dtype=bool)
    if attribute is None:
        rules = [ANY]
    else:
        rules = [setting.rule for setting in attribute(grid, ANY, every)]
    best, most = None, 0.0
    for rule in rules:
        rule = capped(grid, rule, every)
        value = value_of(grid, rule, every)
        if value > most and _carried(more, rule, every):
            best, most = rule, value
    return best


def worthless(own: Judged) -> bool:
    """Whether even at best it costs more than it saves."""
    sums = _all(own.seen) + _all(own.unseen)
    if sums.bad[0] < LEAST_WRONG:
        return False
    return bool(worth(sums, own.fen_a_minute, -DOUBT_OF_VALUE)[0] < 0)


def _carried(more: Judged, rule: Rule, every: Bools) -> bool:
    if support(more.seen.take(rule.mask(more.seen) & every)).missing:
        return False
    return holds(more.unseen, rule, np.ones(len(more.unseen), dtype=bool), more.fen_a_minute)


def _kept_is_worth(own: Judged, rule: Rule) -> bool:
    return all(
        worth(weighed(part).of(np.nonzero(rule.mask(part))[0]), own.fen_a_minute, doubt)[0] > 0
        for part, doubt in ((own.seen, DOUBT_OF_VALUE), (own.unseen, 0.0))
    )


def _conditions(grid: Grid) -> Iterator[Rule]:
    every = np.ones(len(grid.cases), dtype=bool)
    for attribute in ATTRIBUTES:
        for setting in attribute(grid, ANY, every):
            yield setting.rule
    yield replace(ANY, skip_printed=True)
    yield replace(ANY, skip_risky=True)


def _all(cases: Cases) -> Sums:
    return weighed(cases).of(np.arange(len(cases)))


def _left_out(cases: Cases, rule: Rule) -> Sums:
    return weighed(cases).of(np.nonzero(~rule.mask(cases))[0])
