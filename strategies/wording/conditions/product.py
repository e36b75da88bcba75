"""The goods."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from strategies.engine.condition import Checked
from strategies.wording.condition import ConditionWords, Ground, Texts, listed, quoted


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    asked, against = listed(ground.facts.products), listed(check.value)
    if check.limit == "include":
        if check.ok:
            return _("%(products)s: all of them are listed") % {"products": asked}, "", ""
        return (
            _("%(products)s: not all of them are listed") % {"products": asked},
            _("not listed: %(products)s") % {"products": against},
            _("%(products)s among the listed goods") % {"products": against},
        )
    if check.ok:
        return _("%(products)s: none of them is excluded") % {"products": asked}, "", ""
    return (
        _("%(products)s: one of them is excluded") % {"products": asked},
        _("excluded: %(products)s") % {"products": against},
        _("%(products)s not among the excluded goods") % {"products": against},
    )


def _clause(content: Mapping[str, Any], zone: str | None) -> str:
    goods = [*(content.get("products") or []), *(content.get("categories") or [])]
    if content.get("product_condition") == "include":
        if not goods:
            return _("only of goods that are not chosen yet")
        return _("only of the goods %(goods)s") % {"goods": quoted(goods)}
    if content.get("product_condition") == "exclude" and goods:
        return _("without the goods %(goods)s") % {"goods": quoted(goods)}
    return ""


WORDS = ConditionWords(
    name="product",
    label=gettext_lazy("Products"),
    answer_texts=_answer_texts,
    clause=_clause,
)
