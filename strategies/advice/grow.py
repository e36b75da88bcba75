"""A set of rules for one scenario, grown one by one (SPEC M6).

Sequential covering, as in CN2 (Clark and Niblett, 1989) and FOIL (Quinlan, 1990): the best rule
for the tickets that no rule takes yet, then the next one for the rest. Each rule begins at the
values or pairs of values with the best odds, climbs by the condition that adds most, and loses
every condition that it is hardly worse without, as RIPPER prunes (Cohen, 1995): the simpler one is
the one that people understand and that holds later. Worth is pessimistic (worth.py), so the search
stops where the past does not carry more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np

from strategies.advice.attributes import (
    ATTRIBUTES,
    NO_AMOUNT_LIMIT,
    Grid,
    rows_of,
    value_of,
    without,
)
from strategies.advice.cases import LEAST_CASES, MIXED, Bools, Ints, support
from strategies.advice.rule import Goods, Rule
from strategies.advice.worth import DOUBT_OF_RULE, worth

# A condition must add this share of a rule's worth, or it goes (simpler before longer).
PRICE_OF_A_CONDITION = 0.02
# The same while nothing is worth anything yet, in standard deviations.
PRICE_ON_THE_WAY = 0.5
MOST_STEPS = 12
# So many known tickets must reach a cap: it is not set by one large ticket.
CASES_AT_THE_CAP = 5
SEEDS = 8
# Of two columns: more pairs of values than this have too few tickets each.
MOST_PAIRS = 200_000


def grow(
    grid: Grid, *, most: int, free: Bools, between: Callable[[], object] = lambda: None
) -> list[Rule]:
    """At most so many rules, each for what those before it leave."""
    free = free.copy()
    rules: list[Rule] = []
    while len(rules) < most:
        between()
        rule = _best_rule(grid, free)
        if rule is None:
            break
        rules.append(rule)
        free &= ~rule.mask(grid.cases)
    return rules


def _best_rule(grid: Grid, free: Bools) -> Rule | None:
    best, most = None, 0.0
    tried: set[Rule] = set()
    for seed in _seeds(grid, free):
        rule = capped(grid, _switched(grid, _climbed(grid, seed, free), free), free)
        if rule in tried:
            continue
        tried.add(rule)
        value = value_of(grid, rule, free)
        if value > most and not support(grid.cases.take(rows_of(grid, rule, free))).missing:
            best, most = rule, value
    return best


def _climbed(grid: Grid, rule: Rule, free: Bools) -> Rule:
    value = value_of(grid, rule, free)
    for _ in range(MOST_STEPS):
        cost = _cost(value)
        best, gain = None, cost
        for attribute in ATTRIBUTES:
            for setting in attribute(grid, rule, free):
                longer = setting.rule.length - rule.length
                more = setting.score - value - longer * cost
                if more > gain:
                    best, gain = setting, more
        if best is None:
            break
        rule, value = best
    return _pruned(grid, rule, free)


def _pruned(grid: Grid, rule: Rule, free: Bools) -> Rule:
    while True:
        value = value_of(grid, rule, free)
        shorter = [(value_of(grid, each, free), each) for each in without(rule)]
        if not shorter:
            return rule
        most, simpler = max(shorter, key=lambda pair: pair[0])
        if most < value - _cost(value):
            return rule
        rule = simpler


def _cost(value: float) -> float:
    return PRICE_OF_A_CONDITION * value if value > 0 else PRICE_ON_THE_WAY


def _switched(grid: Grid, rule: Rule, free: Bools) -> Rule:
    """Printed labels and risk are passed by (SPEC T1), but where what they hold back is worth
    taking by itself."""
    for passed_by in ("printed", "risky"):
        if passed_by == "printed":
            wider = replace(rule, skip_printed=False)
        else:
            wider = replace(rule, skip_risky=False)
        more = np.nonzero(wider.mask(grid.cases) & ~rule.mask(grid.cases) & free)[0]
        sums = grid.weights.of(more)
        if (
            sums.known[0] >= LEAST_CASES
            and worth(sums, grid.fen_a_minute, DOUBT_OF_RULE)[0] > 0
            and not support(grid.cases.take(more)).missing
        ):
            rule = wider
    return rule


def capped(grid: Grid, rule: Rule, free: Bools) -> Rule:
    """A cap that enough tickets reach, at an amount that occurs."""
    rows = rows_of(grid, rule, free)
    amounts = np.sort(grid.cases.amount[rows[grid.cases.known[rows]]])
    if not len(amounts):
        return rule
    cap = int(amounts[-min(CASES_AT_THE_CAP, len(amounts))])
    return replace(rule, most_amount=min(max(cap, 100), NO_AMOUNT_LIMIT))


def _seeds(grid: Grid, free: Bools) -> Iterator[Rule]:
    """Everything, then the single values and the pairs of values with the best odds.

    Pairs are all looked at: what is good only together looks like nothing one by one.
    """
    everything = Rule(NO_AMOUNT_LIMIT)
    yield everything
    rows = rows_of(grid, everything, free)
    columns = [None, "reason", "status", "category", "product"]
    found: list[tuple[float, int, Rule]] = []
    for first, second in combinations(columns, 2):
        if second is None or (first, second) == ("category", "product"):
            continue
        found += _best_pairs(grid, rows, first, second)
    found.sort(key=lambda seed: (-seed[0], seed[1]))
    for _, _, rule in found[:SEEDS]:
        yield rule


def _best_pairs(
    grid: Grid, rows: Ints, first: str | None, second: str
) -> list[tuple[float, int, Rule]]:
    cases = grid.cases
    its = getattr(cases, second)[rows]
    kept = its != MIXED
    ours = np.zeros(len(rows), dtype=np.int64) if first is None else getattr(cases, first)[rows]
    kept &= ours != MIXED
    rows, its, ours = rows[kept], its[kept], ours[kept]
    if not len(rows):
        return []
    wide = int(its.max()) + 1
    number = (int(ours.max()) + 1) * wide
    if number > MOST_PAIRS:
        return []
    sums = grid.weights.by(ours * wide + its, rows, number)
    scores = np.where(sums.known >= LEAST_CASES, grid.score(sums), -np.inf)
    best = np.argsort(-scores, kind="stable")[:SEEDS]
    seeds = []
    for place in best[np.isfinite(scores[best])]:
        rule = _with(Rule(NO_AMOUNT_LIMIT), second, int(place) % wide)
        if first is not None:
            rule = _with(rule, first, int(place) // wide)
        seeds.append((float(scores[place]), rule.length, rule))
    return seeds


def _with(rule: Rule, column: str, code: int) -> Rule:
    only = frozenset({code})
    if column == "reason":
        return replace(rule, reasons=only)
    if column == "status":
        return replace(rule, statuses=only)
    return replace(rule, goods=Goods(column, only, False))
