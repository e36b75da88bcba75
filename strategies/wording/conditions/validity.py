"""The validity period."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from strategies.engine.condition import Checked
from strategies.wording.condition import ConditionWords, Ground, Texts, span


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    start, end = check.limit
    detail = _("applied at %(at)s, valid %(from)s to %(until)s") % {
        "at": ground.at(check.value),
        "from": ground.at(start),
        "until": ground.at(end),
    }
    distance = ""
    if not check.ok:
        early = start is not None and check.value < start
        text = _("%(span)s before it began") if early else _("%(span)s after it had ended")
        distance = text % {"span": span(check.over or 0)}
    needed = _("a validity period that has %(at)s in it") % {"at": ground.at(check.value)}
    return detail, distance, needed


def _clause(content: Mapping[str, Any], zone: str | None) -> str:
    start, end = content.get("valid_from"), content.get("valid_until")
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


WORDS = ConditionWords(
    name="validity",
    label=gettext_lazy("Validity period"),
    answer_texts=_answer_texts,
    clause=_clause,
)
