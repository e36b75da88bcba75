"""Kuaishou (快手小店): a row an order, each of one item; only its after-sales name the buyer."""

from ..layout import Kind, layout
from ..words import ORDER_STATUSES, TICKET_STATUSES, TYPES

ORDERS = layout(
    "kuaishou",
    Kind.ORDERS,
    {
        "order_no": ("订单号", "订单编号"),
        "status": "订单状态",
        "created_at": "订单创建时间",
        "paid_at": "订单支付时间",
        "shipped_at": "发货时间",
        "paid": "实付款",
        "product": "商品ID",
        "title": "商品名称",
        "spec": "商品规格",
        "quantity": "成交数量",
        "price": "商品单价",
    },
    marks=("赠品订单号", "成交数量", "CPS达人ID", "快赚客ID"),
    statuses=ORDER_STATUSES,
)
AFTER_SALES = layout(
    "kuaishou",
    Kind.AFTER_SALES,
    {
        "ticket_no": "售后单号",
        "order_no": ("订单编号", "订单号"),
        "buyer": "买家ID",
        "type": "售后类型",
        "status": "售后状态",
        "amount": "退款金额",
        "applied_at": "售后申请时间",
        "due_at": "超时时间",
        "reason": "售后原因",
        "note": "申请描述",
        "carrier": "退货物流公司",
        "tracking_no": "退货物流单号",
        "result_at": "售后完结时间",
    },
    marks=("售后单号", "订单编号", "买家ID", "是否ATOM处理"),
    statuses=TICKET_STATUSES,
    types=TYPES,
)
LAYOUTS = {"orders": ORDERS, "after-sales": AFTER_SALES}
