"""Why Douyin did not take a step, in words that people understand."""

from aftersale.domain.multilingual import said as _
from aftersale.platforms.protocol import Declined, Why

from . import codes
from .api import Refused
from .codes import Type

# For what has no published number the platform's own words decide, the first row that fits.
WORDS: tuple[tuple[Why, tuple[str, ...]], ...] = (
    (Why.NO_FUNDS, ("余额不足", "资金不足", "余额不够")),
    (Why.NOT_FOUND, ("不存在", "未找到", "查询不到")),
    (Why.PLATFORM_HANDLING, ("仲裁", "平台介入", "客服介入")),
    (Why.CHANGED, ("状态不符", "状态已", "已变更", "已更新", "版本")),
)


def why(refused: Refused) -> Why:
    if refused.number == codes.OTHER_STATE:
        return Why.CHANGED
    if refused.number in codes.NO_SUCH_TICKET:
        return Why.NOT_FOUND
    text = str(refused)
    return next(
        (reason for reason, words in WORDS if any(word in text for word in words)), Why.OTHER
    )


def declined(refused: Refused) -> Declined:
    if refused.number == codes.BACK_OFFICE_ONLY:
        text = _("Douyin takes this in its own back office only: %s")
        return Declined(Why.OTHER, text % refused)
    return Declined(why(refused), str(refused))


def entry_shut(conclusion: int, words: str) -> Declined:
    """Why an after-sale entry stays shut; `words` are the platform's."""
    known = {
        "past_period": _("Douyin does not open the after-sale entry: its period is over. %s"),
        "virtual": _("Douyin opens no after-sale entry for virtual goods. %s"),
        "too_often": _("Douyin does not open the after-sale entry once more. %s"),
    }
    text = known.get(codes.ENTRY_SHUT.get(conclusion, ""))
    told = (text or _("Douyin does not open the after-sale entry. %s")) % words
    return Declined(Why.OTHER, told.strip())


def not_for_this_kind(*, refusing: bool, type: int) -> Declined:
    if refusing and type == Type.REFUND_UNSHIPPED:
        text = _("Douyin lets nobody refuse a refund before shipping: ship the order instead.")
    elif type in codes.GOODS_ONLY:
        text = _("No money goes back here: send the new goods, and say so on Douyin.")
    else:
        text = _("Handle a request of this kind on Douyin.")
    return Declined(Why.OTHER, text)
