"""How far a moment is from the edges of daily windows and of working hours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from strategies.engine.hours import DAY, DAY_MINUTES, MINUTE, Interval

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


class Edge(NamedTuple):
    """How far a moment is from the nearest beginning and end of some hours, in microseconds."""

    since: int | None
    """Since the end before it; within the hours, since their beginning."""
    until: int | None
    """Until the next beginning; within the hours, until their end."""


def windows_edge(windows: Iterable[Interval], since_midnight: int) -> Edge:
    """To the nearest edges of daily windows, for a time of day outside them."""
    spans = list(windows)
    return Edge(
        min(((since_midnight - end * MINUTE) % DAY for _, end in spans), default=None),
        min(((start * MINUTE - since_midnight) % DAY for start, _ in spans), default=None),
    )


def working_edge(rulebook: Rulebook, moment: int) -> Edge:
    """To the beginning and end of the working hours that a moment lies in; both are unknown where
    it lies in none, or where hours follow one another for days."""
    ordinal, since_midnight = rulebook.clock.wall(moment)
    inside = [
        (start, end)
        for day in (-1, 0)
        for start, end in (
            (first + day * DAY_MINUTES, last + day * DAY_MINUTES)
            for first, last in rulebook.hours.on(ordinal + day)
        )
        if start * MINUTE <= since_midnight < end * MINUTE
    ]
    if not inside:
        return Edge(None, None)
    return Edge(
        since_midnight - min(start for start, _ in inside) * MINUTE,
        max(end for _, end in inside) * MINUTE - since_midnight,
    )
