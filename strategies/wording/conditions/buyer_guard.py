"""The block list and the shop's buyer limit."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.domain.money import format_yuan
from strategies.engine.condition import Checked
from strategies.engine.hours import DAY
from strategies.wording.condition import ConditionWords, Ground, Texts


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    value, limit = check.value, check.limit
    if value.blocked:
        blocked = _("the buyer is on the block list")
        return blocked, "", _("the buyer to be off the block list")
    days = limit.span // DAY
    given = {
        "count": value.number,
        "sum": format_yuan(value.total),
        "days": days,
        "number": value.number + 1,
        "most": limit.approvals,
    }
    detail = (
        _("%(count)s automatic refunds of this buyer in %(days)s days before it, %(sum)s in all")
        % given
    )
    if limit.approvals is not None and value.number >= limit.approvals:
        text = _("automatic refund no. %(number)s of this buyer in %(days)s days, at most %(most)s")
        return detail, text % given, _("a limit of %(number)s refunds a buyer or more") % given
    if check.over is None or check.ok:
        return detail, "", ""
    distance = _("%(over)s over the buyer's limit") % {"over": format_yuan(check.over)}
    total = {"total": format_yuan(value.total + ground.facts.amount)}
    return detail, distance, _("a limit of %(total)s a buyer or more") % total


WORDS = ConditionWords(
    name="buyer_guard",
    label=gettext_lazy("Buyer guard"),
    answer_texts=_answer_texts,
)
