"""The shop's wall clock: local days, daily windows, working hours (SPEC E3, T7).

Moments are microseconds since the epoch. Times of day are minutes of the wall clock; an interval
is (start, end) with start < end <= start + 1440, so that one that runs past midnight has an end
beyond 1440.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
DAY_MINUTES = 24 * 60

# Days that are kept worked out, so that memory stays flat whatever comes in.
DAYS_LIMIT = 2_000

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = EPOCH.toordinal()

Interval = tuple[int, int]


def micros(moment: datetime) -> int:
    """An aware datetime as microseconds since the epoch."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def minutes(time_of_day: str) -> int:
    """ "HH:MM", "24:00" included, as minutes."""
    hour, minute = time_of_day.split(":")
    return int(hour) * 60 + int(minute)


def intervals(pairs: Iterable[Sequence[str]]) -> tuple[Interval, ...]:
    """Pairs of times of day; where the end is not after the start it is on the next day."""
    result = []
    for first, last in pairs:
        start, end = minutes(first), minutes(last)
        result.append((start, end if end > start else end + DAY_MINUTES))
    return tuple(result)


class Clock:
    """Wall-clock time in one time zone."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._pieces: dict[int, list[tuple[int, int, int]]] = {}

    def offset(self, moment: int) -> int:
        """The zone's UTC offset at a moment, in microseconds."""
        utc = EPOCH + timedelta(microseconds=moment)
        ahead = utc.astimezone(self._zone).utcoffset()
        assert ahead is not None
        return ahead // timedelta(microseconds=1)

    def wall(self, moment: int) -> tuple[int, int]:
        """The local date's ordinal, and the microseconds of the wall clock since its midnight."""
        days, since_midnight = divmod(moment + self.offset(moment), DAY)
        return EPOCH_ORDINAL + days, since_midnight

    def pieces(self, utc_day: int) -> list[tuple[int, int, int]]:
        """A UTC day cut where the zone's offset changes, as (start, end, offset)."""
        known = self._pieces.get(utc_day)
        if known is None:
            if len(self._pieces) >= DAYS_LIMIT:
                self._pieces.clear()
            known = self._pieces[utc_day] = list(self._cut(utc_day * DAY, (utc_day + 1) * DAY))
        return known

    def moments(self, utc_day: int, minutes_of: Callable[[int], set[int]]) -> Iterator[int]:
        """The moments of a UTC day at which the wall clock shows the minutes asked of each local
        date (by ordinal), and those at which its offset begins; the day's start is the first."""
        for first, last, offset in self.pieces(utc_day):
            yield first
            for day in range((first + offset) // DAY, (last - 1 + offset) // DAY + 1):
                for minute in minutes_of(EPOCH_ORDINAL + day):
                    moment = day * DAY - offset + minute * MINUTE
                    if first < moment < last:
                        yield moment

    def _cut(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        # Steps of a quarter of an hour: no zone has ever changed twice within one.
        edges = [*range(start, end, 15 * MINUTE), end - 1]
        offset = self.offset(start)
        for before, after in pairwise(edges):
            new = self.offset(after)
            if new == offset:
                continue
            while after - before > 1:
                middle = (before + after) // 2
                if self.offset(middle) == offset:
                    before = middle
                else:
                    after = middle
            yield start, after, offset
            start, offset = after, new
        yield start, end, offset


class WorkingHours:
    """The shop's working hours by weekday, and the single dates that have their own."""

    def __init__(
        self, weekly: dict[str, list[list[str]]], special_days: dict[str, list[list[str]]]
    ) -> None:
        self._weekly = tuple(intervals(weekly.get(day, ())) for day in WEEKDAYS)
        self._special = {
            date.fromisoformat(day).toordinal(): intervals(pairs)
            for day, pairs in special_days.items()
        }
        self.special_days = frozenset(self._special)
        """Ordinals of the dates that have their own."""
        self.any = any(self._weekly) or any(self._special.values())
        """True if any day has a working interval (SPEC T7)."""

    def on(self, ordinal: int) -> tuple[Interval, ...]:
        """The intervals that start on a date."""
        own = self._special.get(ordinal)
        return self._weekly[(ordinal + 6) % 7] if own is None else own

    def working(self, ordinal: int, since_midnight: int) -> bool:
        """True if a wall-clock moment lies in working hours."""
        return in_windows(self.on(ordinal), since_midnight, past_midnight=False) or any(
            since_midnight < (end - DAY_MINUTES) * MINUTE for _, end in self.on(ordinal - 1)
        )

    def edges(self, ordinal: int) -> set[int]:
        """Minutes of a date when working hours may begin or end."""
        found = {minute for interval in self.on(ordinal) for minute in interval}
        return found | {end - DAY_MINUTES for _, end in self.on(ordinal - 1)}


def in_windows(
    windows: Iterable[Interval], since_midnight: int, *, past_midnight: bool = True
) -> bool:
    """Whether a time of day, in microseconds, lies in one of the windows [from, to).

    The windows are daily, so that one that ran past midnight reaches into the day again, unless
    `past_midnight` is off.
    """
    return any(
        start * MINUTE <= since_midnight < end * MINUTE
        or (past_midnight and since_midnight < (end - DAY_MINUTES) * MINUTE)
        for start, end in windows
    )


@lru_cache(maxsize=64)
def clock(timezone: str) -> Clock:
    return Clock(timezone)
