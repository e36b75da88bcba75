"""Afterdesk's reject reasons beside those that Xiaohongshu lists for a ticket.

People choose among a ticket's own reasons (SPEC P2). A reason of the catalogue, as files and
programs send it, is found by words: of the platform's numbers two are known.
"""

from collections.abc import Sequence
from typing import Any

from aftersale import reject_reasons as catalogue
from aftersale.domain.multilingual import said as _
from aftersale.platforms.protocol import PlatformReason, own_reason
from aftersale.platforms.xiaohongshu.values import clean, identity, rows, whole

# A label that holds one of these words means that reason; earlier words say it better.
WORDS: dict[str, tuple[str, ...]] = {
    "already_shipped": ("已发货", "已揽收", "已寄出"),
    "agreed_to_cancel": ("协商一致", "已协商", "误操作"),
    "shipped_on_time": ("运输正常", "物流正常", "运输中"),
    "reason_mismatch": ("原因与实际不符", "原因不符", "与实际不符"),
    "made_to_order": ("定制", "特殊", "生鲜", "已拆封"),
    "no_defect_shown": ("有效凭证", "无质量问题", "凭证"),
    "missing_item_unproven": ("未少件", "未漏发", "少件"),
    "return_first": ("未退货", "需退货", "未寄回"),
    "exchange_sold_out": ("缺货", "无货", "库存"),
    "bad_return_tracking": ("单号有误", "单号", "未收到"),
    "not_resaleable": ("二次销售", "破损", "已使用"),
    "wrong_item_returned": ("非本", "不一致", "其他商品"),
    "incomplete_return": ("空包", "缺少", "数量不符"),
}
OTHER = ("其他", "其它")


def offered(data: Any, stage: int, *, unshipped: bool) -> list[PlatformReason]:
    """The rows of afterSale.rejectReasons that are meant for a stage; a list by itself in older
    answers."""
    listed = rows({"all": data}, "all") or rows({"all": _inner(data)}, "all")
    found = [
        PlatformReason(
            code=identity(row, "reasonId"),
            label=clean(row.get("reasonName")),
            needs_text=any(word in clean(row.get("reasonName")) for word in OTHER),
            hint=_hint(unshipped=unshipped),
        )
        for row in listed
        if whole(row.get("reasonType")) in (None, stage - 1)
    ]
    return [reason for reason in found if reason.code and reason.label]


def chosen(reason: str, among: Sequence[PlatformReason]) -> PlatformReason | None:
    """The one that people chose among those on offer, or the nearest to one of the catalogue."""
    code = own_reason(reason)
    if code is None:
        return _with_words(WORDS.get(reason, ()), among) or _with_words(OTHER, among)
    return next((one for one in among if one.code == code), None)


def label_of(reason: str) -> str:
    return str(catalogue.label_of(own_reason(reason) or reason))


def _hint(*, unshipped: bool) -> str:
    """A hint to read before rejecting."""
    if unshipped:
        return _(
            "Xiaohongshu closes a refused request for unshipped goods at once, and is sent no"
            " pictures: they stay with the desk."
        )
    return _(
        "A refused request closes by itself where the buyer does nothing. Xiaohongshu is sent no"
        " pictures: they stay with the desk."
    )


def _inner(data: Any) -> Any:
    return data.get("rejectReasons") if isinstance(data, dict) else None


def _with_words(words: Sequence[str], among: Sequence[PlatformReason]) -> PlatformReason | None:
    return next((reason for word in words for reason in among if word in reason.label), None)
