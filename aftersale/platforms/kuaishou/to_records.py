"""What Kuaishou sends of orders and tickets, as Afterdesk's records.

A code that is not in the tables never stops the rest: its ticket goes to people with a note, and
what can't be recorded at all (no number, no time) is told as Unreadable.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import structlog
from django.utils.translation import gettext as _
from pydantic import ValidationError

from aftersale.domain.money import plain_yuan
from aftersale.platforms.kuaishou import codes
from aftersale.platforms.kuaishou.codes import HandlingWay, Negotiation, OrderStatus, Status
from aftersale.platforms.protocol import Unreadable
from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.records.values import LINK_PATTERN

log = structlog.get_logger(__name__)

R = TypeVar("R", OrderRecord, TicketRecord)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Milliseconds between 2001 and 2286. Anything else in a time's place is no moment.
_MOMENTS = range(10**12, 10**13)
_LINK = re.compile(LINK_PATTERN)

# A round of negotiation and a rejection are one call there and look the same afterwards. The
# offer's text begins with this, the buyer reads it, and the platform gives it back.
OFFER = "【协商】"

# Each order there has one line.
LINE_NO = 1


def ticket_record(row: Mapping[str, Any], shop: str) -> TicketRecord | Unreadable:
    """A row of the list, or a detail."""
    status, notes = _status(row)
    kind = codes.TICKET_TYPE.get(number(row, "handlingWay"))
    if kind is None:
        kind = codes.TYPE_FOR_PEOPLE
        notes.append(_way_words(number(row, "handlingWay")))
    values: dict[str, Any] = {
        "shop": shop,
        "ticket_no": identity(row, "refundId"),
        "order_no": identity(row, "oid"),
        "line_no": LINE_NO,
        "type": kind,
        "reason": (clean(row.get("refundReasonDesc")) or identity(row, "refundReason"))[:64],
        "amount": plain_yuan(number(row, "refundFee")),
        "applied_at": _iso(number(row, "createTime") or number(row, "submitTime")),
        "updated_at": _iso(number(row, "updateTime")),
        "note": "\n".join([*notes, clean(row.get("refundDesc"))]).strip()[:2000],
        "evidence": _links(row.get("pictures")),
        "status": status,
        "due_at": _iso(_due(row)),
        "return_shipment": _shipment(row),
    }
    if status == "refunded":
        at = number(row, "endTime") or number(row, "updateTime")
        values["refund_result"] = {"status": "succeeded", "at": _iso(at)}
    return _validated(TicketRecord, values, "ticket_no")


def order_record(row: Mapping[str, Any], shop: str) -> OrderRecord | Unreadable:
    """A row of the list, or a detail."""
    base = _part(row, "orderBaseInfo")
    item = _part(row, "orderItemInfo")
    code = number(base, "status")
    status = codes.ORDER_STATUS.get(code)
    if status is None:
        # Guessed, it could make automation refund goods that have left. Its tickets wait for it.
        text = _("Kuaishou reports an order status that is not known here: %s.") % code
        return Unreadable(order_no(row), text)
    pieces = max(number(item, "num"), 1)
    sent = number(_part(row, "orderDeliveryInfo"), "deliveryNum")
    if code == OrderStatus.SHIPPED and 0 < sent < pieces:
        status = "partially_shipped"
    paid = plain_yuan(number(base, "totalFee"))
    values: dict[str, Any] = {
        "shop": shop,
        "order_no": identity(base, "oid"),
        "status": status,
        "buyer": identity(base, "buyerOpenId") or identity(base, "buyerId"),
        "created_at": _iso(number(base, "createTime")),
        "paid_at": _iso(number(base, "payTime")),
        "shipped_at": _iso(number(base, "sendTime")),
        "delivered_at": _iso(number(base, "recvTime")),
        "updated_at": _iso(number(base, "updateTime")),
        "paid_amount": paid,
        # Whatever goes back to a buyer there is a ticket, and counted with it.
        "refunded_amount": "0",
        "lines": [
            {
                "line_no": LINE_NO,
                "product": identity(item, "itemId"),
                "category": _category(item),
                "title": clean(item.get("itemTitle"))[:256],
                "quantity": pieces,
                "paid_amount": paid,
                "virtual": number(base, "coType") in codes.VIRTUAL,
            }
        ],
    }
    return _validated(OrderRecord, values, "order_no")


def order_no(row: Mapping[str, Any]) -> str:
    return identity(_part(row, "orderBaseInfo"), "oid")


def ticket_numbers(row: Mapping[str, Any]) -> list[str]:
    """The order's tickets, as its detail lists them."""
    listed = row.get("orderRefundList")
    rows = listed if isinstance(listed, list) else []
    return [identity(one, "refundId") for one in rows if isinstance(one, Mapping)]


