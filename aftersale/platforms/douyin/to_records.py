"""Douyin's orders and tickets as Afterdesk's records.

A code that is not in the tables never stops the rest: its ticket is for people; one that can't be
recorded at all (no number, no time, no amount) becomes Unreadable.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import structlog
from pydantic import ValidationError

from aftersale.domain.money import plain_yuan
from aftersale.domain.multilingual import said as _
from aftersale.platforms.desk_steps import Parcel
from aftersale.platforms.protocol import SeenOrder, SeenTicket, Unreadable
from aftersale.records.errors import explain_in_each_language
from aftersale.records.schemas import TicketRecord
from aftersale.records.values import LINK_PATTERN, web_address

from . import codes, facts, money
from .codes import Money, OrderStatus, Status
from .values import clean, identity, iso, number, part, rows, short, whole

log = structlog.get_logger(__name__)

R = TypeVar("R", SeenOrder, TicketRecord)
Row = Mapping[str, Any]

_LINK = re.compile(LINK_PATTERN)
# In the place of a code that can't be read.
_NOT_GIVEN = -1
# In these a ticket holds its order's money.
_MONEY = {"awaiting_return", "returning", "refunding", "refunded", "refund_failed"}


def seen_ticket(data: Row, shop: str, lines: Sequence[str]) -> SeenTicket | Unreadable:
    """The data of afterSale/Detail; `lines` of the ticket's order, as `line_numbers` has them."""
    info = ticket_info(data)
    type = codes.TICKET_TYPE.get(_code(info, "after_sale_type"))
    status = ticket_status(data)
    values: dict[str, Any] = {
        "shop": shop,
        "ticket_no": ticket_no(data),
        "order_no": order_no_of(data),
        "line_no": _line_no(data, lines),
        # A type that is not known is no exchange, and no money either: its flag keeps it from
        # being approved, and its fact has its name (SPEC O4).
        "type": type or "refund_only",
        "reason": (clean(info.get("reason")) or identity(info, "reason_code"))[:64],
        "amount": _yuan(amount(info)),
        "applied_at": iso(number(info, "apply_time")),
        "updated_at": iso(number(info, "update_time")),
        "note": clean(info.get("reason_remark"))[:2000],
        "evidence": _links(info.get("evidence")),
        "status": status,
        "due_at": None if over(info) else iso(number(info, "status_deadline")),
        "return_shipment": _shipment(data),
        "labels": ["risk"] if facts.at_risk(info) else [],
        "arbitration_result": codes.DISPUTE_WINNER.get(dispute_status(data)),
        "refund_result": _refund_result(info, status),
    }
    record = _validated(TicketRecord, values, "ticket_no", data)
    if isinstance(record, Unreadable):
        return record
    if type is None or status is None:
        log.warning("douyin.code_unknown", ticket_no=values["ticket_no"])
    bits = facts.audit_bits(info)
    return SeenTicket(
        record,
        paid_by_fast_refund=not codes.FAST_REFUNDS.isdisjoint(bits),
        unknown=type is None or status is None,
        facts=facts.of_ticket(
            data, type_known=type is not None, status_known=type is None or status is not None
        ),
    )


def ticket_info(data: Row) -> Row:
    return part(part(data, "process_info"), "after_sale_info")


def ticket_no(data: Row) -> str:
    return identity(ticket_info(data), "after_sale_id")


def order_no_of(data: Row) -> str:
    return identity(part(data, "order_info"), "shop_order_id")


def amount(info: Row) -> int | None:
    """Asked for, freight included; once it is paid, what was really paid. None: it can't be read,
    and the one is not the other."""
    if number(info, "refund_status") in codes.PAID and info.get("real_refund_amount") is not None:
        really = whole(info, "real_refund_amount")
        if really is None or really > 0:
            return really
    return whole(info, "refund_total_amount")


def dispute_status(data: Row) -> int:
    return number(part(part(data, "process_info"), "arbitrate_info"), "arbitrate_status")


def in_dispute(data: Row) -> bool:
    return dispute_status(data) in codes.DISPUTE_RUNS and not over(ticket_info(data))


def _dispute_known(data: Row) -> bool:
    told = part(part(data, "process_info"), "arbitrate_info").get("arbitrate_status")
    return told is None or whole({"told": told}, "told") in {0, *codes.DISPUTES}


def over(info: Row) -> bool:
    return number(info, "aftersale_status_to_final_time") > 0


