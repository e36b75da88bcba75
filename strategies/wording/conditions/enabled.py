"""Switched on or off."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from strategies.engine.condition import Checked
from strategies.wording.condition import ConditionWords, Ground, Texts


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    if check.ok:
        return _("switched on"), "", ""
    return _("switched off"), "", _("to be switched on")


WORDS = ConditionWords(
    name="enabled",
    label=gettext_lazy("Enabled"),
    answer_texts=_answer_texts,
)
