"""Kuaishou's codes beside Afterdesk's words (PLATFORMS b2); nothing else here knows a number.

Two tables of after-sale statuses are in use there. They agree where they overlap, but for 10 and
20, which in one of them stand for any type: so the type is read from handlingWay alone.
"""

from enum import IntEnum


class Status(IntEnum):
    """`status` of an after-sale order."""

    UNKNOWN = 0
    APPLIED_REFUND_ONLY = 10
    APPLIED_RETURN_REFUND = 11
    SELLER_REJECTED = 12  # only the list's filter has it; tolerated everywhere
    PLATFORM_REFUND_ONLY = 20
    PLATFORM_RETURN_REFUND = 21
    PLATFORM_RETURN_CONFIRMED = 22
    PLATFORM_WAIT_BUYER_RECEIPT = 23
    WAIT_BUYER_RETURN = 30
    WAIT_SELLER_RECEIPT = 40
    WAIT_BUYER_RECEIPT = 45  # an exchange's new goods are on their way
    REFUNDING = 50
    SUCCESS = 60
    CLOSED = 70


class HandlingWay(IntEnum):
    """`handlingWay`: what the buyer asks for."""

    UNKNOWN = 0
    RETURN_REFUND = 1
    EXCHANGE = 3
    RESHIP = 4
    REPAIR = 5
    REFUND_ONLY = 10


class Negotiation(IntEnum):
    """`negotiateStatus` of an after-sale order that is still applied for."""

    UNKNOWN = 0
    WAITING_FOR_SELLER = 1
    AGREED = 2
    TURNED_DOWN = 3  # the buyer may change what he asked for, until a deadline


class OrderStatus(IntEnum):
    UNKNOWN = 0
    UNPAID = 10
    PAID = 30
    SHIPPED = 40
    RECEIVED = 50
    SUCCESS = 70
    FAILED = 80


# Afterdesk's word for a status. A closed ticket may have been withdrawn, have run out of time or
# have failed to be paid: the platform has one code for all three.
TICKET_STATUS: dict[int, str] = {
    Status.APPLIED_REFUND_ONLY: "pending_review",
    Status.APPLIED_RETURN_REFUND: "pending_review",
    Status.SELLER_REJECTED: "rejected",
    Status.PLATFORM_REFUND_ONLY: "arbitration",
    Status.PLATFORM_RETURN_REFUND: "arbitration",
    Status.PLATFORM_RETURN_CONFIRMED: "awaiting_return",
    Status.PLATFORM_WAIT_BUYER_RECEIPT: "arbitration",
    Status.WAIT_BUYER_RETURN: "awaiting_return",
    Status.WAIT_SELLER_RECEIPT: "returning",
    Status.WAIT_BUYER_RECEIPT: "returning",
    Status.REFUNDING: "refunding",
    Status.SUCCESS: "refunded",
    Status.CLOSED: "closed",
}
# In which statuses a ticket of Afterdesk's status can be there; those without an entry it can't.
STATUSES_OF: dict[str, frozenset[int]] = {
    word: frozenset(code for code, name in TICKET_STATUS.items() if name == word)
    for word in set(TICKET_STATUS.values())
}
TICKET_TYPE: dict[int, str] = {
    HandlingWay.RETURN_REFUND: "return_refund",
    HandlingWay.EXCHANGE: "exchange",
    HandlingWay.REFUND_ONLY: "refund_only",
}
# Goods kept is a service of the order here, no type of its own.
HANDLING_OF: dict[str, HandlingWay] = {
    "refund_only": HandlingWay.REFUND_ONLY,
    "refund_keep_goods": HandlingWay.REFUND_ONLY,
    "return_refund": HandlingWay.RETURN_REFUND,
    "exchange": HandlingWay.EXCHANGE,
}
# Goods sent or mended, and no money: for people, as an exchange is (SPEC O3).
GOODS_ONLY: dict[int, str] = {HandlingWay.RESHIP: "reship", HandlingWay.REPAIR: "repair"}

# Status 60 of any other is no money paid, and no approval pays any other.
WITH_MONEY = frozenset({HandlingWay.REFUND_ONLY, HandlingWay.RETURN_REFUND})

