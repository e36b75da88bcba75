"""Kuaishou's orders and tickets as Afterdesk's records.

A code that is not in the tables never stops the rest: its ticket is for people, and what can't be
recorded at all (no number, no time) is told as Unreadable.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import structlog
from pydantic import ValidationError

from aftersale.domain.money import plain_yuan
from aftersale.domain.multilingual import said as _
from aftersale.platforms.kuaishou import codes, facts
from aftersale.platforms.kuaishou.codes import HandlingWay, Negotiation, OrderStatus, Status
from aftersale.platforms.kuaishou.values import (
    MOMENTS,
    clean,
    identity,
    iso,
    moment,
    number,
    part,
    rows,
    whole,
)
from aftersale.platforms.protocol import SeenOrder, SeenTicket, Unreadable
from aftersale.records.errors import explain_in_each_language
from aftersale.records.schemas import TicketRecord
from aftersale.records.values import LINK_PATTERN, web_address

log = structlog.get_logger(__name__)

R = TypeVar("R", SeenOrder, TicketRecord)

_LINK = re.compile(LINK_PATTERN)

# A round of negotiation and a rejection are one call there and look the same afterwards. The
# offer's text begins with this, the buyer reads it, and the platform gives it back.
OFFER = "【协商】"

# In these a ticket holds its order's money.
_MONEY = {"awaiting_return", "returning", "refunding"}

# Each order there has one line, and after it the gifts that came with it.
LINE_NO = 1


def seen_ticket(
    row: Mapping[str, Any], shop: str, history: Sequence[Mapping[str, Any]] = ()
) -> SeenTicket | Unreadable:
    """A row of the list, or a detail; `history` of open.refund.comment.basic.list."""
    way = number(row, "handlingWay")
    kind = codes.TICKET_TYPE.get(way) or ("exchange" if way in codes.GOODS_ONLY else None)
    status, known = _status(row)
    values: dict[str, Any] = {
        "shop": shop,
        "ticket_no": identity(row, "refundId"),
        "order_no": identity(row, "oid"),
        "line_no": LINE_NO,
        # A kind that is not known is no exchange, and no money either: its flag keeps it from
        # being approved, and its fact has its name (SPEC O4).
        "type": kind or "refund_only",
        "reason": (clean(row.get("refundReasonDesc")) or identity(row, "refundReason"))[:64],
        "amount": _amount(row, way),
        "applied_at": iso(number(row, "createTime") or number(row, "submitTime")),
        "updated_at": iso(number(row, "updateTime")),
        "note": clean(row.get("refundDesc"))[:2000],
        "evidence": _links(row.get("pictures")),
        "status": status,
        "due_at": iso(_due(row)),
        "return_shipment": _shipment(row),
        "labels": ["risk"] if facts.parcel_warnings(row) else [],
    }
    if status == "refunded":
        at = number(row, "endTime") or number(row, "updateTime")
        values["refund_result"] = {"status": "succeeded", "at": iso(at)}
    record = _validated(TicketRecord, values, "ticket_no", row)
    if isinstance(record, Unreadable):
        return record
    if kind is None:
        log.warning("kuaishou.handling_way_unknown", code=way)
    return SeenTicket(
        record,
        unknown=kind is None or not known,
        facts=facts.of_ticket(row, history, type_known=kind is not None, status_known=known),
    )


def _amount(row: Mapping[str, Any], way: int) -> str | None:
    """None where money is asked for and no amount can be read: as 0.00 a refund that was paid would
    leave its money on the order."""
    fee = whole(row, "refundFee")
    if fee is None:
        return None if way in codes.WITH_MONEY else "0"
    return plain_yuan(fee)


def order_record(
    row: Mapping[str, Any], shop: str, seller_receives: int = 0
) -> SeenOrder | Unreadable:
    """A row of the list, or a detail; `seller_receives` of open.seller.order.fee.detail in fen."""
    base = part(row, "orderBaseInfo")
    item = part(row, "orderItemInfo")
    code = number(base, "status")
    status = codes.ORDER_STATUS.get(code)
    if status is None:
        # Guessed, it could make automation refund goods that have left. Its tickets wait for it.
        text = _("Kuaishou reports an order status that is not known here: %s.") % code
        return Unreadable(order_no(row), text, row)
    pieces = max(number(item, "num"), 1)
    sent = number(part(row, "orderDeliveryInfo"), "deliveryNum")
    if code in (OrderStatus.PAID, OrderStatus.SHIPPED) and 0 < sent < pieces:
        status = "partially_shipped"
    kind = _order_type(row)
    money = _money(row, seller_receives, deposit=kind == "deposit")
    paid, goods = money or (None, 0)
    virtual = number(base, "coType") in codes.VIRTUAL
    values: dict[str, Any] = {
        "shop": shop,
        "order_no": identity(base, "oid"),
        "type": kind,
        "status": status,
        "buyer": identity(base, "buyerOpenId") or identity(base, "buyerId"),
        "created_at": iso(number(base, "createTime")),
        "paid_at": iso(number(base, "payTime")),
        "shipped_at": iso(number(base, "sendTime")),
        "delivered_at": iso(number(base, "recvTime")),
        "updated_at": iso(number(base, "updateTime")),
        "paid_amount": None if paid is None else plain_yuan(paid),
        # Every refund there belongs to a ticket, and is counted with it.
        "refunded_amount": "0",
        "labels": _labels(base, item),
        "lines": [
            {
                "line_no": LINE_NO,
                "product": identity(item, "itemId"),
                "category": _category(item),
                "title": clean(item.get("itemTitle"))[:256],
                "quantity": pieces,
                "paid_amount": plain_yuan(goods),
                "virtual": virtual,
                "sku": clean(item.get("skuDesc"))[:256],
                "picture": web_address(item.get("itemPicUrl")),
            },
            *_gifts(row),
        ],
    }
    record = _validated(SeenOrder, values, "order_no", row)
    if isinstance(record, Unreadable):
        return record
    return record.model_copy(update={"facts": facts.of_order(row)})


def _money(
    row: Mapping[str, Any], seller_receives: int, *, deposit: bool
) -> tuple[int, int] | None:
    """Money paid in all, and for the goods: `totalFee` is without freight. None where an amount
    can't be read: the rest of it is no paid amount.

    Where the platform bears a part of a discount, the merchant gives back more than the buyer
    paid: what it receives for the order.
    """
    base = part(row, "orderBaseInfo")
    total, freight = _fee(base, "totalFee"), _fee(base, "expressFee")
    steps = rows(part(row, "orderStepInfo"), "orderPaymentSteps")
    if deposit and steps:
        fees = [
            _fee(step, "paymentFee")
            for step in steps
            if number(step, "payStepStatus") == codes.STEP_PAID
        ]
        if total is None or None in fees:
            return None
        paid = sum(fee or 0 for fee in fees)
        return paid, min(paid, total)
    status = number(base, "status")
    if status == OrderStatus.UNPAID or (
        status == OrderStatus.FAILED and not number(base, "payTime")
    ):
        return 0, 0
    if total is None or freight is None:
        return None
    paid = max(total + freight, seller_receives)
    return paid, paid - freight


def _fee(row: Mapping[str, Any], name: str) -> int | None:
    """An amount; 0 where the platform leaves it out, None for one that is no amount."""
    amount = 0 if row.get(name) is None else whole(row, name)
    return None if amount is None or amount < 0 else amount


def bears_discount(row: Mapping[str, Any]) -> bool:
    """True if the platform may bear a part of the discount, and there is a refund."""
    base, item = part(row, "orderBaseInfo"), part(row, "orderItemInfo")
    discounted = number(base, "discountFee") > 0 or number(item, "discountFee") > 0
    return discounted and bool(rows(row, "orderRefundList"))


def has_history(row: Mapping[str, Any]) -> bool:
    """Whether more than the application has been said: else its course is one line."""
    negotiated = number(row, "negotiateReason") or (
        number(row, "negotiateStatus") == Negotiation.TURNED_DOWN
    )
    return bool(negotiated) or number(row, "status") in codes.WITH_PLATFORM


def _order_type(row: Mapping[str, Any]) -> str:
    base = part(row, "orderBaseInfo")
    status = part(part(row, "orderStepInfo"), "orderPaymentStatus")
    deposit = codes.DEPOSIT_ACTIVITY in _activities(base)
    if deposit or number(status, "payStepType") == codes.DEPOSIT:
        return "deposit"
    return "cross_border" if number(base, "coType") == codes.CROSS_BORDER else "ordinary"


def _activities(base: Mapping[str, Any]) -> list[int]:
    listed = base.get("allActivityType")
    return [number({"one": one}, "one") for one in listed] if isinstance(listed, list) else []


def _labels(base: Mapping[str, Any], item: Mapping[str, Any]) -> list[str]:
    labels = []
    if part(item, "serviceInfo").get("instantRefund") is True:
        labels.append("fast_refund")
    if any(_activities(base)):
        labels.append("campaign")
    if facts.do_not_ship(base):
        labels.append("risk")
    return labels


def _gifts(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Nothing was paid for them, and they are sent by themselves."""
    gifts = [
        part(sub, "subOrderItemInfo")
        for sub in rows(row, "subOrderInfo")
        if number(sub, "subOrderType") == codes.GIFT
    ]
    return [
        {
            "line_no": line_no,
            "product": identity(gift, "itemId") or "?",
            "title": clean(gift.get("itemTitle"))[:256],
            "quantity": max(number(gift, "num"), 1),
            "paid_amount": "0",
        }
        for line_no, gift in enumerate(gifts, start=LINE_NO + 1)
    ]