def lacks_shipping(row: Mapping[str, Any]) -> bool:
    """Whether only the detail says what the list leaves out: virtual goods, pieces shipped."""
    base = _part(row, "orderBaseInfo")
    several = number(_part(row, "orderItemInfo"), "num") > 1
    shipped = number(base, "status") == OrderStatus.SHIPPED
    return "coType" not in base or (several and shipped and "orderDeliveryInfo" not in row)


def milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def number(row: Mapping[str, Any], name: str) -> int:
    """A whole number, 0 where there is none: the platform leaves out zeros."""
    value = row.get(name)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def identity(row: Mapping[str, Any], name: str) -> str:
    """A number that names something; it may be longer than a float can hold."""
    value = row.get(name)
    if isinstance(value, bool) or value is None:
        return ""
    return clean(str(value)) if isinstance(value, int | str) and value != 0 else ""


def clean(value: Any) -> str:
    """Text without what the database can't store."""
    if not isinstance(value, str):
        return ""
    return value.encode(errors="ignore").decode().replace("\x00", "").strip()


def _status(row: Mapping[str, Any]) -> tuple[str, list[str]]:
    code = number(row, "status")
    turned_down = number(row, "negotiateStatus") == Negotiation.TURNED_DOWN
    if turned_down and code in codes.TURNED_DOWN_IN:
        code = Status.SELLER_REJECTED
    if code == Status.SUCCESS and number(row, "handlingWay") in codes.WITHOUT_MONEY:
        return "closed", []
    status = codes.TICKET_STATUS.get(code)
    if status is None:
        log.warning("kuaishou.status_unknown", ticket_no=identity(row, "refundId"), code=code)
        text = _("Kuaishou reports a status that is not known here: %s. Look at it there.") % code
        return codes.STATUS_FOR_PEOPLE, [text]
    if status == "rejected" and clean(row.get("sellerDisagreeDesc")).startswith(OFFER):
        return "negotiating", []
    if code == Status.PLATFORM_RETURN_CONFIRMED and _shipment(row):
        return "returning", []
    return status, []


def _way_words(code: int) -> str:
    if code == HandlingWay.RESHIP:
        return _("The buyer asks for missing goods to be sent.")
    if code == HandlingWay.REPAIR:
        return _("The buyer asks for a repair.")
    log.warning("kuaishou.handling_way_unknown", code=code)
    return _("Kuaishou reports a kind of request that is not known here: %s.") % code


def _due(row: Mapping[str, Any]) -> int:
    """The deadline of the status; the one of a buyer who may change his request is its own."""
    if number(row, "status") in (Status.SUCCESS, Status.CLOSED):
        return 0
    if number(row, "negotiateStatus") == Negotiation.TURNED_DOWN:
        until = number(row, "validNegotiateBuyerModifyTimeStamp")
        if until in _MOMENTS:
            return until
    return number(row, "expireTime")


def _shipment(row: Mapping[str, Any]) -> dict[str, str] | None:
    parcel = _part(row, "logisticsInfo")
    tracking_no = clean(parcel.get("expressNo"))[:64]
    if not tracking_no:
        return None
    return {"carrier": identity(parcel, "expressCode")[:64], "tracking_no": tracking_no}


def _category(item: Mapping[str, Any]) -> str:
    info = _part(_part(item, "itemExtra"), "categoryInfo")
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


def _part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}


def _iso(moment: int) -> str | None:
    if moment not in _MOMENTS:
        return None
    return (_EPOCH + timedelta(milliseconds=moment)).isoformat(timespec="milliseconds")


def _validated(kind: type[R], values: dict[str, Any], name: str) -> R | Unreadable:
    given = {key: value for key, value in values.items() if value is not None}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        # The error's own text would repeat what the buyer wrote.
        places = sorted({".".join(map(str, part["loc"])) for part in error.errors()})
        text = _("Kuaishou's record can't be read: %s.") % ", ".join(places)
        return Unreadable(values[name], text)