# Which changes of the type open.refund.reject takes.
CHANGES_OF_TYPE = frozenset(
    {
        (HandlingWay.RETURN_REFUND, HandlingWay.REFUND_ONLY),
        (HandlingWay.REFUND_ONLY, HandlingWay.RETURN_REFUND),
        (HandlingWay.EXCHANGE, HandlingWay.RETURN_REFUND),
    }
)

ORDER_STATUS: dict[int, str] = {
    OrderStatus.UNPAID: "pending_payment",
    OrderStatus.PAID: "pending_shipment",
    OrderStatus.SHIPPED: "shipped",
    OrderStatus.RECEIVED: "delivered",
    OrderStatus.SUCCESS: "completed",
    OrderStatus.FAILED: "closed",
}
ORDER_STATUS_OF: dict[str, OrderStatus] = {
    word: OrderStatus(code) for code, word in ORDER_STATUS.items()
}
# An order counts as shipped there with its first parcel.
ORDER_STATUS_OF["partially_shipped"] = OrderStatus.SHIPPED

# coType of orders without a parcel: top-ups, coupons, memberships, fuel cards, vouchers.
VIRTUAL = frozenset({2, 3, 5, 9, 13, 14})
CROSS_BORDER = 8
# orderPaymentStatus.payStepType, and the same among allActivityType.
DEPOSIT, DEPOSIT_ACTIVITY = 1, 6
# payStepStatus of orderPaymentSteps.
STEP_PAID = 30
# subOrderType.
GIFT = 2
# riskCode and disableDeliveryReasonCode; any value there forbids shipping.
DO_NOT_SHIP: dict[int, str] = {10001: "risk", 1: "group_not_full", 2: "risk_check"}
# validPromiseShipmentTimeStamp of an order that may not be shipped now; it says no reason.
NO_PROMISE = 0

# In which statuses a step can be taken there.
APPLIED = frozenset({Status.APPLIED_REFUND_ONLY, Status.APPLIED_RETURN_REFUND})
WITH_PLATFORM = frozenset(
    {
        Status.PLATFORM_REFUND_ONLY,
        Status.PLATFORM_RETURN_REFUND,
        Status.PLATFORM_WAIT_BUYER_RECEIPT,
    }
)
# Where the merchant may have said no, and the buyer may change what he asked for.
TURNED_DOWN_IN = APPLIED | {Status.WAIT_SELLER_RECEIPT}
RECEIPT = frozenset(
    {
        Status.PLATFORM_RETURN_CONFIRMED,
        Status.WAIT_BUYER_RETURN,
        Status.WAIT_SELLER_RECEIPT,
    }
)

# Codes whose words are shown beside a ticket or order (aftersale.domain.platform_facts).
STARTED_BY: dict[int, str] = {1: "buyer", 2: "merchant"}
RECEIVED: dict[int, str] = {1: "no", 2: "yes"}
NEGOTIATIONS: dict[int, str] = {
    10008: "changed",
    10013: "accepted",
    10033: "agreed",
    10036: "sent_back",
}
PRICE_PROTECTION = 1
RETURN_FREIGHT: dict[int, str] = {
    10: "waiting",
    20: "agreed",
    30: "paying",
    40: "paid",
    50: "closed",
}
FREIGHT_DECIDED = frozenset(RETURN_FREIGHT) - {10}
FLAGS: dict[str, str] = {
    "red_flag_tag_order": "red",
    "yellow_flag_tag_order": "yellow",
    "green_flag_tag_order": "green",
    "blue_flag_tag_order": "blue",
    "purple_flag_tag_order": "purple",
    "grey_flag_tag_order": "grey",
}
ADDRESS_CHANGE: dict[int, str] = {10: "waiting", 20: "yes", 30: "no"}
RETURN_RULE: dict[int, str] = {1: "seven_days", 3: "negotiated"}
PAID_WITH: dict[int, str] = {1: "wechat", 2: "alipay", 3: "bank", 88: "later", 99: "transfer"}

# The meaning of an answer's code; 1 is success, and one integration has seen 200.
SUCCEEDED = frozenset({1, 200})
NOT_AUTHENTICATED = frozenset({21, 24})
NOT_PERMITTED = frozenset({22, 25, 26})
BAD_SIGNATURE = frozenset({27, 28})
THROTTLED = frozenset({15, 16, 17, 1016, 1017, 802000})
# The app's calls of the day are used up.
QUOTA_SPENT = frozenset({802006})