def order_no(row: Mapping[str, Any]) -> str:
    return identity(part(row, "orderBaseInfo"), "oid")


def order_version(row: Mapping[str, Any]) -> datetime | None:
    return moment(number(part(row, "orderBaseInfo"), "updateTime"))


def ticket_numbers(row: Mapping[str, Any]) -> list[str] | None:
    """The order's tickets, as its detail lists them; None where it does not say of each which it
    is."""
    listed = row.get("orderRefundList")
    if not isinstance(listed, list):
        return None
    numbers = [identity(one, "refundId") if isinstance(one, Mapping) else "" for one in listed]
    return numbers if all(numbers) else None


def lacks_shipping(row: Mapping[str, Any]) -> bool:
    """True if the list lacks data that only the detail has: virtual goods, pieces shipped."""
    base = part(row, "orderBaseInfo")
    several = number(part(row, "orderItemInfo"), "num") > 1
    leaving = number(base, "status") in (OrderStatus.PAID, OrderStatus.SHIPPED)
    return "coType" not in base or (several and leaving and "orderDeliveryInfo" not in row)


def _status(row: Mapping[str, Any]) -> tuple[str | None, bool]:
    """The desk's word, and whether the platform's is known; without one nothing moves."""
    code, way = number(row, "status"), number(row, "handlingWay")
    if number(row, "negotiateStatus") not in set(Negotiation) and code in codes.TURNED_DOWN_IN:
        # Whose turn it is, nobody can tell.
        return None, False
    if number(row, "negotiateStatus") == Negotiation.TURNED_DOWN and code in codes.TURNED_DOWN_IN:
        code = Status.SELLER_REJECTED
    status = codes.TICKET_STATUS.get(code)
    if status is None:
        log.warning("kuaishou.status_unknown", ticket_no=identity(row, "refundId"), code=code)
        return None, False
    if way not in codes.WITH_MONEY:
        if code == Status.SUCCESS:
            return "closed", True
        if way != HandlingWay.EXCHANGE and way not in codes.GOODS_ONLY and status in _MONEY:
            # It may or may not be about money: it counts as no refund.
            return None, True
    if status == "rejected" and clean(row.get("sellerDisagreeDesc")).startswith(OFFER):
        return "negotiating", True
    if code == Status.PLATFORM_RETURN_CONFIRMED and _shipment(row):
        return "returning", True
    return status, True


