"""Xiaohongshu's orders and tickets as Afterdesk's records.

A code that is not in the tables never stops the rest: its ticket is for people, and what can't be
recorded at all (no number, no time, no amount) is told as Unreadable.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from aftersale.domain.money import plain_yuan
from aftersale.domain.multilingual import said as _
from aftersale.platforms.protocol import SeenOrder, SeenTicket, Unreadable
from aftersale.platforms.xiaohongshu import codes, facts, statuses
from aftersale.platforms.xiaohongshu.codes import Kind, OrderStatus
from aftersale.platforms.xiaohongshu.values import (
    Row,
    clean,
    fen,
    identity,
    iso,
    number,
    part,
    placed,
    rows,
    whole,
)
from aftersale.records.errors import explain_in_each_language
from aftersale.records.schemas import TicketRecord
from aftersale.records.values import LINK_PATTERN, web_address

R = TypeVar("R", SeenOrder, TicketRecord)

_LINK = re.compile(LINK_PATTERN)
_PAYING = {"refunding", "refunded", "refund_failed"}


def seen_ticket(
    detail: Row, shop: str, ticket_no: str, line_no: int | None
) -> SeenTicket | Unreadable:
    """An answer of afterSale.getAfterSaleInfo to `ticket_no`."""
    info = part(detail, "afterSaleInfo")
    if identity(info, "returnsId") != ticket_no:
        return Unreadable(ticket_no, _("Xiaohongshu's record is of another number."), detail)
    kind = number(info, "returnType")
    status = statuses.standing(info)
    amount = asked(info)
    if status.word == "refunded":
        amount = _refunded(info, amount)
    values: dict[str, Any] = {
        "shop": shop,
        "ticket_no": ticket_no,
        "order_no": identity(info, "orderId"),
        "line_no": line_no,
        # A kind that is not known is no exchange, and no money either: its flag keeps it from
        # being approved, and its fact has its number (SPEC O4).
        "type": codes.TICKET_TYPE.get(kind, "refund_only"),
        "reason": (clean(info.get("reasonNameZh")) or identity(info, "reasonId"))[:64],
        "amount": None if amount is None else plain_yuan(amount),
        "applied_at": iso(number(info, "applyTime")),
        "updated_at": iso(version(info)),
        "note": clean(info.get("desc"))[:2000],
        "evidence": _links(info.get("proofPhotos")),
        "status": status.word,
        "due_at": iso(number(info, "expireTime")),
        "return_shipment": _shipment(part(detail, "logisticsInfo")),
        "refund_result": _refund_result(info, status.word),
    }
    record = _validated(TicketRecord, values, "ticket_no", detail)
    if isinstance(record, Unreadable):
        return record
    return SeenTicket(
        record,
        paid_by_fast_refund=_pays_by_rule(info, status.word),
        unknown=not status.known or kind not in codes.TICKET_TYPE,
        facts=facts.of_ticket(info, rows(detail, "negotiateRecords"), status_known=status.known),
    )


def version(info: Row) -> int:
    """Milliseconds. The platform takes none with a step: each fetches first, and compares."""
    return number(info, "updatedAt")


def asked(info: Row) -> int | None:
    """The requested amount in fen, freight included; 0 for an exchange."""
    whole_amount = fen(info, "expectedRefundAmountYuan")
    if whole_amount is not None:
        return whole_amount
    goods, freight = fen(info, "appliedSkusAmountYuan"), fen(info, "appliedShipFeeAmountYuan")
    if goods is not None and freight is not None:
        return goods + freight
    return 0 if number(info, "returnType") == Kind.EXCHANGE else None


def _refunded(info: Row, asked: int | None) -> int | None:
    """The money really refunded, if it is given; None: it is, and can't be read."""
    if info.get("refundAmountYuan") is None:
        return asked
    really = fen(info, "refundAmountYuan")
    return asked if really == 0 else really


def order_record(row: Row, shop: str, number_there: str) -> SeenOrder | Unreadable:
    """An answer of order.getOrderDetail to `number_there`."""
    if identity(row, "orderId") != number_there:
        return Unreadable(number_there, _("Xiaohongshu's record is of another number."), row)
    status = _order_status(row)
    if status is None:
        # Guessed, it could make automation refund goods that have left. Its tickets wait for it.
        text = _("Xiaohongshu reports an order status that is not known here: %s.")
        return Unreadable(number_there, text % _code(row.get("orderStatus")), row)
    lines = placed(row, "skuList")
    paid = _paid(row)
    values: dict[str, Any] = {
        "shop": shop,
        "order_no": number_there,
        "type": _order_type(row),
        "status": status,
        # Where nobody is named, a stand-in for this order alone.
        "buyer": identity(row, "userId") or f"?{number_there}",
        "created_at": iso(number(row, "createdTime")),
        "paid_at": iso(number(row, "paidTime")),
        "shipped_at": iso(number(row, "deliveryTime")),
        "completed_at": iso(number(row, "finishTime")) if status == "completed" else None,
        "updated_at": iso(number(row, "updateTime")),
        "paid_amount": None if paid is None else plain_yuan(paid),
        # Every refund there belongs to a ticket, and is counted with it.
        "refunded_amount": "0",
        "labels": ["risk"] if _risky(row) else [],
        "lines": [
            {
                "line_no": line_no,
                "product": identity(line, "itemId") or identity(line, "skuId") or "?",
                "title": clean(line.get("itemName") or line.get("skuName"))[:256],
                "quantity": _pieces(line),
                "paid_amount": plain_yuan(amount),
                "virtual": _virtual(row),
                "sku": clean(line.get("skuSpec"))[:256],
                "picture": web_address(line.get("skuImage")),
            }
            for line_no, (line, amount) in enumerate(
                zip(lines, _of_lines(row, paid or 0, lines), strict=True), start=1
            )
        ],
    }
    record = _validated(SeenOrder, values, "order_no", row)
    if isinstance(record, Unreadable):
        return record
    return record.model_copy(update={"facts": facts.of_order(row)})


