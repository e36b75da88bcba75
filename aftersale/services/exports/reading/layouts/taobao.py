"""Taobao and Tmall (千牛): orders of old in two files, with the lines in the second; orders of
today in one, without product numbers or buyers."""

from ..layout import Kind, layout
from ..words import TICKET_STATUSES

_STATUSES = {
    "等待买家付款": "pending_payment",
    "买家已付款,等待卖家发货": "pending_shipment",
    "卖家部分发货": "partially_shipped",
    "卖家已发货,等待买家确认": "shipped",
    "买家已签收": "delivered",
    "交易成功": "completed",
    "交易关闭": "closed",
}
ORDERS_OF_OLD = layout(
    "taobao",
    Kind.ORDERS,
    {
        "order_no": "订单编号",
        "status": "订单状态",
        "buyer": "买家会员名",
        "created_at": "订单创建时间",
        "paid_at": "订单付款时间",
        "paid": "买家实际支付金额",
        "title": "宝贝标题",
        "quantity": "宝贝总数量",
    },
    marks=("买家会员名", "买家实际支付金额", "宝贝种类"),
    statuses=_STATUSES,
)
ORDERS = layout(
    "taobao",
    Kind.ORDERS,
    {
        "order_no": "订单编号",
        "status": "订单状态",
        "created_at": "订单创建时间",
        "paid_at": "订单付款时间",
        "shipped_at": "发货时间",
        "delivered_at": "确认收货时间",
        "paid": "买家实付金额",
        "refunded": "退款金额",
        "title": "商品标题",
        "spec": "商品属性SKU",
        "quantity": "宝贝总数量",
    },
    marks=("支付单号", "买家实付金额", "宝贝总数量"),
    statuses=_STATUSES,
)
LINES = layout(
    "taobao",
    Kind.LINES,
    {
        "order_no": "订单编号",
        "product": ("商家编码", "外部系统编号"),
        "title": "标题",
        "spec": "商品属性",
        "quantity": "购买数量",
        "price": "价格",
    },
    marks=("订单编号", "标题", "价格", "购买数量", "外部系统编号"),
)
AFTER_SALES = layout(
    "taobao",
    Kind.AFTER_SALES,
    {
        "ticket_no": "退款编号",
        "order_no": "订单编号",
        "line_product": "商品编码",
        "type": "是否需要退货",
        "status": "退款状态",
        "amount": ("退款总额", "买家退款金额"),
        "applied_at": ("退款的申请时间", "退款申请时间"),
        "due_at": "超时时间",
        "reason": "买家退款原因",
        "note": "买家退款说明",
        "carrier": "退货物流公司",
        "tracking_no": "退货物流单号",
        "returned_at": "买家退货时间",
        "result_at": "退款完结时间",
    },
    marks=("退款编号", "是否需要退货", "退款状态", "货物状态"),
    statuses={
        **TICKET_STATUSES,
        "买家已经申请退款,等待卖家同意": "pending_review",
        "卖家已经同意退款,等待买家退货": "awaiting_return",
        "买家已经退货,等待卖家确认收货": "returning",
        "卖家拒绝退款": "rejected",
        "退款关闭": "closed",
        "退款成功": "refunded",
    },
    types={
        "是": "return_refund",
        "否": "refund_only",
        "需要退货": "return_refund",
        "不需要退货": "refund_only",
    },
)
LAYOUTS = {
    "orders-of-old": ORDERS_OF_OLD,
    "orders": ORDERS,
    "order-lines": LINES,
    "after-sales": AFTER_SALES,
}
