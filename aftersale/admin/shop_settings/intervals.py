"""Intervals as people type them: several rows of from and to (INTERFACES: daily interval)."""

import re
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from aftersale.domain.digits import whole_number
from aftersale.domain.working_week import DAY, minutes

MOST = 12  # intervals a day that a person can still oversee
# 9, 930, 0930, 9:30; also with the colon of a Chinese keyboard.
_TYPED = re.compile(r"^\s*(\d{1,2})(?:[:：.]?(\d{2}))?\s*$")


@dataclass
class Row:
    """One interval in a form, with its error."""

    start: str = ""
    end: str = ""
    error: str = ""
    focus: bool = False

    @property
    def empty(self) -> bool:
        return not (self.start.strip() or self.end.strip())

    @property
    def past_midnight(self) -> bool:
        return not self.empty and not self.error and minutes(self.end) <= minutes(self.start)


@dataclass
class Day:
    """The intervals of a day in a form. `key` begins its fields' names."""

    key: str
    label: str
    rows: list[Row] = field(default_factory=list)
    error: str = ""
    focus: str = ""
    """Which of its buttons gets the focus: "add" or "copy"."""
    bar: list[dict[str, int]] = field(default_factory=list)

    @property
    def wrong(self) -> bool:
        return bool(self.error) or any(row.error for row in self.rows)

    def intervals(self) -> list[list[str]]:
        """Those that are complete."""
        return [[row.start, row.end] for row in self.rows if not row.empty and not row.error]


def time_of_day(typed: str, *, end: bool) -> str | None:
    """ "HH:MM", or None if the text is no time; midnight as an end is 24:00."""
    found = _TYPED.match(typed)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if minute > 59 or hour * 60 + minute > (DAY if end else DAY - 1):
        return None
    if end and hour == minute == 0:
        hour = 24
    return f"{hour:02}:{minute:02}"


def add(day: Day) -> None:
    if len(day.rows) < MOST:
        day.rows.append(Row(focus=True))


def remove(day: Day, number: str) -> None:
    """Takes a row out by its number, from 1."""
    place = whole_number(number) or 0
    if 0 < place <= len(day.rows):
        del day.rows[place - 1]
    day.focus = "add"


def stored(key: str, label: str, intervals: Any) -> Day:
    rows = [Row(start, "24:00" if end == "00:00" else end) for start, end in intervals]
    return Day(key, label, rows)


def sent(key: str, label: str, data: QueryDict) -> Day:
    """A day's intervals as the form sent them, readable times normalised."""
    day = Day(key, label)
    for start, end in zip(data.getlist(f"{key}-from"), data.getlist(f"{key}-to"), strict=False):
        row = Row(start, end)
        if not row.empty:
            first, last = time_of_day(start, end=False), time_of_day(end, end=True)
            row.start, row.end = first or start, last or end
            if first is None or last is None:
                row.error = _("Type times such as 09:00 and 18:30; the latest end is 24:00.")
        day.rows.append(row)
    return day


def bar(spans: list[tuple[int, int]]) -> list[dict[str, int]]:
    """Spans of a day's minutes as the template draws them."""
    return [{"x": start, "width": end - start} for start, end in spans]
