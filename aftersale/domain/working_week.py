"""A shop's week: what its working hours leave over, drawn and in words (SPEC T7).

Everything here is pure. Times are minutes: of the week for spans, of the day for bars. An interval
belongs to the day on which it starts, and runs past midnight where its end is not after its start
(INTERFACES).
"""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
WEEK = 7 * DAY

Span = tuple[int, int]
MINUTE = 60_000_000
# A date's ordinal, and the microseconds of the wall clock since its midnight.
Wall = tuple[int, int]
Hours = Mapping[str, Sequence[Sequence[str]]]


def minutes(time_of_day: str) -> int:
    hour, minute = time_of_day.split(":")
    return int(hour) * 60 + int(minute)


def span(interval: Sequence[str]) -> Span:
    """(start, end) of an interval, counted from the midnight before it starts."""
    start, end = minutes(interval[0]), minutes(interval[1])
    return start, end if end > start else end + DAY


def off_hours(hours: Hours) -> list[Span]:
    """Spans that no working interval of the week covers; a span may end in the next week."""
    working = sorted(
        (day * DAY + start, day * DAY + end)
        for day, name in enumerate(WEEKDAYS)
        for start, end in map(span, hours.get(name, ()))
    )
    if not working:
        return [(0, WEEK)]
    # From the first start of the week once round to the same moment a week later.
    first = working[0][0]
    reached = max(first, max(end for _start, end in working) - WEEK)
    left = []
    for start, end in [*working, (first + WEEK, first + WEEK)]:
        if start > reached:
            left.append((reached, start))
        reached = max(reached, end)
    return sorted((start % WEEK, start % WEEK + end - start) for start, end in left)


def bars(hours: Hours) -> dict[str, list[Span]]:
    """The working parts of each day, including the part after midnight of the day before."""
    drawn: dict[str, list[Span]] = {}
    for day, name in enumerate(WEEKDAYS):
        own = [span(interval) for interval in hours.get(name, ())]
        before = [span(interval) for interval in hours.get(WEEKDAYS[day - 1], ())]
        drawn[name] = sorted(
            [(start, min(end, DAY)) for start, end in own]
            + [(0, end - DAY) for _start, end in before if end > DAY]
        )
    return drawn


def in_words(hours: Hours, special_days: Mapping[str, Sequence[Sequence[str]]]) -> str:
    """“Off-hours: Mon–Fri 22:00–09:00 next day, all of Sunday”, of an ordinary week."""
    if not any(hours.values()):
        if any(special_days.values()):
            return _("Off-hours: always, except in the hours of the special days")
        return _("No working hours are set, so the shop has no off-hours.")
    left = off_hours(hours)
    if not left:
        return _("No off-hours: the shop works around the clock.")
    return _("Off-hours: %(times)s") % {"times": spans_in_words(left)}


def spans_in_words(left: Iterable[Span]) -> str:
    """“Mon–Fri 22:00–09:00 next day, all of Sunday”."""
    return pgettext("between times", ", ").join(_items(left))


def spans_of_the_week(moments: Iterable[tuple[Wall, Wall]]) -> list[Span]:
    """Spans of the week between pairs of wall-clock times within seven days."""
    spans: list[Span] = []
    for (first, start), (last, end) in moments:
        begins = (first + 6) % 7 * DAY + start // MINUTE
        spans.append((begins, begins + (last - first) * DAY + end // MINUTE - start // MINUTE))
    # The week's end joins its beginning: a span across it is one.
    if len(spans) > 1 and spans[-1][1] % WEEK == spans[0][0]:
        spans[-1] = (spans[-1][0], spans[-1][1] + spans[0][1] - spans[0][0])
        del spans[0]
    if len(spans) == 1 and spans[0][1] - spans[0][0] >= WEEK:
        return [(0, WEEK)]
    return sorted(spans)


def _items(left: Iterable[Span]) -> list[str]:
    """Spans of equal times together, and then those on the same days."""
    days_of: dict[str, list[int]] = {}
    items: list[tuple[int, str]] = []
    whole: list[int] = []
    for start, end in left:
        day, within = divmod(start, DAY)
        if within == 0 and end % DAY == 0:
            whole += [number % 7 for number in range(day, end // DAY)]
        elif inside := _whole_days(start, end):
            items.append((start, _long(start, end, inside)))
        else:
            days_of.setdefault(_times(within, end - day * DAY), []).append(day)
    times_on: dict[tuple[int, ...], list[str]] = {}
    for text, days in days_of.items():
        times_on.setdefault(tuple(days), []).append(text)
    for same_days, times in times_on.items():
        text = _("%(days)s %(times)s") % {
            "days": days_in_words(same_days),
            "times": pgettext("between times", " and ").join(times),
        }
        items.append((same_days[0] * DAY, text))
    if whole:
        text = _("all of %(days)s") % {"days": days_in_words(sorted(whole), alone=True)}
        items.append((min(whole) * DAY, text))
    return [text for _start, text in sorted(items, key=lambda item: item[0])]


def _whole_days(start: int, end: int) -> list[int]:
    return [number % 7 for number in range(-(-start // DAY), end // DAY)]


def _times(start: int, end: int) -> str:
    if end <= DAY:
        return f"{_clock(start)}–{_clock(end)}"
    return _("%(from)s–%(to)s next day") % {"from": _clock(start), "to": _clock(end - DAY)}


def _long(start: int, end: int, inside: Sequence[int]) -> str:
    """A span with whole days in it, which can't be given as one weekday and its times."""
    first, last = start // DAY, (end - 1) // DAY
    names = _short()
    places = {
        "day": names[first],
        "from": _clock(start - first * DAY),
        "end_day": names[last % 7],
        "to": _clock(end - last * DAY),
        "whole": days_in_words(inside, alone=True),
    }
    if first == last % 7:
        return (
            _("%(day)s %(from)s to the next %(end_day)s %(to)s (all of %(whole)s included)")
            % places
        )
    return _("%(day)s %(from)s to %(end_day)s %(to)s (all of %(whole)s included)") % places


def days_in_words(days: Sequence[int], *, alone: bool = False) -> str:
    """“Mon–Wed/Fri”, in the order given; `alone`: a single day has its full name."""
    if len(days) == 7 and list(days) == list(range(7)):
        return _("every day")
    if len(days) == 1:
        return (_full() if alone else _short())[days[0]]
    names = _short()
    runs: list[list[int]] = []
    for day in days:
        if runs and day == (runs[-1][-1] + 1) % 7:
            runs[-1].append(day)
        else:
            runs.append([day])
    texts = []
    for run in runs:
        if len(run) > 2:
            ends = {"first": names[run[0]], "last": names[run[-1]]}
            texts.append(_("%(first)s–%(last)s") % ends)
        else:
            texts += [names[day] for day in run]
    return pgettext("between weekdays", "/").join(texts)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _short() -> tuple[str, ...]:
    return (
        pgettext("weekday", "Mon"),
        pgettext("weekday", "Tue"),
        pgettext("weekday", "Wed"),
        pgettext("weekday", "Thu"),
        pgettext("weekday", "Fri"),
        pgettext("weekday", "Sat"),
        pgettext("weekday", "Sun"),
    )


def _full() -> tuple[str, ...]:
    return (
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    )
