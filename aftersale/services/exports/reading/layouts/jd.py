"""JD (京东): a row a line with the order's sums on each; shops of it have the platform `other`."""

from ..layout import Kind, layout
from ..words import ORDER_STATUSES, TICKET_STATUSES, TYPES

_STATUSES = {
    **ORDER_STATUSES,
    "等待付款": "pending_payment",
    "等待出库": "pending_shipment",
    "等待打印": "pending_shipment",
    "等待确认收货": "shipped",
    "已出库": "shipped",
    "完成": "completed",
    "取消": "closed",
}
ORDERS = layout(
    "other",
    Kind.ORDERS,
    {
        "order_no": "订单号",
        "status": "订单状态",
        "buyer": ("下单帐号", "下单账号"),
        "created_at": "下单时间",
        "paid_at": "付款确认时间",
        "completed_at": "订单完成时间",
        "paid": "应付金额",
        "product": ("商品ID", "商家SKUID"),
        "title": "商品名称",
        "quantity": "订购数量",
        "price": "京东价",
    },
    marks=("订购数量", "京东价", "下单帐号", "应付金额"),
    # An order that was called off keeps its status, with this before it.
    statuses={**_STATUSES, **{f"(删除){status}": "closed" for status in _STATUSES}},
    owed=True,
)
AFTER_SALES = layout(
    "other",
    Kind.AFTER_SALES,
    {
        "ticket_no": "服务单号",
        "order_no": "订单号",
        "line_product": "商品编号",
        "buyer": ("下单账号", "下单帐号"),
        "type": "客户期望",
        "status": "服务单状态",
        "amount": "退款金额",
        "applied_at": "售后申请时间",
        "reason": "一级申请原因",
        "note": "客户问题描述",
        "carrier": "快递公司",
        "tracking_no": "运单号",
        "result_at": "审核时间",
    },
    marks=("服务单号", "客户期望", "服务单状态"),
    statuses={
        **TICKET_STATUSES,
        "待用户寄回": "awaiting_return",
        "待收货": "returning",
        "待商家退款": "returning",
        "已完成": "closed",
        "完成": "closed",
        "取消": "cancelled",
        "审核不通过": "rejected",
    },
    types={**TYPES, "返修": None},
)
LAYOUTS = {"orders": ORDERS, "after-sales": AFTER_SALES}
