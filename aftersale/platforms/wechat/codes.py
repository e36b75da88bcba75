"""WeChat's codes and the desk's words for them, both ways (PLATFORMS b3, b4, b5)."""

from aftersale.domain.digits import whole_number
from aftersale.platforms.payments import Limit
from aftersale.platforms.protocol import Why

# The platform spells it with one L.
CANCELLED = "USER_CANCELD"
PROCESSING = "MERCHANT_PROCESSING"
WAIT_RETURN = "USER_WAIT_RETURN"
WAIT_RECEIPT = "MERCHANT_WAIT_RECEIPT"
WAIT_OFFER = "USER_WAIT_CONFIRM_UPDATE"
INTERCEPTING = "WAIT_PACKAGE_INTERCEPT"
PAYING = "PLATFORM_REFUNDING"
OVERDUE = "MERCHANT_OVERDUE_REFUND"
REFUNDED = "MERCHANT_REFUND_SUCCESS"
RETURNED = "MERCHANT_RETURN_SUCCESS"
PAYMENT_FAILED = "PLATFORM_REFUND_FAIL"
PAYMENT_GIVEN_UP = "MERCHANT_REFUND_RETRY_FAIL"
FAILED = "MERCHANT_FAIL"
# Paid outside the platform, which the buyer has yet to confirm.
WAIT_CONFIRM = "USER_WAIT_CONFIRM"
# The merchant opened the request, and the buyer has yet to agree.
WAIT_FOR_BUYER = "USER_WAIT_HANDLE_MERCHANT_AFTER_SALE"

# A parcel being intercepted waits for the carrier as a negotiation waits for the buyer: nothing
# may be decided automatically, and the platform brings it back.
TICKET_STATUS: dict[str, str] = {
    CANCELLED: "cancelled",
    PROCESSING: "pending_review",
    "MERCHANT_REJECT_REFUND": "rejected",
    "MERCHANT_REJECT_RETURN": "rejected",
    "MERCHANT_REJECT_EXCHANGE": "rejected",
    "MERCHANT_REJECT_RESHIP": "rejected",
    WAIT_RETURN: "awaiting_return",
    "RETURN_CLOSED": "closed",
    WAIT_RECEIPT: "returning",
    OVERDUE: "refunding",
    REFUNDED: "refunded",
    RETURNED: "refunded",
    PAYING: "refunding",
    PAYMENT_FAILED: "refund_failed",
    WAIT_CONFIRM: "refunding",
    PAYMENT_GIVEN_UP: "closed",
    FAILED: "closed",
    WAIT_OFFER: "negotiating",
    WAIT_FOR_BUYER: "negotiating",
    INTERCEPTING: "negotiating",
    # The new goods have been sent: an exchange is over (SPEC O4).
    "USER_WAIT_RECEIPT": "closed",
    "MERCHANT_EXCHANGE_SUCCESS": "closed",
}
# In these a ticket holds its order's money; of a type that is not known nobody can tell.
MONEY = {"awaiting_return", "returning", "refunding", "refunded"}
# A dispute stands beside these instead of replacing them.
DISPUTABLE = {PROCESSING, WAIT_OFFER} | {
    status for status, ours in TICKET_STATUS.items() if ours == "rejected"
}

# Numbers of statuses in older answers.
OLDER_STATUS: dict[int, str] = {
    1: CANCELLED,
    2: PROCESSING,
    4: "MERCHANT_REJECT_REFUND",
    5: "MERCHANT_REJECT_RETURN",
    6: WAIT_RETURN,
    7: "RETURN_CLOSED",
    8: WAIT_RECEIPT,
    12: OVERDUE,
    13: REFUNDED,
    14: RETURNED,
    15: PAYING,
    16: PAYMENT_FAILED,
    17: WAIT_CONFIRM,
    18: PAYMENT_GIVEN_UP,
    19: FAILED,
}

