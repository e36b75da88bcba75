"""Circuit breakers and buyers' limits: sums over a span of time before a decision (SPEC G1, G3)."""

from bisect import bisect_right, insort
from collections.abc import Iterable

from strategies.engine.state import State
from strategies.engine.strategy import Breaker


def trips(breaker: Breaker, state: State, strategy: int, moment: int, amount: int) -> bool:
    """Count a hit, and tell whether it brings the strategy above its breaker's hits or amount.

    Counted are the hits of (moment - span, moment].
    """
    hits = state.breakers.setdefault(strategy, [])
    if hits and hits[-1][0] == moment:  # an evaluator's batch is one moment: keep the list short
        _, number, total = hits[-1]
        hits[-1] = (moment, number + 1, total + amount)
    else:
        insort(hits, (moment, 1, amount))
    first = bisect_right(hits, moment - breaker.span, key=_hit_time)
    window = hits[first : bisect_right(hits, moment, key=_hit_time)]
    return (breaker.hits is not None and sum(hit[1] for hit in window) > breaker.hits) or (
        breaker.amount is not None and sum(hit[2] for hit in window) > breaker.amount
    )


def bought(approvals: Iterable[tuple[int, int, int]], after: int, until: int) -> tuple[int, int]:
    """How many of a buyer's automatic approvals lie in (after, until], and their amount in fen."""
    count = total = 0
    for moment, number, amount in approvals:
        if after < moment <= until:
            count += number
            total += amount
    return count, total


def _hit_time(hit: tuple[int, int, int]) -> int:
    return hit[0]
