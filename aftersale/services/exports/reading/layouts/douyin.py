"""Douyin (抖店): a row a sub order, or, as an option, a row an order with its lines joined."""

from ..layout import Kind, Sums, layout
from ..words import ORDER_STATUSES, TICKET_STATUSES, TYPES

ORDERS = layout(
    "douyin",
    Kind.ORDERS,
    {
        "order_no": "主订单编号",
        "line_key": "子订单编号",
        "status": "订单状态",
        "created_at": "订单提交时间",
        "paid_at": "支付完成时间",
        "shipped_at": "发货时间",
        "completed_at": "订单完成时间",
        "paid": "订单应付金额",
        "paid_less": "支付优惠",
        "product": "商品ID",
        "title": "选购商品",
        "spec": "商品规格",
        "quantity": "商品数量",
    },
    marks=("主订单编号", "子订单编号", "选购商品", "订单应付金额"),
    statuses=ORDER_STATUSES,
    sums=Sums.EACH,
    owed=True,
    row_has_status=True,
    joined_by=";",
)
AFTER_SALES = layout(
    "douyin",
    Kind.AFTER_SALES,
    {
        "ticket_no": "售后单号",
        "order_no": "订单号",
        "line_key": "商品单号",
        "type": "售后类型",
        "status": "售后状态",
        "amount": "退商品金额",
        "amount_freight": "退运费金额",
        "amount_tax": "退税费金额",
        "amount_less": "退支付优惠",
        "applied_at": "售后申请时间",
        "due_at": "自动处理截止时间",
        "reason": "售后原因",
        "note": "用户售后说明",
        "carrier": "退货物流公司",
        "tracking_no": "退货物流单号",
        "returned_at": "退货发货时间",
        "result_at": ("商家退款时间", "用户到账时间"),
    },
    marks=("售后单号", "商品单号", "退商品金额", "退支付优惠", "自动处理截止时间"),
    statuses={
        **TICKET_STATUSES,
        "待买家退货处理": "awaiting_return",
        "同意退款,退款中": "refunding",
        "同意退款,退款成功": "refunded",
        "同意退款,退款失败": "refund_failed",
        "发货后仅退款待处理": "pending_review",
        "退货待处理": "pending_review",
        "换货待处理": "pending_review",
        "补寄待处理": "pending_review",
        "换货待收货": "returning",
        "换货成功": "closed",
    },
    types=TYPES,
)
LAYOUTS = {"orders": ORDERS, "after-sales": AFTER_SALES}
