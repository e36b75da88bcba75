"""Planted truth at length: `python -m tests.bench.advice [SHOPS] [TICKETS]` (SPEC M6).

In generated shops: the share of planted good tickets that is found (0.9 wanted), of what is
proposed that was planted, proposals in noise (none wanted), later months that exceed the limit by
more than their interval (5 % allowed), and seconds a search.
"""

import sys
from time import perf_counter

import numpy as np

from strategies.advice.propose import propose
from tests.strategies.advice import planted
from tests.strategies.advice.test_search import MAY_LOSE, limited, points_of, taken


def main(shops: int, number: int) -> None:
    found, right, seconds, over, proposed = [], [], [], 0, 0
    for seed in range(shops):
        segments = planted.segments(seed, 3)
        cases = planted.shop(seed, number, segments=segments, bad=0.35)
        started = perf_counter()
        point = limited(points_of(cases))
        seconds.append(perf_counter() - started)
        held = taken(point, cases)
        inside = np.zeros(number, dtype=bool)
        for segment in segments:
            inside |= segment.mask(cases)
        found.append((held & inside).sum() / inside.sum())
        if held.any():
            right.append((held & inside).sum() / held.sum())
        proposed += point is not None
        over += planted.later_over_limit(
            point, seed=seed, segments=segments, may_lose=MAY_LOSE, number=number
        )
    noise = sum(
        bool(propose([planted.part(planted.shop(seed, number, bad=0.3))],
                     months=2, unseen_months=1, may_lose=MAY_LOSE))
        for seed in range(shops, 2 * shops)
    )  # fmt: skip
    print(f"{shops} shops of {number:,} tickets, 3 planted segments each")
    print(f"found: {np.mean(found):.3f} of the planted tickets; lowest {min(found):.3f}")
    print(f"planted: {np.mean(right):.3f} of what is proposed, in {proposed} shops")
    print(f"noise: proposals in {noise} of {shops} shops")
    print(f"later month beyond limit and interval: {over} of {shops}")
    print(f"search: {np.median(seconds):.2f} s, longest {max(seconds):.2f} s")


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(*given, *(100, 20_000)[len(given) :])
