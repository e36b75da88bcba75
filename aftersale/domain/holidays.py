"""The holidays of mainland China and the working days that make up for them (docs/adr/0005)."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import chinese_calendar
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# The package's names with ours.
FESTIVALS: Mapping[str, Promise] = {
    "New Year's Day": gettext_lazy("New Year's Day"),
    "Spring Festival": gettext_lazy("Spring Festival"),
    "Tomb-sweeping Day": gettext_lazy("Tomb-sweeping Day"),
    "Labour Day": gettext_lazy("Labour Day"),
    "Dragon Boat Festival": gettext_lazy("Dragon Boat Festival"),
    "National Day": gettext_lazy("National Day"),
    "Mid-autumn Festival": gettext_lazy("Mid-autumn Festival"),
}


class Holidays(NamedTuple):
    """Each date with the festival that it is about."""

    days_off: dict[date, str]
    working_days: dict[date, str]
    """Weekend days on which everybody works, for a bridge between holidays (调休)."""


def of_year(year: int) -> Holidays | None:
    """None where that year's calendar is not published yet, or the package has none."""
    try:
        chinese_calendar.is_holiday(date(year, 1, 1))
    except NotImplementedError:
        return None
    return Holidays(
        *(
            {day: name for day, name in sorted(days.items()) if day.year == year}
            for days in (chinese_calendar.holidays, chinese_calendar.workdays)
        )
    )


def name_on(day: date) -> str:
    """The name of a date: the festival of a day off, or of a working day that makes up for one."""
    if day in chinese_calendar.workdays:
        return _("Make-up working day")
    name = chinese_calendar.holidays.get(day)
    return str(FESTIVALS.get(name, name)) if name else ""
