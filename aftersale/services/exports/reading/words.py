"""Words that all platforms' files share: types, reasons, and the plain ones of states."""

TYPES: dict[str, str | None] = {
    **dict.fromkeys(
        (
            "仅退款",
            "未发货退款",
            "已发货退款",
            "未发货仅退款",
            "已发货仅退款",
            "未发货退款(仅退款)",
            "退款",
        ),
        "refund_only",
    ),
    **dict.fromkeys(("退货退款", "退货", "退款退货"), "return_refund"),
    "换货": "exchange",
    # No ticket of ours: listed as left out.
    **dict.fromkeys(("补寄", "维修", "价保", "以旧换新"), None),
}
REASONS = {
    "不想要了": "no_longer_wanted",
    "多拍/拍错/不想要": "no_longer_wanted",
    "质量问题": "quality_issue",
    "描述不符": "not_as_described",
    "发错": "wrong_item",
    "少件": "missing_item",
    "漏发": "missing_item",
    "少件/漏发": "missing_item",
    "破损": "damaged",
    "未收到货": "not_received",
    "其他": "other",
}
ORDER_STATUSES = {
    **dict.fromkeys(("待付款", "待支付", "等待买家付款"), "pending_payment"),
    **dict.fromkeys(("待发货", "备货中", "待发货/备货中"), "pending_shipment"),
    "部分发货": "partially_shipped",
    **dict.fromkeys(("已发货", "待收货"), "shipped"),
    **dict.fromkeys(("已签收", "已收货"), "delivered"),
    **dict.fromkeys(("已完成", "交易成功", "交易完成"), "completed"),
    **dict.fromkeys(("已关闭", "已取消", "交易关闭"), "closed"),
}
TICKET_STATUSES = {
    **dict.fromkeys(
        ("待商家处理", "待处理", "待审核", "待商家审核", "等待卖家同意", "售后待处理"),
        "pending_review",
    ),
    **dict.fromkeys(("待买家退货", "待用户退货", "待用户发货", "待买家发货"), "awaiting_return"),
    **dict.fromkeys(("买家已退货", "待商家收货", "待商家确认收货"), "returning"),
    **dict.fromkeys(("退款中", "待退款"), "refunding"),
    **dict.fromkeys(("退款成功", "售后成功", "退款完成", "售后完成", "已退款"), "refunded"),
    "退款失败": "refund_failed",
    **dict.fromkeys(("商家拒绝", "商家已拒绝", "拒绝售后申请", "已拒绝"), "rejected"),
    **dict.fromkeys(("仲裁中", "平台处理中", "平台介入中", "平台介入"), "arbitration"),
    **dict.fromkeys(
        ("已撤销", "已取消", "买家撤销", "买家已撤销", "用户取消", "买家取消"), "cancelled"
    ),
    **dict.fromkeys(("售后关闭", "已关闭", "退款关闭", "关闭"), "closed"),
}
