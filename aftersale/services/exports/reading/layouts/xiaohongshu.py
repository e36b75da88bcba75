"""Xiaohongshu (小红书): a row a line, with gifts; its files hold identity numbers, never read."""

from ..layout import Kind, Sums, layout
from ..words import ORDER_STATUSES, TICKET_STATUSES, TYPES

ORDERS = layout(
    "xiaohongshu",
    Kind.ORDERS,
    {
        "order_no": "订单号",
        "line_key": "规格ID",
        "status": "订单状态",
        "buyer": "用户编号",
        "created_at": "订单创建时间",
        "paid_at": "支付时间",
        "shipped_at": "订单发货时间",
        "completed_at": "订单完成时间",
        "paid": "用户应付金额",
        "product": ("商品ID", "小红书编码"),
        "title": "SKU名称",
        "spec": "SKU规格",
        "quantity": "SKU件数",
    },
    marks=("小红书编码", "规格ID", "SKU件数", "用户应付金额"),
    statuses={**ORDER_STATUSES, "待配货": "pending_shipment", "已支付": "pending_shipment"},
    sums=Sums.EACH,
    owed=True,
)
AFTER_SALES = layout(
    "xiaohongshu",
    Kind.AFTER_SALES,
    {
        "ticket_no": "售后单号",
        "order_no": "订单号",
        "line_title": "商品名称",
        "type": "售后类型",
        "status": "售后状态",
        "amount": "申请售后金额",
        "applied_at": ("售后申请时间", "退货创建时间"),
        "reason": "原因",
        "note": "描述",
    },
    marks=("售后单号", "订单号", "申请售后金额"),
    statuses=TICKET_STATUSES,
    types=TYPES,
)
LAYOUTS = {"orders": ORDERS, "after-sales": AFTER_SALES}
