"""Working hours and special days as people read them (INTERFACES, Records)."""

from collections.abc import Mapping, Sequence

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftersale.domain.punctuation import COMMA

WEEKDAYS = {
    "mon": _("Monday"),
    "tue": _("Tuesday"),
    "wed": _("Wednesday"),
    "thu": _("Thursday"),
    "fri": _("Friday"),
    "sat": _("Saturday"),
    "sun": _("Sunday"),
}


def intervals(of: Sequence[Sequence[str]]) -> str:
    return str(COMMA).join(f"{start}–{end}" for start, end in of)


def working_hours(by_day: Mapping[str, list[list[str]]]) -> SafeString:
    """A line a weekday that has hours."""
    lines = ((label, by_day[day]) for day, label in WEEKDAYS.items() if by_day.get(day))
    return _lines((label, intervals(of)) for label, of in lines)


def special_days(by_date: Mapping[str, list[list[str]]]) -> SafeString:
    """A line a date with hours of its own, or none."""
    return _lines(
        (date, intervals(of) if of else _("closed all day")) for date, of in sorted(by_date.items())
    )


def _lines(pairs: object) -> SafeString:
    return format_html_join("", "<div>{} {}</div>", pairs)  # type: ignore[arg-type]