def _due(row: Mapping[str, Any]) -> int:
    """The deadline of the status; the one of a buyer who may change his request is its own."""
    if number(row, "status") in (Status.SUCCESS, Status.CLOSED):
        return 0
    if number(row, "negotiateStatus") == Negotiation.TURNED_DOWN:
        until = number(row, "validNegotiateBuyerModifyTimeStamp")
        if until in MOMENTS:
            return until
    return number(row, "expireTime")


def _shipment(row: Mapping[str, Any]) -> dict[str, str] | None:
    parcel = part(row, "logisticsInfo")
    tracking_no = clean(parcel.get("expressNo"))[:64]
    if not tracking_no:
        return None
    return {"carrier": identity(parcel, "expressCode")[:64], "tracking_no": tracking_no}


def _category(item: Mapping[str, Any]) -> str:
    info = part(part(item, "itemExtra"), "categoryInfo")
    return (identity(info, "itemCid") or clean(info.get("categoryName")))[:64]


def _links(value: Any) -> list[str]:
    """Pictures come as a list, as a list in a string, or one after the other with commas."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = value.split(",")
    if not isinstance(value, list):
        return []
    links = [clean(link) for link in value]
    return [link for link in links if len(link) <= 1000 and _LINK.match(link)][:50]


def _validated(
    kind: type[R], values: dict[str, Any], name: str, row: Mapping[str, Any]
) -> R | Unreadable:
    given = {key: value for key, value in values.items() if value is not None}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        text = _("Kuaishou's record can't be read: %s.") % explain_in_each_language(error)
        return Unreadable(values[name], text, row)
