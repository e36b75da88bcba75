"""The daily refund cap; the frame of the sentence says it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.domain.money import format_yuan
from strategies.engine.condition import Checked
from strategies.wording.condition import ConditionWords, Ground, Texts


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    amount = ground.facts.amount
    left = {
        "left": format_yuan(max(check.limit - check.value, 0)),
        "short": format_yuan(check.over or 0),
        "cap": format_yuan(check.limit),
    }
    detail = _("%(used)s used before it that day, of %(cap)s") % {
        "used": format_yuan(check.value),
        "cap": format_yuan(check.limit),
    }
    if check.ok:
        return detail, _("%(left)s of the day's cap left") % left, ""
    distance = _("%(left)s of the day's cap of %(cap)s left, %(short)s short") % left
    needed = _("a daily cap of %(total)s or more") % {"total": format_yuan(check.value + amount)}
    return detail, distance, needed


WORDS = ConditionWords(
    name="daily_cap",
    label=gettext_lazy("Daily refund cap"),
    answer_texts=_answer_texts,
)
