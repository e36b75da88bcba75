"""Changes of a shop's settings in words, for its events and for users who save too late."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import lazy
from django.utils.translation import pgettext_lazy

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COMMA
from aftersale.domain.working_week import WEEKDAYS, days_in_words
from aftersale.models import Role, Shop

_days_in_words = lazy(days_in_words, str)


def change(name: object, before: object, after: object) -> str:
    return _("%(what)s: %(before)s → %(after)s") % {
        "what": name,
        "before": before,
        "after": after,
    }


def interval(interval: Sequence[str]) -> str:
    return f"{interval[0]}–{interval[1]}"


def _hours_words(intervals: Sequence[Sequence[str]] | None) -> str:
    if intervals is None:
        return _("as usual")
    return joined(COMMA, map(interval, intervals)) or _(pgettext_lazy("hours", "closed"))


def hours_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    changes = []
    if before["timezone"] != after["timezone"]:
        changes.append(change(_("Time zone"), before["timezone"], after["timezone"]))
    # Days that changed alike are said together.
    alike: dict[tuple[str, str], list[int]] = {}
    for number, day in enumerate(WEEKDAYS):
        old = _hours_words(before["working_hours"].get(day) or [])
        new = _hours_words(after["working_hours"].get(day) or [])
        if old != new:
            alike.setdefault((old, new), []).append(number)
    changes += [change(_days_in_words(days), *texts) for texts, days in alike.items()]
    return changes


def day_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    runs: list[tuple[date, date, str, str]] = []
    for day in sorted(set(before) | set(after)):
        old, new = before.get(day), after.get(day)
        if old == new:
            continue
        at, texts = date.fromisoformat(day), (_hours_words(old), _hours_words(new))
        if runs and runs[-1][2:] == texts and runs[-1][1] + timedelta(days=1) == at:
            runs[-1] = (runs[-1][0], at, *texts)
        else:
            runs.append((at, at, *texts))
    return [
        change(first if first == last else f"{first} – {last}", old, new)
        for first, last, old, new in runs
    ]


def limit_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    if before == after:
        return []
    return [change(_("Buyer limit"), _limit_words(before), _limit_words(after))]


def _limit_words(limit: Mapping[str, Any]) -> str:
    if limit["days"] is None:
        return _(pgettext_lazy("buyer limit", "off"))
    parts: list[str] = []
    if limit["count"] is not None:
        parts.append(_("%(count)s refunds") % {"count": limit["count"]})
    if limit["amount"] is not None:
        parts.append(format_yuan(limit["amount"]))
    return _("%(limit)s in %(days)s days") % {
        "limit": joined(COMMA, parts) or pgettext_lazy("buyer limit", "off"),
        "days": limit["days"],
    }


def retention_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    if before == after:
        return []
    return [change(_("Personal data kept, in months"), before["months"], after["months"])]


def archive_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    if before == after:
        return []
    off = _(pgettext_lazy("archive", "off"))
    months = [
        off if content["archive_months"] is None else content["archive_months"]
        for content in (before, after)
    ]
    return [change(_("Old tickets go to files, after months"), *months)]


def approval_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The amount that each role approves alone, in fen; None: without a limit."""
    off = pgettext_lazy("limit of approvals", "no limit")

    def shown(amount: int | None) -> object:
        return off if amount is None else format_yuan(amount)

    return [
        change(
            _("%s approves alone up to") % Role(role).label,
            shown(before.get(role)),
            shown(after.get(role)),
        )
        for role in Role.values
        if before.get(role) != after.get(role)
    ]


def commission_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], zone: ZoneInfo
) -> list[str]:
    changes = []

    def opened(content: Mapping[str, Any]) -> datetime | None:
        at = content["wallet_opened_at"]
        return datetime.fromisoformat(at) if at else None

    if opened(before) != opened(after):
        texts = [_at(at, zone) if at else "–" for at in (opened(before), opened(after))]
        changes.append(change(_("Wallet opened at"), *texts))
    if before["categories"] != after["categories"]:
        texts = [joined(COMMA, content["categories"]) or "–" for content in (before, after)]
        changes.append(change(_("Commission comes back for"), *texts))
    if before["days"] != after["days"]:
        texts = ["–" if content["days"] is None else content["days"] for content in (before, after)]
        changes.append(change(_("Days after completion"), *texts))
    return changes


def column_changes(column: str, before: Any, after: Any, zone: ZoneInfo) -> list[str]:
    """Of a shop's column that a record has changed; times on the shop's clock."""
    match column:
        case "working_hours":
            hours = [{"timezone": "", "working_hours": value} for value in (before, after)]
            return hours_changes(*hours)
        case "special_days":
            return day_changes(before, after)
    field: Any = Shop._meta.get_field(column)
    shown = [_plain_value(field, value, zone) for value in (before, after)]
    return [change(field.verbose_name, *shown)]


def _plain_value(field: Any, value: Any, zone: ZoneInfo) -> object:
    match value:
        case None | []:
            return "–"
        case datetime():
            return _at(value, zone)
        case list():
            return joined(COMMA, value)
    if field.name == "buyer_limit_amount":
        return format_yuan(value)
    return dict(field.flatchoices).get(value, value)


def spans(periods: Sequence[tuple[datetime, datetime | None]], zone: ZoneInfo) -> str:
    found = [f"{_at(start, zone)} – {_at(end, zone) if end else '…'}" for start, end in periods]
    return joined(COMMA, found) or "–"


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
