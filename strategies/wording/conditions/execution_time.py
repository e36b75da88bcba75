"""The time of day, or off-hours."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from strategies.engine.condition import Checked
from strategies.engine.edges import Edge
from strategies.engine.hours import DAY_MINUTES
from strategies.wording.condition import (
    ConditionWords,
    Ground,
    Texts,
    either,
    span,
    within_working_hours,
)


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    at = ground.at(check.value)
    if ground.strategy.execution_time == "windows":
        given = [(_clock(start), _clock(end)) for start, end in ground.strategy.windows]
        detail = _("applied at %(at)s, runs %(windows)s") % {
            "at": at,
            "windows": windows_in_words(given),
        }
        distance = "" if check.ok else _outside(check.limit)
        return detail, distance, _("daily windows that have %(time)s in them") % {"time": at[-5:]}
    if check.ok:
        return _("applied at %(at)s, in off-hours") % {"at": at}, "", ""
    detail = _("applied at %(at)s, within working hours") % {"at": at}
    return detail, within_working_hours(check.limit), _("an application in off-hours")


def _clock(minutes: int) -> str:
    minutes = minutes if minutes <= DAY_MINUTES else minutes - DAY_MINUTES
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _outside(edge: Edge) -> str:
    """The distance to the nearer edge of daily windows, in words."""
    if edge.since is None or edge.until is None:
        return ""
    if edge.since <= edge.until:
        return _("%(span)s after the window closed") % {"span": span(edge.since)}
    return _("%(span)s before the window opens") % {"span": span(edge.until)}


def _clause(content: Mapping[str, Any], zone: str | None) -> str:
    if content.get("execution_time") == "off_hours":
        if content.get("paid_time") == "any":
            return _("applied for in off-hours")
        return _("paid and applied for in off-hours")
    if content.get("execution_time") == "windows":
        windows = content.get("windows") or []
        if not windows:
            return _("applied for in daily windows that are not chosen yet")
        return _("applied for %(windows)s") % {"windows": windows_in_words(windows)}
    return ""


def windows_in_words(windows: Sequence[Sequence[str]]) -> str:
    """Daily windows, saying which run past midnight."""
    return either([_window(start, end) for start, end in windows])


def _window(start: str, end: str) -> str:
    pair = {"start": start, "end": end}
    # As in the engine: an end that is not after the start is on the next day.
    if end > start:
        return pgettext("on one day", "between %(start)s and %(end)s") % pair
    if end == start:
        return _("between %(start)s and %(end)s on the next day") % pair
    return pgettext("past midnight", "between %(start)s and %(end)s") % pair


WORDS = ConditionWords(
    name="execution_time",
    label=gettext_lazy("Execution time"),
    answer_texts=_answer_texts,
    clause=_clause,
)
