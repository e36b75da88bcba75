"""Xiaohongshu's codes beside Afterdesk's words; nothing else here knows a number."""

from enum import IntEnum


class Kind(IntEnum):
    """`returnType`: what the buyer asks for."""

    RETURN_REFUND = 1
    EXCHANGE = 2
    REFUND_ONLY_OLD = 3
    REFUND_SHIPPED = 4
    REFUND_UNSHIPPED = 5
    PRICE_PROTECTION = 6


class Status(IntEnum):
    """`status` of an after-sale request. Whether money has gone back is no matter of it."""

    REVIEW = 1
    WAIT_BUYER_PARCEL = 2
    WAIT_MERCHANT_RECEIPT = 3
    DONE = 4
    CANCELLED = 5
    CLOSED = 6
    REFUSED_AT_REVIEW = 9
    EXCHANGE_BECAME_REFUND = 11
    EXCHANGE_TO_SHIP = 12
    EXCHANGE_ON_ITS_WAY = 13
    PLATFORM = 14
    REFUSED_AT_RECEIPT = 9001


class Refund(IntEnum):
    """`refundStatus`: what has become of the money."""

    NONE = 0
    RUNNING = 1
    PAID = 2
    FAILED = 3
    CREATED = 101
    TRIGGERED = 108
    TO_REVIEW = 201
    PASSED = 301
    NOT_PASSED = 302
    CANCELLED = 401
    CLOSED = 402


class OrderStatus(IntEnum):
    UNPAID = 1
    PROCESSING = 2
    IN_CUSTOMS = 3
    TO_SHIP = 4
    PARTLY_SHIPPED = 5
    TO_RECEIVE = 6
    COMPLETED = 7
    CLOSED = 8
    CANCELLED = 9
    EXCHANGE_ASKED = 10


TICKET_TYPE: dict[int, str] = {
    Kind.RETURN_REFUND: "return_refund",
    Kind.EXCHANGE: "exchange",
    Kind.REFUND_ONLY_OLD: "refund_only",
    Kind.REFUND_SHIPPED: "refund_only",
    Kind.REFUND_UNSHIPPED: "refund_only",
    Kind.PRICE_PROTECTION: "refund_only",
}
# Refunded by an approval alone.
REFUND_ONLY = frozenset(code for code, word in TICKET_TYPE.items() if word == "refund_only")

TICKET_STATUS: dict[int, str] = {
    Status.REVIEW: "pending_review",
    Status.WAIT_BUYER_PARCEL: "awaiting_return",
    Status.WAIT_MERCHANT_RECEIPT: "returning",
    Status.CANCELLED: "cancelled",
    Status.CLOSED: "closed",
    Status.REFUSED_AT_REVIEW: "rejected",
    Status.REFUSED_AT_RECEIPT: "rejected",
    Status.PLATFORM: "arbitration",
}
# Of an exchange alone: new goods, and no money.
EXCHANGE_STATUS: dict[int, str] = {
    Status.DONE: "closed",
    Status.EXCHANGE_TO_SHIP: "returning",
    Status.EXCHANGE_ON_ITS_WAY: "returning",
}
# The money is on its way.
PAYING = frozenset({Refund.RUNNING, Refund.TRIGGERED, Refund.PASSED})
# A request that is done is paid after these.
TO_BE_PAID = frozenset({Refund.NONE, Refund.CREATED, Refund.TO_REVIEW}) | PAYING
KNOWN_REFUNDS = frozenset(Refund)
# Not decided yet there, so no refund has been ordered.
UNDECIDED = frozenset({Status.REVIEW, Status.WAIT_BUYER_PARCEL, Status.WAIT_MERCHANT_RECEIPT})
OVER_WITHOUT_MONEY = frozenset({Status.CANCELLED, Status.CLOSED})

# `returnsTag`: by which rule it is paid without an answer of the merchant's.
FAST_REFUND: dict[int, str] = {
    1: "platform",
    2: "merchant",
    3: "assistant",
    4: "seven_days",
    32: "after_shipping",
    35: "several",
    36: "several",
}

ORDER_STATUS: dict[int, str] = {
    OrderStatus.UNPAID: "pending_payment",
    OrderStatus.PROCESSING: "pending_shipment",
    OrderStatus.IN_CUSTOMS: "pending_shipment",
    OrderStatus.TO_SHIP: "pending_shipment",
    OrderStatus.PARTLY_SHIPPED: "partially_shipped",
    OrderStatus.TO_RECEIVE: "shipped",
    OrderStatus.COMPLETED: "completed",
    OrderStatus.CLOSED: "closed",
    OrderStatus.CANCELLED: "closed",
}
# `orderType`.
DEPOSIT, EXCHANGE_PARCEL = 2, 5
PAID_IN_FULL_PRESALE = frozenset({3, 4})
# `logisticsMode`; `logistics` where it is not given.
CROSS_BORDER_MODES = frozenset({2, 3, 4})
CROSS_BORDER_LOGISTICS = frozenset({"red_express", "red_standard", "red_bonded", "red_box"})
# Among `orderTagList`: nothing is sent by parcel.
WITHOUT_PARCEL = "NO_LOGISTICS_SHIP"
# `skuTag`.
GIFT = 1

# Codes whose words are shown beside a ticket or order (aftersale.domain.platform_facts).
RECEIVED: dict[int, str] = {1: "no", 2: "yes"}
PAID_WITH: dict[int, str] = {1: "alipay", 2: "wechat", 5: "later", 7: "alipay"}
FLAGS: dict[int, str] = {
    1: "grey",
    2: "red",
    3: "yellow",
    4: "green",
    5: "blue",
    6: "purple",
}

# `action` of afterSale.auditReturns and afterSale.confirmReceive.
REFUND_NOW, AGREE_RETURN, REFUSE = 1, 2, 3
RECEIVED_ALL_RIGHT, REFUSE_RECEIPT = 1, 2
# `rejectReasonType` as it is asked for, and `reasonType` as it is answered, which counts from 0.
AT_REVIEW, AT_RECEIPT = 1, 2

# The meaning of an answer's error_code; success is 0.
SUCCEEDED = 0
NOT_AUTHENTICATED = 401
THROTTLED = -9013
ORDER_MISSING = -2000101
