"""Rules of the fake shop's platform: codes, times, reasons."""

from datetime import timedelta

TYPES = {"refund_only": "REFUND", "return_refund": "RETURN", "exchange": "EXCHANGE"}
# Seen from outside, in the desk's words: this fake's own list, not the connector's.
TYPE_WORDS = {wire: ours for ours, wire in TYPES.items()}
STATUS_WORDS = {
    "USER_CANCELD": "cancelled",
    "MERCHANT_PROCESSING": "pending_review",
    "MERCHANT_REJECT_REFUND": "rejected",
    "MERCHANT_REJECT_RETURN": "rejected",
    "MERCHANT_REJECT_EXCHANGE": "rejected",
    "MERCHANT_REJECT_RESHIP": "rejected",
    "USER_WAIT_RETURN": "awaiting_return",
    "RETURN_CLOSED": "closed",
    "MERCHANT_WAIT_RECEIPT": "returning",
    "MERCHANT_REFUND_SUCCESS": "refunded",
    "MERCHANT_RETURN_SUCCESS": "refunded",
    "PLATFORM_REFUNDING": "refunding",
    "PLATFORM_REFUND_FAIL": "refund_failed",
    "MERCHANT_FAIL": "closed",
    "USER_WAIT_CONFIRM_UPDATE": "negotiating",
}
REJECTED = {
    "REFUND": "MERCHANT_REJECT_REFUND",
    "RETURN": "MERCHANT_REJECT_RETURN",
    "EXCHANGE": "MERCHANT_REJECT_EXCHANGE",
}
SCENES = {"REFUND": 1, "RETURN": 4, "EXCHANGE": 5}
# update_reason_type: (type, merchant_update_type)
OFFERS = {6: (1, 3), 7: (1, 2), 8: (2, 3), 9: (1, 1), 10: (1, 3), 11: (2, 3)}
WITH_PICTURE = {6, 7, 9, 10, 11}

# How long a ticket stays where it is, and until when money arrives.
WAITS = {
    "MERCHANT_PROCESSING": timedelta(hours=48),
    "USER_WAIT_CONFIRM_UPDATE": timedelta(hours=48),
    "USER_WAIT_RETURN": timedelta(days=10),
    "MERCHANT_WAIT_RECEIPT": timedelta(days=7),
    "PLATFORM_REFUNDING": timedelta(minutes=1),
    **dict.fromkeys(REJECTED.values(), timedelta(days=7)),
}
CALLS = {
    "/channels/ec/basics/info/get": "test",
    "/cgi-bin/stable_token": "renewed",
    "/channels/ec/order/list/get": "changed_orders",
    "/channels/ec/order/get": "order",
    "/channels/ec/aftersale/getaftersalelist": "changed_tickets",
    "/channels/ec/aftersale/getaftersaleorder": "ticket",
    "/channels/ec/aftersale/rejectapply": "reject",
    "/channels/ec/aftersale/rejectexchangereship": "reject",
    "/channels/ec/aftersale/rejectreason/get": "reject_reasons",
    "/channels/ec/aftersale/merchantupdateaftersale": "negotiate",
    "/channels/ec/aftersale/addcomplaintproof": "send_evidence",
    "/channels/ec/aftersale/addcomplaintmaterial": "send_evidence",
}
REASON_LABELS = {
    4: "包裹在买家发起售后时已完成发货/揽收",
    6: "买家误操作/已协商取消申请",
    15: "特殊品类商品不支持退款",
    16: "商品未存在问题",
    17: "已在约定时间发货且物流运输正常",
    19: "买家上传退货单号有误，商家未收到货",
    20: "买家寄回商品影响二次销售",
    21: "买家寄回包裹非本订单商品",
    22: "买家寄回包裹为空包、缺少配件/赠品等异常包裹",
    24: "买家申请售后原因与实际不符",
}
REASON_SCENES = {
    1: (4, 6, 15, 16, 17, 24),
    4: (6, 15, 16, 19, 20, 21, 22, 24),
    5: (6, 15, 16, 24),
    6: (19, 20, 21, 22),
}
