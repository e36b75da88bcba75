"""Douyin's codes beside Afterdesk's words (PLATFORMS b6); nothing else here knows a number."""

from enum import IntEnum


class Type(IntEnum):
    """`after_sale_type`: what the buyer asks for."""

    RETURN_REFUND = 0
    REFUND_SHIPPED = 1
    REFUND_UNSHIPPED = 2
    EXCHANGE = 3
    CANCELLED_BY_SYSTEM = 4
    CANCELLED_BY_BUYER = 5
    PRICE_PROTECTION = 6
    RESHIP = 7
    REPAIR = 8


class Status(IntEnum):
    """`after_sale_status`."""

    SENT_AS_LISTED = 3  # the list's second code for SENT
    APPLIED = 6
    WAIT_RETURN = 7
    WAIT_SHIPPING = 8  # goods are to be sent again
    RETURNING = 11
    SUCCESS = 12  # agreed; whether it is paid, `refund_status` says
    SENT = 13
    GOODS_DONE = 14
    REFUSED = 27
    CLOSED = 28
    REFUSED_AFTER_RETURN = 29
    ORDER_CANCELLED = 51
    REVERSED = 53


class Money(IntEnum):
    """`refund_status`."""

    NONE = 0
    DUE = 1
    RUNNING = 2
    PAID = 3
    FAILED = 4
    RECOVERED = 5  # the platform paid the buyer first, and has taken it from the merchant


class OrderStatus(IntEnum):
    UNPAID = 1
    TO_SHIP = 2
    SHIPPED = 3
    CANCELLED = 4
    COMPLETED = 5
    PARTLY_SHIPPED = 101
    DEPOSIT_PAID = 103
    CONFIRMING = 105


TICKET_TYPE: dict[int, str] = {
    Type.RETURN_REFUND: "return_refund",
    Type.REFUND_SHIPPED: "refund_only",
    Type.REFUND_UNSHIPPED: "refund_only",
    Type.EXCHANGE: "exchange",
    # An order that was cancelled gives money back too: it counts, and nobody decides on it.
    Type.CANCELLED_BY_SYSTEM: "refund_only",
    Type.CANCELLED_BY_BUYER: "refund_only",
    Type.PRICE_PROTECTION: "refund_only",
    # Goods sent or mended, and no money: for people, as an exchange is (SPEC O3).
    Type.RESHIP: "exchange",
    Type.REPAIR: "exchange",
}
GOODS_ONLY = frozenset({Type.EXCHANGE, Type.RESHIP, Type.REPAIR})
KINDS: dict[int, str] = {
    Type.CANCELLED_BY_SYSTEM: "order_cancelled",
    Type.CANCELLED_BY_BUYER: "order_cancelled",
    Type.PRICE_PROTECTION: "price_protection",
    Type.RESHIP: "reship",
    Type.REPAIR: "repair",
}

# Afterdesk's word where the refund is not what the ticket is at.
TICKET_STATUS: dict[int, str] = {
    Status.APPLIED: "pending_review",
    Status.WAIT_RETURN: "awaiting_return",
    Status.WAIT_SHIPPING: "returning",
    Status.RETURNING: "returning",
    Status.SUCCESS: "refunding",
    Status.SENT: "returning",
    Status.SENT_AS_LISTED: "returning",
    Status.GOODS_DONE: "closed",
    Status.REFUSED: "rejected",
    Status.REFUSED_AFTER_RETURN: "rejected",
    Status.CLOSED: "closed",
    Status.ORDER_CANCELLED: "cancelled",
    Status.REVERSED: "closed",
}
# In these nothing can be paid any more, unless `refund_status` says otherwise.
OVER = frozenset({Status.CLOSED, Status.GOODS_DONE, Status.ORDER_CANCELLED, Status.REVERSED})
MONEY_STATUS: dict[int, str] = {
    Money.RUNNING: "refunding",
    Money.PAID: "refunded",
    Money.RECOVERED: "refunded",
    Money.FAILED: "refund_failed",
}
PAID = frozenset({Money.PAID, Money.RECOVERED})

ORDER_STATUS: dict[int, str] = {
    OrderStatus.UNPAID: "pending_payment",
    OrderStatus.DEPOSIT_PAID: "pending_payment",
    OrderStatus.CONFIRMING: "pending_shipment",
    OrderStatus.TO_SHIP: "pending_shipment",
    OrderStatus.PARTLY_SHIPPED: "partially_shipped",
    OrderStatus.SHIPPED: "shipped",
    OrderStatus.CANCELLED: "closed",
    OrderStatus.COMPLETED: "completed",
}
# `main_status` of orders that were refunded before shipping, after it, after receipt.
REFUNDED_ORDERS = frozenset({21, 22, 39})
DEPOSIT_TRADE, DEPOSIT_PRESALE, FULL_PRESALE = 2, 2, 1
CROSS_BORDER = frozenset({21, 22, 23, 28, 29, 102})
# `order_type`: virtual goods, coupons, codes of others; `goods_type` of a line.
VIRTUAL_ORDERS = frozenset({2, 4, 5})
VIRTUAL_GOODS = 1
GIFT = "FREE"
CASH_ON_DELIVERY = 0
# `trade_type`: group, auction, for nothing, lottery.
CAMPAIGNS = frozenset({1, 4, 5, 11})

