"""Pinduoduo (拼多多): a row an order, its columns picked by the merchant; the status joins what
became of the order and of its money."""

from ..cells import word
from ..layout import Kind, layout
from ..words import TICKET_STATUSES, TYPES

_REFUNDED = {
    "未发货,退款成功": "closed",
    "已发货,退款成功": "shipped",
    "已签收,退款成功": "delivered",
    "已收货,退款成功": "delivered",
    "已取消,退款成功": "closed",
    "未成交,退款成功": "closed",
}
ORDERS = layout(
    "pinduoduo",
    Kind.ORDERS,
    {
        "order_no": "订单号",
        "status": "订单状态",
        "created_at": "订单成交时间",
        "paid_at": "支付时间",
        "shipped_at": "发货时间",
        "delivered_at": "确认收货时间",
        "paid": "用户实付金额",
        "product": "商品id",
        "title": "商品",
        "spec": "商品规格",
        "quantity": "商品数量",
    },
    marks=("商品", "订单号", "商家实收金额", "用户实付金额"),
    statuses={
        "待付款": "pending_payment",
        "待发货": "pending_shipment",
        "已发货,待签收": "shipped",
        "已发货,待收货": "shipped",
        "已发货": "shipped",
        "待收货": "shipped",
        "已签收": "delivered",
        "已收货": "delivered",
        "已取消": "closed",
        **_REFUNDED,
    },
    all_refunded=frozenset(map(word, _REFUNDED)),
    dated_number=True,
)
AFTER_SALES = layout(
    "pinduoduo",
    Kind.AFTER_SALES,
    {
        "ticket_no": "售后编号",
        "order_no": "订单编号",
        "type": "退款类型",
        "status": "售后状态",
        "amount": "退款金额",
        "applied_at": "申请时间",
        "reason": "退款原因",
        "carrier": "退货快递公司",
        "tracking_no": "退货快递单号",
        "result_at": "同意退款时间",
    },
    marks=("售后编号", "订单编号", "交易金额", "退款类型"),
    statuses={
        **TICKET_STATUSES,
        "买家申请退款,待商家处理": "pending_review",
        "退货退款,待商家处理": "pending_review",
        "商家同意退款,退款中": "refunding",
        "驳回退款,待用户处理": "rejected",
        "已同意退货退款,待用户发货": "awaiting_return",
        "退货完成,待退款": "returning",
        "平台拒绝退款,退款关闭": "closed",
        "商家拒绝退款,退款关闭": "closed",
        "部分退款成功": "refunded",
        "售后单失败": "closed",
    },
    types=TYPES,
)
LAYOUTS = {"orders": ORDERS, "after-sales": AFTER_SALES}
