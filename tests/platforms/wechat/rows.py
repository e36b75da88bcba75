"""The fake shop's orders and tickets, and how its API tells them."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.platforms.wechat.wire import Body

# Where the detail has a deadline. Some documentation names the merchant's own only.
TIMED = ("MERCHANT_PROCESSING", "MERCHANT_WAIT_RECEIPT", "USER_WAIT_CONFIRM_UPDATE")


@dataclass
class Order:
    number: str
    prices: tuple[int, ...]
    created: datetime
    updated: datetime
    status: int = 20
    shipped: datetime | None = None
    received: datetime | None = None
    refund_asked: datetime | None = None


@dataclass
class Gift:
    """A group gift that nobody took in time: its refund, in parts of several orders."""

    number: str
    parts: dict[str, int]
    created: datetime
    updated: datetime
    status: str = "PLATFORM_REFUNDING"


@dataclass
class Ticket:
    number: str
    order: Order
    line: int
    type: str
    amount: int
    reason: str
    created: datetime
    updated: datetime
    status: str = "MERCHANT_PROCESSING"
    due: datetime | None = None
    refund_reason: int = 0
    completed: datetime | None = None
    carrier: str = ""
    tracking_no: str = ""
    # A dispute that runs; the ticket names it for ever.
    complaint: str = ""
    disputed: str = ""
    dispute_status: int = 0
    dispute_course: list[Body] = field(default_factory=list)
    offer: tuple[str, int] | None = None
    negotiate_first: bool = False
    fast_refund: bool = False
    payout_fails: bool = False
    refunded: int = 0
    extra: Body = field(default_factory=dict)


def order_body(order: Order, tickets: list[str]) -> Body:
    delivery: Body = {"deliver_method": 0, "delivery_product_info": []}
    if order.shipped is not None:
        delivery["ship_done_time"] = _seconds(order.shipped)
        delivery["delivery_product_info"] = [
            {"waybill_id": "SF1", "delivery_id": "SF", "delivery_time": _seconds(order.shipped)}
        ]
    received = {"confirm_receipt_time": _seconds(order.received)} if order.received else {}
    return {
        "order_id": int(order.number),
        "status": order.status,
        "openid": "oBuyer1",
        "create_time": _seconds(order.created),
        "update_time": _seconds(order.updated),
        "order_detail": {
            "product_infos": [
                {
                    "product_id": 234000 + number,
                    "sku_id": 23400 + number,
                    "sku_cnt": 1,
                    "title": f"商品{number}",
                    "sale_price": price,
                    "real_price": price,
                }
                for number, price in enumerate(order.prices, start=1)
            ],
            "pay_info": {"pay_time": _seconds(order.created), "transaction_id": "42"},
            "price_info": {"order_price": sum(order.prices), "freight": 0},
            "delivery_info": delivery,
            "ext_info": received,
        },
        "aftersale_detail": {
            "aftersale_order_list": [
                {"aftersale_order_id": number, "status": 2} for number in tickets
            ],
            "on_aftersale_order_cnt": len(tickets),
        },
    }


def dispute_body(ticket: Ticket) -> Body:
    return {
        "order_id": ticket.order.number,
        "after_sale_order_id": ticket.number,
        "status": ticket.dispute_status,
        "history": list(reversed(ticket.dispute_course)),
    }


def gift_body(gift: Gift) -> Body:
    return {
        "after_sale_order_id": gift.number,
        "present_order_id": "4200",
        "status": gift.status,
        "openid": "oGiver",
        "refund_info": {"amount": sum(gift.parts.values())},
        "order_info_list": [
            {"order_id": order_no, "refund_info": {"amount": amount}, "product_info_list": []}
            for order_no, amount in gift.parts.items()
        ],
        "create_time": _seconds(gift.created),
        "update_time": _seconds(gift.updated),
    }


def ticket_body(ticket: Ticket, *, rest_at: datetime | None) -> Body:
    """`rest_at`: its deadline is what is left then, instead of a moment."""
    order = ticket.order
    shipment = {"waybill_id": "", "delivery_id": "", "delivery_name": ""}
    if ticket.tracking_no:
        shipment = {
            "waybill_id": ticket.tracking_no,
            "delivery_id": "SF",
            "delivery_name": ticket.carrier,
        }
    detail = {
        "after_sale_order_id": ticket.number,
        "status": ticket.status,
        "openid": "oBuyer1",
        "order_id": order.number,
        "type": ticket.type,
        "sub_type": "DEFAULT",
        "reason": "10000008",
        "reason_text": ticket.reason or "其他",
        "product_info": {
            "product_id": str(234000 + ticket.line),
            "sku_id": str(23400 + ticket.line),
            "count": 1,
            "fast_refund": ticket.fast_refund,
        },
        "details": {"desc": "", "receive_product": order.shipped is not None},
        "refund_info": {"amount": ticket.amount, "refund_reason": ticket.refund_reason},
        "return_info": shipment,
        "merchant_upload_info": {"reject_reason": "", "refund_certificates": []},
        "create_time": _seconds(ticket.created),
        "update_time": _seconds(ticket.updated),
        "complete_time": _seconds(ticket.completed) if ticket.completed else 0,
        "complaint_id": ticket.disputed or "0",
        "refund_resp": {"code": "", "ret": 0, "message": ""},
    }
    if ticket.due and ticket.status in TIMED:
        rest = int((ticket.due - rest_at).total_seconds()) if rest_at else 0
        detail["deadline"] = rest if rest_at else _seconds(ticket.due)
    return {**detail, **ticket.extra}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
