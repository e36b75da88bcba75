"""Why Xiaohongshu did not take a step, from its own words: the codes of it are not published."""

from aftersale.domain.multilingual import said as _
from aftersale.platforms.protocol import Declined, Why
from aftersale.platforms.xiaohongshu import codes

from .api import Refused

_MISSING = ("不存在", "未找到", "查询不到")
_NO_FUNDS = ("余额不足", "资金不足", "余额不够")


def is_missing(refused: Refused) -> bool:
    return refused.code == codes.ORDER_MISSING or any(word in str(refused) for word in _MISSING)


def declined(refused: Refused, *, changed: bool) -> Declined:
    """`changed`: the ticket is not what it was when the step was sent."""
    text = _("Xiaohongshu refuses: %s") % refused
    if changed:
        return Declined(Why.CHANGED, text)
    if any(word in str(refused) for word in _NO_FUNDS):
        return Declined(Why.NO_FUNDS, text)
    return Declined(Why.OTHER, text)
