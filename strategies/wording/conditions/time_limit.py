"""The application time limit."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from strategies.engine.condition import Checked
from strategies.engine.hours import HOUR
from strategies.wording.condition import ConditionWords, Ground, Texts, span


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    hours = check.limit // HOUR
    if check.value is None:
        unknown = _("the time from which it counts is unknown")
        return unknown, "", _("the time of payment, shipping or delivery to be known")
    took = check.limit + (check.over or 0)
    detail = ngettext(
        "applied %(took)s after %(since)s, at most %(hours)s hour",
        "applied %(took)s after %(since)s, at most %(hours)s hours",
        hours,
    ) % {"took": span(max(took, 0)), "since": ground.at(check.value), "hours": hours}
    over = check.over or 0
    text = _("%(span)s too late") if over > 0 else _("%(span)s left")
    wanted = -(-took // HOUR)
    needed = ngettext(
        "a time limit of %(hours)d hour or more", "a time limit of %(hours)d hours or more", wanted
    ) % {"hours": wanted}
    return detail, text % {"span": span(abs(over))}, needed


def _clause(content: Mapping[str, Any], zone: str | None) -> str:
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


WORDS = ConditionWords(
    name="time_limit",
    label=gettext_lazy("Application time limit"),
    answer_texts=_answer_texts,
    clause=_clause,
)