def line_of(info: Row, order: Row | None) -> int | None:
    """The order's line that a ticket is about; None where it is about several, or none is sure."""
    goods = {identity(sku, "skuId") for sku in rows(info, "skus")}
    if order is None or len(goods) != 1:
        return None
    [wanted] = goods
    found = [
        line_no
        for line_no, line in enumerate(placed(order, "skuList"), start=1)
        if wanted and identity(line, "skuId") == wanted
    ]
    return found[0] if len(found) == 1 else None


def _paid(row: Row) -> int | None:
    """Freight and deposit are in it. None where it can't be told."""
    if number(row, "orderStatus") == OrderStatus.UNPAID:
        return 0
    cancelled = _order_status(row) == "closed"
    if cancelled and "paidTime" in row and not number(row, "paidTime"):
        return 0
    return whole(row.get("totalPayAmount"))


def _of_lines(row: Row, paid: int, lines: Sequence[Row]) -> list[int]:
    """Money paid for each line: together the order's paid amount without freight."""
    goods = max(0, paid - max(0, number(row, "totalShippingFree")))
    weights = [max(0, _paid_for(line)) for line in lines]
    return weights if sum(weights) == goods else _shared(goods, weights)


def _shared(amount: int, weights: Sequence[int]) -> list[int]:
    """By weight, to the fen; the largest remainders get what is left."""
    together = sum(weights)
    if together <= 0:
        weights, together = [1] * len(weights), len(weights)
    shares = [amount * weight // together for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda at: (-(amount * weights[at] % together), at)
    )
    for at in by_remainder[: amount - sum(shares)]:
        shares[at] += 1
    return shares


def _paid_for(line: Row) -> int:
    """A line's amount, or what its pieces add up to: of one product there may be several."""
    amount = whole(line.get("totalPaidAmount"))
    if amount is not None:
        return amount
    return sum(
        number(piece, "quantity") * number(piece, "paidAmountPerSku")
        for piece in rows(line, "skuDetailList")
    )


def _pieces(line: Row) -> int:
    told = number(line, "skuQuantity")
    return max(1, told or sum(number(piece, "quantity") for piece in rows(line, "skuDetailList")))


def _order_status(row: Row) -> str | None:
    code = number(row, "orderStatus")
    if code == OrderStatus.EXCHANGE_ASKED:
        # Its goods have left: which of the two it was before, the time of its end tells.
        return "completed" if number(row, "finishTime") else "shipped"
    return codes.ORDER_STATUS.get(code)


def _order_type(row: Row) -> str:
    if number(row, "orderType") == codes.DEPOSIT:
        return "deposit"
    mode = number(row, "logisticsMode")
    abroad = (
        mode in codes.CROSS_BORDER_MODES
        if mode
        else identity(row, "logistics") in codes.CROSS_BORDER_LOGISTICS
    )
    return "cross_border" if abroad else "ordinary"


def _risky(row: Row) -> bool:
    return number(row, "orderStatus") == OrderStatus.PROCESSING


def _virtual(row: Row) -> bool:
    tags = row.get("orderTagList")
    return isinstance(tags, list) and codes.WITHOUT_PARCEL in tags


def _code(value: Any) -> str:
    code = whole(value)
    return "–" if code is None else str(code)[:20]


def _pays_by_rule(info: Row, status: str | None) -> bool:
    """Whether the platform pays it by a rule of its own (SPEC F2). One that agrees to a return
    leaves the receipt to people, until the money moves."""
    if number(info, "returnsTag") not in codes.FAST_REFUND:
        return False
    return number(info, "returnType") in codes.REFUND_ONLY or status in _PAYING


def _refund_result(info: Row, status: str | None) -> dict[str, Any] | None:
    if status == "refunded":
        at = iso(number(info, "refundTime")) or iso(version(info))
        return {"status": "succeeded", "at": at}
    if status == "refund_failed":
        return {"status": "failed", "at": iso(version(info))}
    return None


def _shipment(logistics: Row) -> dict[str, Any] | None:
    parcel = part(logistics, "after_sale") or part(logistics, "afterSale")
    tracking_no = clean(parcel.get("expressNo"))[:64]
    if not tracking_no:
        return None
    carrier = clean(parcel.get("expressCompanyName")) or identity(parcel, "expressCompanyCode")
    return {"carrier": carrier[:64], "tracking_no": tracking_no}


def _links(value: Any) -> list[str]:
    links = [clean(link) for link in value] if isinstance(value, list) else []
    return [link for link in links if len(link) <= 1000 and _LINK.match(link)][:50]


def _validated(kind: type[R], values: Mapping[str, Any], name: str, raw: Row) -> R | Unreadable:
    given = {key: value for key, value in values.items() if value is not None}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        text = _("Xiaohongshu's record can't be read: %s.") % explain_in_each_language(error)
        return Unreadable(values[name], text, raw)
