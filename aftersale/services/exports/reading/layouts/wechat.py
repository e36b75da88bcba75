"""WeChat shop (微信小店): a row a line, with the order's sums on each; no buyer, no deadline."""

from ..layout import Kind, layout
from ..words import ORDER_STATUSES, TICKET_STATUSES, TYPES

ORDERS = layout(
    "wechat",
    Kind.ORDERS,
    {
        "order_no": "订单号",
        "status": "订单状态",
        "created_at": ("订单下单时间", "下单时间"),
        "paid_at": "支付时间",
        "shipped_at": "订单发货时间",
        "delivered_at": "订单确认收货时间",
        "completed_at": "订单完成结算时间",
        "paid": ("订单实际支付金额", "订单实付支付金额"),
        "refunded": "商品已退款金额",
        "product": "商品编码(平台)",
        "title": "商品名称",
        "spec": "商品属性",
        "quantity": "商品数量",
        "line_paid": "商品实际价格(总共)",
        "price": ("商品价格(单件)", "商品价格"),
    },
    marks=("订单下单时间", "商品编码(平台)", "商品价格(单件)", "技术服务费", "礼物单号"),
    statuses={**ORDER_STATUSES, "已收货": "completed"},
)
AFTER_SALES = layout(
    "wechat",
    Kind.AFTER_SALES,
    {
        "ticket_no": "售后单号",
        "order_no": ("订单编号", "订单号"),
        "line_product": "商品编码(平台)",
        "type": "退款类型",
        "status": "退款状态",
        "amount": "退款金额",
        "applied_at": "售后申请时间",
        "reason": "退款原因",
        "note": "具体描述",
        "carrier": "退换货物流公司",
        "tracking_no": "退换货物流单号",
        "returned_at": "用户退换货发货时间",
        "result_at": ("用户到账时间", "售后完结时间"),
    },
    marks=("售后单号", "退款类型", "状态描述", "执行方式", "申请售后数量"),
    statuses=TICKET_STATUSES,
    types=TYPES,
)
LAYOUTS = {"orders": ORDERS, "after-sales": AFTER_SALES}
