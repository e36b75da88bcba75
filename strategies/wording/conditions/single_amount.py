"""The single-amount cap; the frame of the sentence says it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.domain.money import format_yuan
from strategies.engine.condition import Checked
from strategies.wording.condition import ConditionWords, Ground, Texts


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    detail = _("asked for %(amount)s, at most %(cap)s") % {
        "amount": format_yuan(check.value),
        "cap": format_yuan(check.limit),
    }
    over = check.over or 0
    # The cap stands beside the excess: either figure alone is taken for the other.
    text = (
        _("%(over)s over the cap of %(cap)s")
        if over > 0
        else _("%(over)s below the cap of %(cap)s")
    )
    words = text % {"over": format_yuan(abs(over)), "cap": format_yuan(check.limit)}
    needed = _("a single-amount cap of %(amount)s or more") % {"amount": format_yuan(check.value)}
    return detail, words, needed


WORDS = ConditionWords(
    name="single_amount",
    label=gettext_lazy("Single-amount cap"),
    answer_texts=_answer_texts,
)
