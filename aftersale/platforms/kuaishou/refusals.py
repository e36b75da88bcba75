"""Why Kuaishou did not take a step, from its own words: the codes of it are not published."""

from aftersale.platforms.protocol import Declined, Why

from .api import Refused

# The first row with a word of the platform's text decides.
WORDS: tuple[tuple[Why, tuple[str, ...]], ...] = (
    (Why.NO_FUNDS, ("余额不足", "资金不足", "余额不够")),
    (Why.NOT_FOUND, ("不存在", "未找到", "查询不到")),
    (Why.PLATFORM_HANDLING, ("平台介入", "平台处理", "客服介入")),
    (Why.NEGOTIATE_FIRST, ("先协商", "协商后")),
    (Why.CHANGED, ("版本", "状态", "已变更", "已更新", "不一致")),
)


def why(text: str) -> Why:
    return next(
        (reason for reason, words in WORDS if any(word in text for word in words)), Why.OTHER
    )


def declined(refused: Refused) -> Declined:
    return Declined(why(str(refused)), str(refused))
