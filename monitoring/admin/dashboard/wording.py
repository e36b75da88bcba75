"""Figures in words: shares, lengths of time, changes against the period before."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def rate(part: int, whole: int) -> str:
    """A share of what it is not a part of, such as refunds of the orders of the same days: of the
    one order of an early morning it could be 1300%, which says nothing."""
    return _("over 100%") if 0 < whole < part else percent(part, whole)


def length(seconds: int | None) -> str:
    """A length of time such as 2 days 3 h, 4 h 10 min, 12 min, 8 s; a dash for None."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        shown = ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
        return shown + " " + _("%(hours)s h") % {"hours": hours}
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)s min") % {"minutes": minutes} if minutes else _("%(s)s s") % {"s": rest}


def hours(seconds: int) -> str:
    """A sum of working time such as 12.5 h, 40 min."""
    if seconds < 3_600:
        return _("%(minutes)s min") % {"minutes": round(seconds / 60)}
    return _("%(hours)s h") % {"hours": f"{seconds / 3_600:,.1f}"}


@dataclass(frozen=True)
class Change:
    """▲ or ▼ with its text: sign and colour alone would not be accessible."""

    sign: str
    text: str


def change(now: int, before: int, shown_before: str, than: str) -> Change:
    if now == before:
        return Change("", _("the same as %(than)s") % {"than": than})
    if not before:
        return Change("▲", _("%(than)s: none") % {"than": than})
    values = {"by": f"{abs(now - before) / before:.0%}", "than": than, "before": shown_before}
    if now > before:
        return Change("▲", _("%(by)s more than %(than)s (%(before)s)") % values)
    return Change("▼", _("%(by)s less than %(than)s (%(before)s)") % values)


def difference(now: int, before: int) -> Change:
    """The change of a number in a table whose head names the period before."""
    if now == before:
        return Change("", _("the same (%(before)s)") % {"before": f"{before:,}"})
    sign = "▲" if now > before else "▼"
    return Change(sign, f"{now - before:+,} ({before:,})")


def change_of_share(now: tuple[int, int], before: tuple[int, int], than: str) -> Change:
    """Compares two shares, each (part, whole), in points: 2% to 3% is one point, not 50% more."""
    if not before[1]:
        return Change("", _("%(than)s: none") % {"than": than})
    values = {"than": than, "before": percent(*before)}
    if not now[1]:
        return Change("", _("%(than)s: %(before)s") % values)
    # Rounded as the figures are shown.
    points = round(round(100 * now[0] / now[1], 1) - round(100 * before[0] / before[1], 1), 1)
    if not points:
        return Change("", _("the same as %(than)s") % {"than": than})
    values["by"] = f"{abs(points):.1f}"
    if points > 0:
        return Change("▲", _("%(by)s points more than %(than)s (%(before)s)") % values)
    return Change("▼", _("%(by)s points less than %(than)s (%(before)s)") % values)
