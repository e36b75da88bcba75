"""Reading a rulebook: strategies that can't hit, or only once others' caps are spent (SPEC M5).

What is said is always true of tickets applied for from the given moment on. Of one strategy
behind another it is complete too, but for working hours that end for good; of several together
it is worked out up to a bound, beyond which it is not determined.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from strategies.engine.facts import Facts
from strategies.engine.hours import DAY
from strategies.engine.regions import Region, Space, asked_together, runs
from strategies.engine.rulebook import Rulebook
from strategies.engine.running import spans
from strategies.engine.vocabulary import PRE_SHIP

# Most pieces of a strategy's leftover region that are examined; beyond it there is no finding.
MOST_PIECES = 2_000


class Finding(Enum):
    NEVER = "never"
    """It never runs from now on: it expired, has no hours, or is for listed goods and none are
    listed."""
    SHADOWED = "shadowed"
    """The strategies before it, those of other scenarios among them, take all that it could, as
    long as what is left of their caps is enough and their breakers have not opened."""
    OVERLAPS = "overlaps"
    """An earlier strategy takes some of its tickets."""
    NOT_DETERMINED = "not_determined"
    """Too many pieces to say whether the ones before it, together, take all that it could."""


@dataclass(frozen=True)
class Shadowing:
    """A finding about a strategy; indexes are those of Rulebook.strategies.

    `example` is a ticket that the strategy could take and (one of) the others takes before it.
    """

    strategy: int
    finding: Finding
    others: tuple[int, ...] = ()
    example: Facts | None = None


def review(rulebook: Rulebook, *, since: int) -> list[Shadowing]:
    """All findings, in the order of asking; `since` in microseconds since the epoch. A disabled
    strategy is checked as if it were enabled, but takes no tickets from others.
    """
    found: list[Shadowing] = []
    for scenarios in asked_together():
        space = Space(rulebook, scenarios, since)
        before: list[tuple[int, Region]] = []
        for index in space.members:
            region = space.region(index)
            if region.empty:
                found.append(Shadowing(index, Finding.NEVER))
                continue
            found += _behind(space, index, region, before)
            if rulebook.strategies[index].enabled:
                before.append((index, region))
    return found


def _behind(
    space: Space, index: int, region: Region, before: Sequence[tuple[int, Region]]
) -> list[Shadowing]:
    for other, theirs in before:
        if not region.less(theirs):
            return [_shadowed(space, index, region, [(other, theirs)])]
    meeting = [(other, theirs) for other, theirs in before if not region.common(theirs).empty]
    covered = _covered(region, meeting)
    if covered:
        return [_shadowed(space, index, region, _needed(region, meeting))]
    found = []
    for other, theirs in meeting:
        example = space.member(region.common(theirs), index, other)
        if example is not None:
            found.append(Shadowing(index, Finding.OVERLAPS, (other,), example))
    if covered is None:
        found.append(Shadowing(index, Finding.NOT_DETERMINED, tuple(other for other, _ in meeting)))
    return found


def _shadowed(
    space: Space, index: int, region: Region, others: Sequence[tuple[int, Region]]
) -> Shadowing:
    examples = (space.member(region.common(theirs), index, other) for other, theirs in others)
    return Shadowing(
        index,
        Finding.SHADOWED,
        tuple(other for other, _ in others),
        next((example for example in examples if example is not None), None),
    )


def _covered(region: Region, others: Sequence[tuple[int, Region]]) -> bool | None:
    """True if the others together take all of the region; None if that takes too long to find out.
    Depth first: a leftover is found early.
    """
    pieces = [(region, 0)]
    for _ in range(MOST_PIECES):
        if not pieces:
            return True
        piece, place = pieces.pop()
        if place == len(others):
            return False
        pieces += [(part, place + 1) for part in piece.less(others[place][1])]
    return None


def _needed(region: Region, others: Sequence[tuple[int, Region]]) -> list[tuple[int, Region]]:
    """The strategies without which the region would not be covered."""
    needed = list(others)
    for entry in reversed(others):
        fewer = [other for other in needed if other is not entry]
        if _covered(region, fewer):
            needed = fewer
    return needed


def off_hours_gaps(rulebook: Rulebook, *, since: int, days: int = 7) -> list[tuple[int, int]]:
    """Off-hours of the coming days that no strategy before shipping covers: [start, end). None if
    the shop has no working hours, and so no off-hours (SPEC T7).
    """
    strategies = [
        strategy
        for strategy in rulebook.strategies
        if strategy.scenario == PRE_SHIP.name and strategy.enabled
    ]
    gaps: list[tuple[int, int]] = []
    until = since + days * DAY
    for start, end in spans(rulebook, strategies, since, until):
        if rulebook.off_hours(start) and not any(runs(rulebook, s, start) for s in strategies):
            if gaps and gaps[-1][1] == start:
                gaps[-1] = (gaps[-1][0], end)
            else:
                gaps.append((start, end))
    return gaps
