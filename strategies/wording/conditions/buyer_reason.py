"""The buyer's reason."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from aftersale.domain.labels import REASONS
from strategies.engine.condition import Checked
from strategies.wording.condition import ConditionWords, Ground, Texts, listed


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    reason = REASONS.get(check.value, check.value)
    chosen = listed(sorted(str(REASONS.get(one, one)) for one in check.limit))
    detail = _("the buyer's reason “%(reason)s”; it is for: %(chosen)s") % {
        "reason": reason,
        "chosen": chosen,
    }
    return detail, "", _("the reason “%(reason)s” among those chosen") % {"reason": reason}


def _clause(content: Mapping[str, Any], zone: str | None) -> str:
    reasons = content.get("buyer_reasons") or []
    if not reasons:
        return ""
    words = [str(REASONS.get(reason, reason)) for reason in reasons]
    either = pgettext("one of several reasons", " or ")
    return _("for the reason %(reasons)s") % {
        "reasons": either.join(_("“%(reason)s”") % {"reason": word} for word in words)
    }


WORDS = ConditionWords(
    name="buyer_reason",
    label=gettext_lazy("Buyer's reason"),
    answer_texts=_answer_texts,
    clause=_clause,
)