def ticket_status(data: Row) -> str | None:
    """The desk's word; None where the platform's are not known, so that nothing moves."""
    info = ticket_info(data)
    type, code = _code(info, "after_sale_type"), _code(info, "after_sale_status")
    word = codes.TICKET_STATUS.get(code)
    money = _code(info, "refund_status")
    if money == _NOT_GIVEN and type in codes.GOODS_ONLY:
        money = Money.NONE
    paying = codes.MONEY_STATUS.get(money)
    if type not in codes.TICKET_TYPE:
        return None if paying or word in _MONEY else word
    if money not in set(Money):
        return None
    if paying is not None:
        return paying
    if in_dispute(data):
        return "arbitration"
    if not _dispute_known(data) and not over(info):
        # Whether the platform has it in hand, nobody can tell.
        return None
    if type in codes.GOODS_ONLY and code == Status.SUCCESS:
        return "closed"
    if code == Status.CLOSED and _last_role(data) == codes.BUYER:
        return "cancelled"
    return word


def order_record(row: Row, shop: str) -> SeenOrder | Unreadable:
    """A row of order/searchList, or the detail."""
    status = _order_status(row)
    if status is None:
        # Guessed, it could make automation refund goods that have left. Its tickets wait for it.
        text = _("Douyin reports an order status that is not known here: %s.")
        return Unreadable(order_no(row), text % row.get("order_status"), row)
    lines = _lines(row)
    paid, of_lines = money.paid(row, lines)
    values: dict[str, Any] = {
        "shop": shop,
        "order_no": order_no(row),
        "type": _order_type(row, lines),
        "status": status,
        "buyer": short(identity(row, "doudian_open_id") or identity(row, "open_id"))
        # A stand-in for this order alone: without a buyer its tickets could not be judged.
        or f"?{order_no(row)}",
        "created_at": iso(number(row, "create_time")),
        "paid_at": iso(number(row, "pay_time")),
        "shipped_at": iso(_shipped_at(row, lines)),
        "delivered_at": iso(_delivered_at(lines)),
        "completed_at": iso(number(row, "finish_time")) if status == "completed" else None,
        "updated_at": iso(number(row, "update_time")),
        "paid_amount": _yuan(paid),
        # Any money that goes back to a buyer there is a ticket, and counted with it.
        "refunded_amount": "0",
        "labels": ["campaign"] if number(row, "trade_type") in codes.CAMPAIGNS else [],
        "lines": [
            {
                "line_no": line_no,
                "product": identity(line, "product_id_str") or identity(line, "product_id"),
                "category": _category(line),
                "title": clean(line.get("product_name"))[:256],
                "quantity": max(number(line, "item_num"), 1),
                "paid_amount": plain_yuan(of_line),
                "virtual": _virtual(row, line),
                "sku": _variant(line),
                "picture": web_address(line.get("product_pic")),
            }
            for line_no, (line, of_line) in enumerate(zip(lines, of_lines, strict=True), start=1)
        ],
    }
    record = _validated(SeenOrder, values, "order_no", row)
    if isinstance(record, Unreadable):
        return record
    return record.model_copy(update={"facts": facts.of_order(row)})


def order_no(row: Row) -> str:
    return identity(row, "order_id")


def line_numbers(row: Row) -> tuple[str, ...]:
    """The numbers that tickets name lines by, in the order of `line_no`."""
    return tuple(identity(line, "order_id") for line in _lines(row))


def goods_lines(row: Row) -> tuple[str, ...]:
    """Without gifts, which have no after-sale of their own."""
    return tuple(identity(line, "order_id") for line in _lines(row) if not _is_gift(line))


def lines_in_after_sale(row: Row) -> frozenset[str]:
    """Lines with a ticket that is not over, by what the order says of them."""
    return frozenset(
        identity(line, "order_id")
        for line in _lines(row)
        if _in_after_sale(line.get("after_sale_info"))
    )


def _in_after_sale(told: Any) -> bool:
    """True also where it can't be read: a sibling that nobody sees may have been paid (SPEC O2)."""
    if told is None:
        return False
    if not isinstance(told, Mapping):
        return True
    status = told.get("after_sale_status")
    return status is not None and whole(told, "after_sale_status") not in {0, *codes.OVER}


def _lines(row: Row) -> list[Row]:
    """By their numbers: an answer that has them in another order names the same lines."""
    listed = row.get("sku_order_list")
    # One that can't be read is a line as well: without it the rest would be the whole order.
    given = listed if isinstance(listed, list) else []
    lines = [one if isinstance(one, Mapping) else {} for one in given]
    return sorted(lines, key=lambda line: _by_size(identity(line, "order_id")))


def _by_size(name: str) -> tuple[int, str]:
    return len(name), name


def _order_status(row: Row) -> str | None:
    status = codes.ORDER_STATUS.get(_code(row, "order_status"))
    if status is None:
        return None
    if number(row, "main_status") in codes.REFUNDED_ORDERS:
        return "closed"
    if status == "shipped":
        lines = [line for line in _lines(row) if not _is_gift(line) and not _virtual(row, line)]
        if _some_missing(row, lines):
            return "partially_shipped"
        if lines and all(number(line, "logistics_receipt_time") > 0 for line in lines):
            return "delivered"
    return status


