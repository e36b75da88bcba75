"""What a strategy does, in one sentence that its owner would say.

Every condition that is set is in it and none that is not, so that what is missing can be seen.
The frame of each scenario is one text: other languages put its parts in another order.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from aftersale.domain.labels import REASONS

# Of a list of goods or reasons; the rest is counted.
_MOST_NAMED = 3
_UNKNOWN = "¥…"


def sentence(content: Mapping[str, Any], *, zone: str | None = None) -> str:
    """A strategy's content (services.contents), also one that is only half filled in.

    Times are on the clock of `zone`, the shop's time zone; on the project's where none is given.
    """
    between = pgettext("between the conditions of a strategy", ", ")
    text = _frame(content["scenario"]) % {
        "orders": _orders(content.get("order_statuses") or []),
        "single": money(content.get("single_amount_cap")),
        "conditions": "".join(between + clause for clause in _clauses(content, zone)),
        "daily": money(content.get("daily_cap")),
    }
    if content.get("breaker"):
        text = _("%(what)s %(breaker)s") % {"what": text, "breaker": _breaker(content["breaker"])}
    return text


def money(fen: int | None) -> str:
    """¥200, ¥59.90; in a sentence ".00" is in the way."""
    if fen is None:
        return _UNKNOWN
    whole, cents = divmod(fen, 100)
    return f"¥{whole:,}.{cents:02}" if cents else f"¥{whole:,}"


def windows_in_words(windows: Sequence[Sequence[str]]) -> str:
    """Daily windows, saying which run past midnight."""
    return _either([_window(start, end) for start, end in windows])


def _frame(scenario: str) -> str:
    return {
        "pre_ship_refund": _(
            "Refunds unshipped orders up to %(single)s%(conditions)s, at most %(daily)s a day."
        ),
        "post_ship_refund": _(
            "Refunds %(orders)s up to %(single)s%(conditions)s, without getting the goods back, "
            "at most %(daily)s a day."
        ),
        "post_ship_waive_return": _(
            "Refunds %(orders)s up to %(single)s%(conditions)s, also where the buyer offers to "
            "send the goods back: it asks for nothing back, at most %(daily)s a day."
        ),
        "post_ship_return": _(
            "Lets buyers send back %(orders)s up to %(single)s%(conditions)s, at most %(daily)s a "
            "day; the refund follows when the goods are confirmed received."
        ),
        "post_ship_keep_goods": _(
            "Refunds %(orders)s sold as “refund without return” up to %(single)s%(conditions)s, "
            "and the buyer keeps the goods, at most %(daily)s a day."
        ),
    }[scenario]


def _orders(statuses: Sequence[str]) -> str:
    if set(statuses) == {"shipped"}:
        return _("shipped orders")
    if set(statuses) == {"delivered"}:
        return _("delivered orders")
    if not statuses:
        return _("orders whose status is not chosen yet")
    return _("shipped or delivered orders")


def _clauses(content: Mapping[str, Any], zone: str | None) -> list[str]:
    clauses = [
        _validity(content.get("valid_from"), content.get("valid_until"), zone),
        _execution_time(content),
        _time_limit(content),
        _goods(content),
        _reasons(content.get("buyer_reasons") or []),
        _label(content),
    ]
    return [clause for clause in clauses if clause]


def _validity(start: Any, end: Any, zone: str | None) -> str:
    if start and end:
        return _("applied for from %(start)s until %(end)s") % {
            "start": _at(start, zone),
            "end": _at(end, zone),
        }
    if start:
        return _("applied for from %(start)s on") % {"start": _at(start, zone)}
    if end:
        return _("applied for before %(end)s") % {"end": _at(end, zone)}
    return ""


def _at(moment: datetime | str, zone: str | None) -> str:
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{timezone.localtime(at, ZoneInfo(zone) if zone else None):%Y-%m-%d %H:%M}"


def _execution_time(content: Mapping[str, Any]) -> str:
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


def _window(start: str, end: str) -> str:
    pair = {"start": start, "end": end}
    # As in the engine: an end that is not after the start is on the next day.
    if end > start:
        return pgettext("on one day", "between %(start)s and %(end)s") % pair
    if end == start:
        return _("between %(start)s and %(end)s on the next day") % pair
    return pgettext("past midnight", "between %(start)s and %(end)s") % pair


def _time_limit(content: Mapping[str, Any]) -> str:
    hours = content.get("time_limit_hours")
    if hours is None:
        return ""
    statuses = set(content.get("order_statuses") or [])
    if content["scenario"] == "pre_ship_refund":
        text = ngettext(
            "within %(hours)d hour of payment", "within %(hours)d hours of payment", hours
        )
    elif statuses == {"shipped"}:
        text = ngettext(
            "within %(hours)d hour of shipping", "within %(hours)d hours of shipping", hours
        )
    elif statuses == {"delivered"}:
        text = ngettext(
            "within %(hours)d hour of delivery", "within %(hours)d hours of delivery", hours
        )
    else:
        text = ngettext(
            "within %(hours)d hour of shipping, or of delivery once delivered",
            "within %(hours)d hours of shipping, or of delivery once delivered",
            hours,
        )
    return text % {"hours": hours}


def _goods(content: Mapping[str, Any]) -> str:
    listed = [*(content.get("products") or []), *(content.get("categories") or [])]
    if content.get("product_condition") == "include":
        if not listed:
            return _("only of goods that are not chosen yet")
        return _("only of the goods %(goods)s") % {"goods": _named(listed)}
    if content.get("product_condition") == "exclude" and listed:
        return _("without the goods %(goods)s") % {"goods": _named(listed)}
    return ""


def _reasons(reasons: Sequence[str]) -> str:
    if not reasons:
        return ""
    words = [str(REASONS.get(reason, reason)) for reason in reasons]
    either = pgettext("one of several reasons", " or ")
    return _("for the reason %(reasons)s") % {
        "reasons": either.join(_("“%(reason)s”") % {"reason": word} for word in words)
    }


def _label(content: Mapping[str, Any]) -> str:
    if content["scenario"] != "pre_ship_refund" or content.get("skip_label_printed", True):
        return ""
    return _("whether or not the shipping label is printed")


def _named(listed: Sequence[str]) -> str:
    """The first few by name, the rest by number."""
    comma = pgettext("between the names of goods", ", ")
    named = comma.join(_("“%(name)s”") % {"name": name} for name in listed[:_MOST_NAMED])
    more = len(listed) - _MOST_NAMED
    if more <= 0:
        return named
    return ngettext("%(named)s and %(more)d more", "%(named)s and %(more)d more", more) % {
        "named": named,
        "more": more,
    }


def _either(parts: Sequence[str]) -> str:
    return pgettext("one of several", " or ").join(parts)


def _breaker(breaker: Mapping[str, Any]) -> str:
    limits = []
    if breaker.get("hits") is not None:
        hits = breaker["hits"]
        limits.append(ngettext("%(hits)d refund", "%(hits)d refunds", hits) % {"hits": hits})
    if breaker.get("amount") is not None:
        limits.append(money(breaker["amount"]))
    return ngettext(
        "It switches itself off above %(limits)s within %(minutes)d minute.",
        "It switches itself off above %(limits)s within %(minutes)d minutes.",
        breaker["minutes"],
    ) % {"limits": _either(limits), "minutes": breaker["minutes"]}
