"""Afterdesk's reject reasons beside those that Kuaishou lists for a ticket.

People choose among a ticket's own reasons (SPEC P2). A reason of the catalogue, as files and
programs send it, is found by words: Kuaishou's numbers differ from ticket to ticket, and only its
labels say anything.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aftersale import reject_reasons as catalogue
from aftersale.platforms.kuaishou.values import identity
from aftersale.platforms.protocol import PlatformReason, own_reason

# A label that holds one of these words means that reason; earlier words say it better.
WORDS: dict[str, tuple[str, ...]] = {
    "already_shipped": ("已发货", "已揽收", "已寄出", "已出库"),
    "agreed_to_cancel": ("协商一致", "已协商", "误操作", "取消申请", "撤销"),
    "shipped_on_time": ("运输正常", "物流正常", "按时发货", "运输中", "派送中"),
    "reason_mismatch": ("原因与实际不符", "原因不符", "与实际不符", "与事实不符"),
    "made_to_order": ("特殊", "定制", "生鲜", "不支持七天", "不支持7天", "已拆封"),
    "no_defect_shown": ("无质量问题", "不存在问题", "未存在问题", "未提供凭证", "凭证"),
    "missing_item_unproven": ("未少件", "未漏发", "少件", "漏发"),
    "return_first": ("未退货", "需退货", "退货退款", "未寄回"),
    "exchange_sold_out": ("缺货", "无货", "库存"),
    "bad_return_tracking": ("单号有误", "单号错误", "单号", "未收到"),
    "not_resaleable": ("二次销售", "损坏", "破损", "已使用"),
    "wrong_item_returned": ("非本", "不是本", "不一致"),
    "incomplete_return": ("空包", "缺少", "配件", "数量不符"),
}
OTHER = ("其他", "其它")


def reasons(data: Any) -> list[PlatformReason]:
    """The rows of open.refund.reject.reason; the list's own name is not documented."""
    if isinstance(data, Mapping):
        data = next((value for value in data.values() if isinstance(value, list)), [])
    rows = [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []
    found = [
        PlatformReason(
            code=_first(row, "reasonCode", "rejectReasonCode", "code"),
            label=_first(row, "reasonDesc", "rejectReasonDesc", "reason", "desc"),
            hint=_first(row, "tip"),
            needs_text=row.get("requiredRejectDesc") is True,
            needs_pictures=row.get("requiredRejectImage") is True,
        )
        for row in rows
    ]
    return [reason for reason in found if reason.code and reason.label]


def chosen(reason: str, offered: Sequence[PlatformReason]) -> PlatformReason | None:
    """The one that people chose among those on offer, or the nearest to one of the catalogue."""
    code = own_reason(reason)
    if code is None:
        return nearest(reason, offered)
    return next((one for one in offered if one.code == code), None)


def label_of(reason: str) -> str:
    return str(catalogue.label_of(own_reason(reason) or reason))


def nearest(code: str, offered: Sequence[PlatformReason]) -> PlatformReason | None:
    """The nearest match to a reason of the catalogue, or else the platform's “other”."""
    return _with_words(WORDS.get(code, ()), offered) or _with_words(OTHER, offered)


def for_offer(offered: Sequence[PlatformReason]) -> PlatformReason | None:
    """The reason that an offer to the buyer is sent under."""
    return _with_words((*OTHER, "协商"), offered)


def _with_words(words: Sequence[str], offered: Sequence[PlatformReason]) -> PlatformReason | None:
    """Of those that a word fits, one that needs no pictures goes first."""
    for word in words:
        fitting = [reason for reason in offered if word in reason.label]
        if fitting:
            return min(fitting, key=lambda reason: reason.needs_pictures)
    return None


def _first(row: Mapping[str, Any], *names: str) -> str:
    return next((text for name in names if (text := identity(row, name))), "")