# Goods that are sent again are for people, as an exchange is.
TICKET_TYPE: dict[str, str] = {
    "REFUND": "refund_only",
    "RETURN": "return_refund",
    "EXCHANGE": "exchange",
    "RESHIP": "exchange",
}
OLDER_TYPE: dict[int, str] = {1: "REFUND", 2: "RETURN", 3: "EXCHANGE", 4: "RESHIP"}
WITH_MONEY = {"REFUND", "RETURN"}
# Types that a negotiation may offer; the platform has no others.
OFFERED_TYPE: dict[str, int] = {"refund_only": 1, "refund_keep_goods": 1, "return_refund": 2}

# Newer reasons are numbers that mean nothing without their text.
REASONS: dict[str, str] = {
    "INCORRECT_SELECTION": "拍错/多拍",
    "NO_LONGER_WANT": "不想要了",
    "NO_EXPRESS_INFO": "无快递信息",
    "EMPTY_PACKAGE": "包裹为空",
    "REJECT_RECEIVE_PACKAGE": "已拒签包裹",
    "NOT_DELIVERED_TOO_LONG": "快递长时间未送达",
    "NOT_MATCH_PRODUCT_DESC": "与商品描述不符",
    "QUALITY_ISSUE": "质量问题",
    "SEND_WRONG_GOODS": "卖家发错货",
    "THREE_NO_PRODUCT": "三无产品",
    "FAKE_PRODUCT": "假冒产品",
    "NO_REASON_7_DAYS": "七天无理由",
    "INITIATE_BY_PLATFORM": "平台代发起",
    "OTHERS": "其它",
    "10000000": "不想要了",
    "10000001": "缺货",
    "10000002": "拍错/多拍",
    "10000006": "卖家发错货",
    "10000007": "未收到商品",
    "10000008": "其他",
    "10000014": "双方协商一致退款",
    "10000015": "快递长时间未送达",
    "10000017": "物流无跟踪记录",
    "10000021": "质量问题",
}

# Why money went back (refund_info.refund_reason).
AUTOMATIC_REFUND = 4
DISPUTE_REFUND = 5

# sub_type; `kind` of aftersale.domain.platform_facts.
BY_PLATFORM = "INITIATE_BY_PLATFORM"
KIND: dict[str, str] = {"REFUND_PRICE_DIFF": "price_difference"}
DEFAULT_KIND = "DEFAULT"

ALL_SENT = 30
ORDER_STATUS: dict[int, str] = {
    5: "pending_payment",
    10: "pending_payment",
    # A present that nobody has taken yet, a group that is not full.
    12: "pending_shipment",
    13: "pending_shipment",
    20: "pending_shipment",
    21: "partially_shipped",
    30: "shipped",
    100: "completed",
    190: "closed",
    200: "closed",
    250: "closed",
}
# order_detail.delivery_info.deliver_method
VIRTUAL = {1, 3}
# sku_deliver_info.stock_type
PRESALE = "1"
# pay_info.payment_method: of the last two nothing can go back.
PAID_WITH: dict[int, str] = {1: "wechat", 2: "later", 3: "lottery", 4: "points"}
WITHOUT_MONEY = {3, 4}
BENEFICIARY: dict[int, str] = {0: "talent", 1: "team_leader"}

# Errors of a step: the platform did not take it. All others are Why.OTHER.
DECLINED: dict[int, Why] = {
    10020000: Why.NOT_FOUND,
    10020001: Why.CHANGED,
    10021041: Why.CHANGED,
    10021043: Why.NOT_FOUND,
    10021046: Why.NO_FUNDS,
    10021050: Why.NOT_FOUND,
    10021051: Why.PLATFORM_HANDLING,
    10021057: Why.NOT_FOUND,
    10021065: Why.PLATFORM_HANDLING,
    10021068: Why.NEGOTIATE_FIRST,
    10021500: Why.NOT_FOUND,
    10021503: Why.CHANGED,
    10021504: Why.CHANGED,
}
NO_SUCH_TICKET = {code for code, why in DECLINED.items() if why is Why.NOT_FOUND}
NO_SUCH_DISPUTE = 10021500
NO_SUCH_ORDER = {100002, 1010011}
BAD_ADDRESS = {10021058, 10021060, 10021062}
FORBIDDEN_CHARACTERS = 10020261

