"""Files of no known layout, taken by the heads that all have: a back office with columns picked by
the merchant, or another program's export. The shop's platform says which words its states have."""

from ..layout import Kind, layout
from ..words import ORDER_STATUSES, TICKET_STATUSES, TYPES

ORDERS = layout(
    "other",
    Kind.ORDERS,
    {
        "order_no": ("订单号", "订单编号", "主订单编号"),
        "line_key": "子订单编号",
        "status": "订单状态",
        "buyer": ("买家ID", "用户编号", "买家会员名"),
        "created_at": ("订单创建时间", "下单时间", "订单提交时间", "创建时间"),
        "paid_at": ("订单支付时间", "支付时间", "订单付款时间", "付款时间", "支付完成时间"),
        "shipped_at": ("发货时间", "订单发货时间"),
        "delivered_at": ("确认收货时间", "签收时间"),
        "completed_at": ("订单完成时间", "完成时间"),
        "paid": ("实付款", "实付金额", "用户实付金额", "买家实付金额", "订单实付金额"),
        "product": ("商品ID", "商品编码", "商家编码"),
        "title": ("商品名称", "商品标题", "商品"),
        "spec": ("商品规格", "规格"),
        "quantity": ("商品数量", "数量", "购买数量"),
        "price": ("商品单价", "单价"),
    },
    statuses=ORDER_STATUSES,
)
AFTER_SALES = layout(
    "other",
    Kind.AFTER_SALES,
    {
        "ticket_no": ("售后单号", "售后编号", "退款编号", "退款单号"),
        "order_no": ("订单编号", "订单号"),
        "buyer": "买家ID",
        "line_product": ("商品ID", "商品编码"),
        "type": ("售后类型", "退款类型"),
        "status": ("售后状态", "退款状态"),
        "amount": ("退款金额", "申请退款金额", "申请售后金额"),
        "applied_at": ("售后申请时间", "申请时间", "退款申请时间"),
        "due_at": ("商家处理截止时间", "超时时间", "处理截止时间"),
        "reason": ("售后原因", "退款原因", "申请原因"),
        "note": ("申请描述", "退款说明", "具体描述"),
        "carrier": "退货物流公司",
        "tracking_no": "退货物流单号",
        "result_at": ("售后完结时间", "退款完成时间"),
    },
    statuses=TICKET_STATUSES,
    types=TYPES,
)
LAYOUTS = {"orders": ORDERS, "after-sales": AFTER_SALES}
