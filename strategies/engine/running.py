"""Which strategies run at the same time (SPEC E3 `validity` and `execution_time`)."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from strategies.engine.condition import Condition
from strategies.engine.conditions import execution_time, validity
from strategies.engine.facts import NO_FACTS
from strategies.engine.hours import DAY, EPOCH_ORDINAL
from strategies.engine.rulebook import Rulebook, window_edges
from strategies.engine.strategy import Strategy

# One week and one day around each date of change show all kinds of days between such dates: the
# hours repeat by the week.
DAYS_AROUND = 8


def running(rulebook: Rulebook, strategies: Sequence[Strategy], since: int) -> dict[int, int]:
    """Every set of strategies, as bits, that ever run together from `since` on, with a moment of
    each."""
    times = _Times(rulebook, strategies)
    valid = _validity_edges(strategies)
    dates = {since // DAY, *(edge // DAY for edge in valid)}
    if times.asks_hours:
        dates |= {ordinal - EPOCH_ORDINAL for ordinal in rulebook.hours.special_days}
    days = {date + step for date in dates for step in range(-DAYS_AROUND, DAYS_AROUND + 1)}
    found: dict[int, int] = {}
    seen: set[tuple[object, int]] = set()
    for day in sorted(days):
        start, end = max(day * DAY, since), (day + 1) * DAY
        if start >= end:
            continue
        alike, spans = times.of(day)
        edges = [start, *valid[bisect_right(valid, start) : bisect_left(valid, end)], end]
        for first, last in pairwise(edges):
            inside = _bits(strategies, validity.CONDITION, first, rulebook)
            if (alike, inside) in seen:
                continue
            if last - first == DAY:
                seen.add((alike, inside))
            for begins, ends, timely in spans:
                if begins + day * DAY < last and first < ends + day * DAY and timely & inside:
                    found.setdefault(timely & inside, max(first, begins + day * DAY))
    return found


def unchanged_since(rulebook: Rulebook, at: int) -> int:
    """The moment since which, up to `at`, no time condition of any strategy has changed."""
    day = at // DAY
    cuts = [*_Times(rulebook, rulebook.strategies).cuts(day), *_validity_edges(rulebook.strategies)]
    return max(cut for cut in cuts if cut <= at)


def spans(
    rulebook: Rulebook, strategies: Sequence[Strategy], since: int, until: int
) -> list[tuple[int, int]]:
    """[since, until), cut wherever one of the strategies or the working hours may begin or end."""
    times = _Times(rulebook, strategies, asks_hours=True)
    cuts = {cut for day in range(since // DAY, until // DAY + 1) for cut in times.cuts(day)}
    cuts |= set(_validity_edges(strategies))
    edges = [since, *sorted(cut for cut in cuts if since < cut < until), until]
    return list(pairwise(edges))


class _Times:
    """The execution times of strategies by UTC day; days that are alike are worked out once."""

    def __init__(
        self, rulebook: Rulebook, strategies: Sequence[Strategy], *, asks_hours: bool = False
    ) -> None:
        self.rulebook, self.strategies = rulebook, strategies
        self.asks_hours = asks_hours or any(s.execution_time == "off_hours" for s in strategies)
        self._windows = {0} | window_edges(strategies)
        self._known: dict[object, list[tuple[int, int, int]]] = {}

    def of(self, day: int) -> tuple[object, list[tuple[int, int, int]]]:
        """The key of days like this one, and its spans: (start, end, strategies as bits),
        counted from the day's start."""
        alike = self._alike(day)
        if alike not in self._known:
            cuts = self.cuts(day)
            self._known[alike] = [
                (
                    start - day * DAY,
                    end - day * DAY,
                    _bits(self.strategies, execution_time.CONDITION, start, self.rulebook),
                )
                for start, end in zip(cuts, [*cuts[1:], (day + 1) * DAY], strict=True)
            ]
        return alike, self._known[alike]

    def cuts(self, day: int) -> list[int]:
        """Where in the day something may change; its start is the first."""
        return sorted(set(self.rulebook.clock.moments(day, self._minutes)))

    def _minutes(self, ordinal: int) -> set[int]:
        if self.asks_hours:
            return self._windows | self.rulebook.hours.edges(ordinal)
        return self._windows

    def _alike(self, day: int) -> object:
        hours = self.rulebook.hours
        parts = []
        for first, last, offset in self.rulebook.clock.pieces(day):
            # Hours run past midnight: those of the date before count too.
            dates = range((first + offset) // DAY - 1, (last - 1 + offset) // DAY + 1)
            own = tuple(hours.on(EPOCH_ORDINAL + date) for date in dates) if self.asks_hours else ()
            parts.append((first - day * DAY, offset, own))
        return tuple(parts)


def _validity_edges(strategies: Sequence[Strategy]) -> list[int]:
    edges = {edge for s in strategies for edge in (s.valid_from, s.valid_until) if edge is not None}
    return sorted(edges)


def _bits(strategies: Sequence[Strategy], condition: Condition, at: int, rulebook: Rulebook) -> int:
    facts = NO_FACTS._replace(applied_at=at)
    return sum(
        1 << place
        for place, strategy in enumerate(strategies)
        if condition.holds(strategy, facts, rulebook)
    )