def _some_missing(row: Row, lines: Sequence[Row]) -> bool:
    """Fewer pieces in the parcels than were bought; the list often has no parcels at all."""
    sent = [
        max(number(one, "product_count"), 0)
        for parcel in rows(row, "logistics_info")
        for one in rows(parcel, "product_info")
    ]
    return bool(sent) and sum(sent) < sum(max(number(line, "item_num"), 1) for line in lines)


def _order_type(row: Row, lines: Sequence[Row]) -> str:
    if any(
        number(one, "trade_type") == codes.DEPOSIT_TRADE
        or number(one, "pre_sale_type") == codes.DEPOSIT_PRESALE
        for one in (row, *lines)
    ):
        return "deposit"
    if any(
        number(one, "biz") in codes.CROSS_BORDER or number(one, "tax_amount") > 0
        for one in (row, *lines)
    ):
        return "cross_border"
    return "ordinary"


def _is_gift(line: Row) -> bool:
    return clean(line.get("given_product_type")) == codes.GIFT


def _virtual(row: Row, line: Row) -> bool:
    return (
        number(row, "order_type") in codes.VIRTUAL_ORDERS
        or number(line, "goods_type") == codes.VIRTUAL_GOODS
    )


def _shipped_at(row: Row, lines: Sequence[Row]) -> int:
    if _code(row, "order_status") in (OrderStatus.UNPAID, OrderStatus.TO_SHIP):
        return 0
    sent = [number(one, "ship_time") for one in (*rows(row, "logistics_info"), *lines)]
    return number(row, "ship_time") or min((at for at in sent if at > 0), default=0)


def _delivered_at(lines: Sequence[Row]) -> int:
    arrived = [number(line, "logistics_receipt_time") for line in lines if not _is_gift(line)]
    return max(arrived) if arrived and all(at > 0 for at in arrived) else 0


def _category(line: Row) -> str:
    names = ("fourth_cid", "third_cid", "second_cid", "first_cid")
    return next((found for name in names if (found := identity(line, name))), "")[:64]


def _line_no(data: Row, lines: Sequence[str]) -> int | None:
    """None for a ticket on several lines, and where its order is not known."""
    named = {
        identity(one, "sku_order_id") for one in rows(part(data, "order_info"), "sku_order_infos")
    }
    if len(named) != 1:
        return None
    return next((at for at, line in enumerate(lines, start=1) if line in named), None)


def _refund_result(info: Row, status: str | None) -> dict[str, Any] | None:
    at = number(info, "refund_time") or number(info, "update_time")
    if status == "refunded":
        return {"status": "succeeded", "at": iso(at)}
    if status == "refund_failed":
        return {"status": "failed", "at": iso(at), "reason": failure(info)}
    return None


def failure(info: Row) -> str:
    return clean(info.get("refund_fail_reason"))[:256]


def parcels(data: Row) -> list[Parcel]:
    """Parcels to the buyer that may still be stopped: neither signed for nor on their way back."""
    sent = rows(part(part(data, "process_info"), "logistics_info"), "order")
    found = [
        Parcel(clean(row.get("company_code"))[:64], clean(row.get("tracking_no"))[:64])
        for row in sent
        if number(row, "logistics_state") not in codes.PARCEL_OVER
    ]
    return [one for one in found if one.carrier and one.tracking_no]


def _shipment(data: Row) -> dict[str, Any] | None:
    parcel = part(part(part(data, "process_info"), "logistics_info"), "return")
    tracking_no = clean(parcel.get("tracking_no"))[:64]
    if not tracking_no:
        return None
    carrier = clean(parcel.get("company_name")) or clean(parcel.get("company_code"))
    sent_at = iso(number(parcel, "logistics_time"))
    return {
        "carrier": carrier[:64],
        "tracking_no": tracking_no,
        **({"shipped_at": sent_at} if sent_at else {}),
    }


def _last_role(data: Row) -> int:
    """The role that acted last, by the history's own times where it has them."""
    steps = rows(part(data, "process_info"), "record_logs_list")
    last = max(steps, key=lambda step: clean(step.get("time")), default={})
    return number(last, "role")


def _links(value: Any) -> list[str]:
    """Signed addresses that end soon (EvidenceExpires)."""
    links = [clean(link) for link in value] if isinstance(value, list) else []
    return [link for link in links if len(link) <= 1000 and _LINK.match(link)][:50]


def _code(row: Row, name: str) -> int:
    """A code that may be 0 in its own right."""
    found = whole(row, name)
    return _NOT_GIVEN if found is None else found


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else plain_yuan(fen)


def _validated(kind: type[R], values: dict[str, Any], name: str, raw: Row) -> R | Unreadable:
    given = {key: value for key, value in values.items() if value is not None}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        text = _("Douyin's record can't be read: %s.") % explain_in_each_language(error)
        return Unreadable(values[name], text, raw)


def _variant(line: Row) -> str:
    """Colour, size and the like, as the buyer chose them."""
    return " ".join(clean(one.get("value")) for one in rows(line, "spec")).strip()[:256]
