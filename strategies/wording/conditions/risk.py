"""Orders and requests that the platform flagged as risky."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from strategies.engine.condition import Checked
from strategies.wording.condition import ConditionWords, Ground, Switch, Texts


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    if check.ok:
        return _("not flagged as risky"), "", ""
    detail = (
        _("the platform flagged the order as risky")
        if "order" in check.value
        else _("the platform flagged the request as risky")
    )
    return detail, "", _("a strategy that takes risky ones too")


def _clause(content: Mapping[str, Any], zone: str | None) -> str:
    if content.get("skip_risky", True):
        return ""
    return _("whether or not the platform flagged it as risky")


WORDS = ConditionWords(
    name="risk",
    label=pgettext_lazy("order label", "Risk"),
    answer_texts=_answer_texts,
    clause=_clause,
    switch=Switch(
        "skip_risky",
        gettext_lazy("Pass by what the platform flagged as risky"),
        gettext_lazy("Orders and requests that the platform says may be fraud."),
        gettext_lazy("What the platform flagged as risky is refunded, too."),
    ),
)
