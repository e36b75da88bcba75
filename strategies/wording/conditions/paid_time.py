"""The time of payment, with off-hours."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from strategies.engine.condition import Checked
from strategies.wording.condition import ConditionWords, Ground, Texts, within_working_hours


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    needed = _("a payment in off-hours, or “paid at any time”")
    if check.value is None:
        return _("time of payment unknown"), "", needed
    at = {"at": ground.at(check.value)}
    if check.ok:
        return _("paid at %(at)s, in off-hours") % at, "", ""
    return _("paid at %(at)s, within working hours") % at, within_working_hours(check.limit), needed


WORDS = ConditionWords(
    name="paid_time",
    label=gettext_lazy("Time of payment"),
    answer_texts=_answer_texts,
)