# `type` of afterSale/operate for each step: by the ticket's type, with the statuses it is taken in.
Operation = tuple[int, frozenset[int]]
_FIRST = frozenset({Status.APPLIED, Status.REFUSED})
_APPLIED, _BACK = frozenset({Status.APPLIED}), frozenset({Status.RETURNING})
APPROVE: dict[int, Operation] = {
    # The goods are waived by it.
    Type.RETURN_REFUND: (121, _FIRST),
    Type.REFUND_SHIPPED: (201, _FIRST),
    Type.REFUND_UNSHIPPED: (401, _APPLIED),
}
APPROVE_RETURN: dict[int, Operation] = {
    Type.RETURN_REFUND: (101, _FIRST),
    Type.EXCHANGE: (301, _FIRST),
}
# The buyer's parcel has a call of its own: only where it fits counts.
ENTER_RETURN: dict[int, Operation] = {
    kind: (0, frozenset({Status.WAIT_RETURN})) for kind in (Type.RETURN_REFUND, Type.EXCHANGE)
}
# Likewise more time to receive a return, and parcels that are stopped on their way to the buyer.
MORE_TIME: dict[int, Operation] = {
    kind: (0, frozenset({Status.RETURNING})) for kind in (Type.RETURN_REFUND, Type.EXCHANGE)
}
STOP_PARCELS: dict[int, Operation] = dict.fromkeys(
    (Type.RETURN_REFUND, Type.REFUND_SHIPPED), (0, _FIRST)
)
# `logistics_state` of a parcel that is signed for, on its way back, or back.
PARCEL_OVER = frozenset({2, 3, 4})
SEND_NEW_GOODS: dict[int, Operation] = {
    Type.EXCHANGE: (
        311,
        frozenset({Status.WAIT_RETURN, Status.RETURNING, Status.REFUSED_AFTER_RETURN}),
    ),
}
CONFIRM_RECEIPT: dict[int, Operation] = {
    Type.RETURN_REFUND: (
        111,
        frozenset({Status.WAIT_RETURN, Status.RETURNING, Status.REFUSED_AFTER_RETURN}),
    ),
}
REFUSE: dict[int, Operation] = {
    Type.RETURN_REFUND: (102, _APPLIED),
    Type.REFUND_SHIPPED: (202, _APPLIED),
    Type.EXCHANGE: (302, _APPLIED),
}
REFUSE_AFTER_RETURN: dict[int, Operation] = {
    Type.RETURN_REFUND: (112, _BACK),
    Type.EXCHANGE: (312, _BACK),
}

# `arbitrate_status`.
DISPUTES: dict[int, str] = {
    1: "with_service",
    2: "closed",
    3: "closed",
    4: "proof_of_merchant",
    5: "negotiation",
    255: "closed",
}
DISPUTE_RUNS = frozenset({1, 4, 5})
DISPUTE_WANTS_PROOF = 4
DISPUTE_WINNER: dict[int, str] = {2: "buyer", 3: "merchant"}

# `auto_audit_bits`: who decided by itself; of these the platform pays (SPEC F2).
FAST_REFUNDS = frozenset({1, 3, 5})
AUTOMATIC: dict[int, str] = {
    1: "fast_unshipped",
    2: "assistant_refund",
    3: "fast_shipped",
    4: "flash_return",
    5: "cross_border",
    6: "warehouse_intercept",
    7: "assistant_return",
    8: "assistant_refused_delivery",
    9: "merchants_card",
    10: "enforced",
    11: "enforced",
    12: "carrier_intercept",
    13: "checked_goods",
    14: "agreed_plan",
    15: "coupon",
    16: "coupon",
    17: "enforced",
}
STARTED_BY: dict[int, str] = {1: "buyer", 2: "merchant", 3: "platform", 4: "platform"}
BUYER = 1
RECEIVED: dict[int, str] = {0: "no", 1: "yes"}
FLAGS: dict[int, str] = {1: "purple", 2: "cyan", 3: "green", 4: "orange", 5: "red"}
PAID_WITH: dict[int, str] = {
    0: "on_delivery",
    1: "wechat",
    2: "alipay",
    4: "card",
    5: "balance",
    8: "instalments",
    9: "card",
    12: "later",
}
FREIGHT_INSURANCE = "freight_insurance"

# `match_conclusion` of OpenAfterSaleChannel where the entry stays shut.
ENTRY_SHUT: dict[int, str] = {1: "past_period", 3: "virtual", 4: "too_often"}
# The number in the answer's sub_code.
ENTRY_OPEN_ALREADY, NO_SUCH_ORDER = 12000, 11001
NO_SUCH_TICKET = frozenset({11003, 12000, 12001})
OTHER_STATE, BACK_OFFICE_ONLY = 20309541, 11001
# Nothing is certain after these: what became of a step has to be read back.
UNCERTAIN = frozenset({11005})
# Lists that were busy, and answers that were empty: asked again later.
BUSY = frozenset({10002, 20004, 20005})

# Meanings of an answer's code.
SUCCEEDED = 10000
THROTTLED, WITHDRAWN = 60000, 70000
NOT_PERMITTED, NO_TOKEN = 30001, 50001
# The platform failed within rather than refuse.
INSIDE_TROUBLE = frozenset({20000, 90000})
REFUSALS = frozenset({40001, 40002, 40003, 40004, 50002, WITHDRAWN})
NOT_AUTHENTICATED = (
    "isv.access-token",
    "isv.authorization-type",
    "isv.app-permissions",
    "isv.app-id",
    "dop.authorization",
    "dop.app-forbidden",
    "dop.token-generate-failed",
)
BAD_SIGNATURE = ("isv.signature-invalid", "isv.timestamp-invalid")
BLOCKED = "isv.env-suspected"
