"""Afterdesk's reject reasons beside those that Douyin lists for a ticket.

People choose among a ticket's own reasons (SPEC P2). A reason of the catalogue, as files and
programs send it, is found by words: the platform publishes no numbers.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aftersale import reject_reasons as catalogue
from aftersale.platforms.protocol import PlatformReason, own_reason

from .values import clean, identity, rows

# A reason that holds one of these words means that one; earlier words say it better.
WORDS: dict[str, tuple[str, ...]] = {
    "already_shipped": ("已发货", "已揽收", "已寄出", "已出库"),
    "agreed_to_cancel": ("协商一致", "已协商", "误操作", "取消申请"),
    "shipped_on_time": ("运输正常", "物流正常", "按时发货", "运输中", "派送中"),
    "reason_mismatch": ("原因与实际不符", "原因不符", "与实际不符", "与事实不符"),
    "made_to_order": ("定制", "生鲜", "不支持七天", "不支持7天", "已拆封"),
    "no_defect_shown": ("没有问题", "无质量问题", "不存在问题", "举证无效"),
    "missing_item_unproven": ("未少件", "未漏发", "少件", "漏发"),
    "return_first": ("未退货", "需退货", "未寄回"),
    "exchange_sold_out": ("缺货", "无货", "库存"),
    "bad_return_tracking": ("退货单号", "单号有误", "单号错误"),
    "not_resaleable": ("二次销售", "损坏", "破损", "已使用"),
    "wrong_item_returned": ("非本", "不是本", "不一致"),
    "incomplete_return": ("空包", "缺少", "配件", "数量不符"),
}
OTHER = ("其他", "其它")


def reasons(data: Mapping[str, Any]) -> list[PlatformReason]:
    """The rows of rejectReasonCodeList."""
    found = [
        PlatformReason(
            code=identity(row, "reject_reason_code"),
            label=clean(row.get("reason")),
            needs_pictures=clean(row.get("evidence_need")).upper() == "Y",
            hint=clean(row.get("evidence_description")),
        )
        for row in rows(data, "items")
    ]
    return [reason for reason in found if reason.code and reason.label]


def chosen(reason: str, offered: Sequence[PlatformReason]) -> PlatformReason | None:
    """The one that people chose among those on offer, or the nearest to one of the catalogue."""
    code = own_reason(reason)
    if code is None:
        return _with_words(WORDS.get(reason, ()), offered) or _with_words(OTHER, offered)
    return next((one for one in offered if one.code == code), None)


def label_of(reason: str) -> str:
    return str(catalogue.label_of(own_reason(reason) or reason))


def _with_words(words: Sequence[str], offered: Sequence[PlatformReason]) -> PlatformReason | None:
    """Of those that a word fits, one that needs no pictures goes first."""
    for word in words:
        fitting = [reason for reason in offered if word in reason.label]
        if fitting:
            return min(fitting, key=lambda reason: reason.needs_pictures)
    return None