# Nobody knows whether these carried anything out.
SYSTEM_ERRORS = {-1, -2, 9700223}
# Seconds to wait, and what has to.
THROTTLED: dict[int, tuple[float, Limit]] = {
    10021044: (5, Limit.CALL),  # too many users just now
    10021059: (60, Limit.ORDER),  # one refund of an order per minute
    45009: (600, Limit.DAY),  # the day's quota
    45011: (60, Limit.APP),  # the minute's quota
}
# Tokens, credentials, addresses and permissions that the platform does not take.
NOT_AUTHORISED = {
    40001,
    40013,
    40014,
    40125,
    40164,
    41001,
    41002,
    41004,
    42001,
    45035,
    50001,
    50002,
    61004,
}
# The app has no right to this one call.
NOT_PERMITTED = {48001, 48004, 61007}

# Which scene a rejection is in, by the ticket's type there.
REJECT_SCENE: dict[str, int] = {"REFUND": 1, "RETURN": 4, "EXCHANGE": 5}
# The goods of an exchange came back, and no new ones are sent for them.
REJECT_NEW_GOODS = 6
# Our catalogue (aftersale.reject_reasons) in the platform's: its numbers, and parts of its labels.
# A label goes first: one number has been seen with two labels.
REJECT_REASONS: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "already_shipped": ((4,), ("已完成发货",)),
    "agreed_to_cancel": ((6,), ("已协商取消", "误操作")),
    "shipped_on_time": ((17,), ("已在约定时间发货",)),
    "reason_mismatch": ((24,), ("原因与实际不符",)),
    "made_to_order": ((15,), ("特殊品类",)),
    "no_defect_shown": ((16,), ("未存在问题",)),
    "missing_item_unproven": ((16,), ("未存在问题",)),
    "return_first": ((), ("需退货", "先退货", "退回商品")),
    "exchange_sold_out": ((), ("缺货", "无货", "库存不足")),
    "bad_return_tracking": ((19,), ("单号有误",)),
    "not_resaleable": ((20,), ("影响二次销售",)),
    "wrong_item_returned": ((21,), ("非本订单商品",)),
    "incomplete_return": ((22,), ("空包", "缺少配件")),
}

# merchantupdateaftersale: (update_reason_type, merchant_update_type). All of these need a picture.
# Others say that the buyer can't be reached, that a parcel could not be stopped or that goods are
# fresh: nobody here knows that, and so none of them is sent.
CHANGE_REQUEST = 3
OTHER_AMOUNT = (10, CHANGE_REQUEST)
NEW_REFUND = (6, CHANGE_REQUEST)
NEW_RETURN = (11, CHANGE_REQUEST)

TICKET_EVENTS = {
    "channels_ec_aftersale_update": "finder_shop_aftersale_status_update",
    "channels_ec_complaint_update": "finder_shop_complaint",
    # A group gift's, by its own number.
    "channels_ec_present_aftersale_update": "finder_shop_present_aftersale_status_update",
}
ORDER_EVENTS = "channels_ec_order_"


def whole(value: object) -> int:
    """A number that may come as text; 0 for anything else."""
    try:
        return int(str(value))
    except ValueError:
        return 0


def status_name(status: object) -> str:
    """The platform's name of a status, which older answers give as a number."""
    if isinstance(status, int):
        return OLDER_STATUS.get(status, str(status))
    text = str(status or "")
    number = whole_number(text)
    return text if number is None else OLDER_STATUS.get(number, text)


def kind_is_known(sub_type: object) -> bool:
    return str(sub_type or "0") in {"0", DEFAULT_KIND, *KIND}


def type_name(type: object) -> str:
    if isinstance(type, int):
        return OLDER_TYPE.get(type, str(type))
    text = str(type or "")
    number = whole_number(text)
    return text if number is None else OLDER_TYPE.get(number, text)
