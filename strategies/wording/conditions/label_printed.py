"""The printed shipping label."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from strategies.engine.condition import Checked
from strategies.wording.condition import ConditionWords, Ground, Switch, Texts, span


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    needed = _("an order whose label is not printed, or a strategy that takes printed ones too")
    if check.value is None:
        return _("no label printed"), "", needed
    detail = _("printed at %(at)s") % {"at": ground.at(check.value)}
    if check.ok:
        return detail, _("after the decision"), ""
    return detail, _("printed %(span)s before") % {"span": span(check.over or 0)}, needed


def _clause(content: Mapping[str, Any], zone: str | None) -> str:
    if content["scenario"] != "pre_ship_refund" or content.get("skip_label_printed", True):
        return ""
    return _("whether or not the shipping label is printed")


WORDS = ConditionWords(
    name="label_printed",
    label=gettext_lazy("Shipping label"),
    answer_texts=_answer_texts,
    clause=_clause,
    switch=Switch(
        "skip_label_printed",
        gettext_lazy("Pass by orders whose shipping label is printed"),
        gettext_lazy("With a label on it the parcel may be on its way already."),
        gettext_lazy("Orders whose shipping label is printed are refunded, too."),
    ),
)
