"""The order's status; the frame of the sentence says it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.models import OrderStatus
from strategies.engine.condition import Checked
from strategies.wording.condition import ConditionWords, Ground, Texts, listed


def _answer_texts(check: Checked, ground: Ground) -> Texts:
    labels = dict(OrderStatus.choices)
    status = labels.get(check.value, check.value)
    chosen = listed([str(labels.get(one, one)) for one in sorted(check.limit)])
    detail = _("the order was “%(status)s”; it is for: %(chosen)s") % {
        "status": status,
        "chosen": chosen,
    }
    return detail, "", _("the order status “%(status)s” among those chosen") % {"status": status}


WORDS = ConditionWords(
    name="order_status",
    label=gettext_lazy("Order status"),
    answer_texts=_answer_texts,
)
