"""A strategy as one sentence in its owner's words.

Every condition that is set is in it and none that is not, so that what is missing can be seen.
The frame of each scenario is one text: other languages put its parts in another order.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from strategies.wording.condition import either
from strategies.wording.conditions import WORDS

_UNKNOWN = "¥…"


def sentence(content: Mapping[str, Any], *, zone: str | None = None) -> str:
    """A strategy's content (services.contents), also one that is only half filled in.

    Times are on the clock of `zone`, the shop's time zone; on the project's where none is given.
    """
    between = pgettext("between the conditions of a strategy", ", ")
    text = _frame(content["scenario"]) % {
        "orders": _orders(content.get("order_statuses") or []),
        "single": money(content.get("single_amount_cap")),
        "conditions": "".join(
            between + clause for words in WORDS.values() if (clause := words.clause(content, zone))
        ),
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
    ) % {"limits": either(limits), "minutes": breaker["minutes"]}
