"""Time left of a case, in words; workbench.js counts it down with the same texts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SOON = 2 * HOUR


@dataclass(frozen=True)
class Countdown:
    due: datetime
    words: str
    # overdue, soon, today or later; the words say so too, for those who see no colours
    level: str

    @property
    def shown(self) -> SafeString:
        """As it stands in a row and on a case."""
        return format_html(
            '<time class="wb-due" datetime="{}" data-level="{}" data-due="{}">{}</time>',
            self.due.isoformat(),
            self.level,
            int(self.due.timestamp()),
            self.words,
        )


# By purpose; {d}, {h} and {m} are days, hours and minutes.
TEXTS = {
    "left-days": _("{d} d {h} h left"),
    "left-hours": _("{h} h {m} min left"),
    "left-minutes": _("{m} min left"),
    "over-days": _("overdue by {d} d {h} h"),
    "over-hours": _("overdue by {h} h {m} min"),
    "over-minutes": _("overdue by {m} min"),
}


def countdown(due: datetime | None, now: datetime) -> Countdown | None:
    if due is None:
        return None
    left = due - now
    span = abs(left)
    size = "days" if span >= DAY else "hours" if span >= HOUR else "minutes"
    minutes = int(span.total_seconds()) // 60
    hours = minutes // 60
    figures = {
        "d": str(hours // 24),
        "h": str(hours % 24 if size == "days" else hours),
        "m": f"{minutes % 60:02}" if size == "hours" else str(minutes),
    }
    text = str(TEXTS[f"{'left' if left >= timedelta(0) else 'over'}-{size}"])
    for name, figure in figures.items():
        text = text.replace("{" + name + "}", figure)
    return Countdown(due, text, _level(left))


def _level(left: timedelta) -> str:
    if left < timedelta(0):
        return "overdue"
    if left < SOON:
        return "soon"
    return "today" if left < DAY else "later"
