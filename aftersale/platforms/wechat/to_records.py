"""What WeChat says of an order or a ticket, as the desk's records."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aftersale.platforms.protocol import SeenTicket
from aftersale.platforms.wechat import codes
from aftersale.records.schemas import OrderRecord, TicketRecord

Raw = Mapping[str, Any]

# A deadline above this is a moment; below, it is how many seconds are left.
MOMENTS_FROM = 1_000_000_000


def order_record(shop: str, raw: Raw) -> OrderRecord:
    detail = _part(raw, "order_detail")
    delivery = _part(detail, "delivery_info")
    extra = _part(detail, "ext_info")
    paid_at = _iso_from_seconds(_part(detail, "pay_info").get("pay_time"))
    received_at = _iso_from_seconds(extra.get("confirm_receipt_time"))
    price = _part(detail, "price_info").get("order_price")
    return OrderRecord.model_validate(
        {
            "shop": shop,
            "order_no": str(raw["order_id"]),
            "status": _order_status(raw),
            "buyer": str(raw["openid"]),
            "created_at": _iso_from_seconds(raw.get("create_time")),
            "paid_at": paid_at,
            "shipped_at": _shipped_at(delivery),
            "delivered_at": received_at,
            "completed_at": received_at,
            "updated_at": _iso_from_seconds(raw["update_time"]),
            "paid_amount": _yuan(price if paid_at else 0),
            "lines": [
                {
                    "line_no": number,
                    "product": str(line["product_id"]),
                    "title": str(line.get("title") or "")[:256],
                    "quantity": int(line.get("sku_cnt") or 1),
                    "paid_amount": _yuan(_line_price(line)),
                    "virtual": delivery.get("deliver_method") in codes.VIRTUAL,
                }
                for number, line in enumerate(_lines(raw), start=1)
            ],
            "commission_splits": _splits(detail),
        }
    )


def ticket_numbers(order: Raw) -> list[str]:
    """The order's tickets, as it lists them."""
    listed = _part(order, "aftersale_detail").get("aftersale_order_list")
    rows = listed if isinstance(listed, list) else []
    numbers = [row.get("aftersale_order_id") for row in rows if isinstance(row, Mapping)]
    return [str(number) for number in numbers if number]


def line_no(order: Raw, product: Raw) -> int | None:
    """The order's line that a ticket is about; the platform names goods, not lines."""
    wanted = (str(product.get("product_id")), str(product.get("sku_id")))
    for number, line in enumerate(_lines(order), start=1):
        if (str(line.get("product_id")), str(line.get("sku_id"))) == wanted:
            return number
    return None


def seen_ticket(shop: str, raw: Raw, *, line_no: int | None, read_at: datetime) -> SeenTicket:
    refund, details = _part(raw, "refund_info"), _part(raw, "details")
    status = codes.status_name(raw.get("status"))
    record = TicketRecord.model_validate(
        {
            "shop": shop,
            "ticket_no": str(raw["after_sale_order_id"]),
            "order_no": str(raw["order_id"]),
            "line_no": line_no,
            # An unknown type is for people, as an exchange is.
            "type": codes.TICKET_TYPE.get(codes.type_name(raw.get("type")), "exchange"),
            "reason": _reason(raw),
            "amount": _yuan(refund.get("amount")),
            "applied_at": _iso_from_seconds(raw["create_time"]),
            "updated_at": _iso_from_seconds(raw["update_time"]),
            "note": str(details.get("desc") or "").replace("\x00", "")[:2000],
            "status": ticket_status(raw),
            "due_at": due_at(raw.get("deadline"), read_at),
            "return_shipment": _return_shipment(_part(raw, "return_info")),
            "arbitration_result": (
                "buyer" if refund.get("refund_reason") == codes.DISPUTE_REFUND else None
            ),
            "refund_result": _refund_result(raw, status),
        }
    )
    return SeenTicket(record, paid_by_fast_refund=_fast_refund(raw, status))


def ticket_status(raw: Raw) -> str:
    status = codes.status_name(raw.get("status"))
    if status in codes.DISPUTABLE and str(raw.get("complaint_id") or "0") != "0":
        return "arbitration"
    return codes.TICKET_STATUS.get(status, codes.FOR_PEOPLE)


def due_at(deadline: Any, read_at: datetime) -> str | None:
    """Sources differ on whether it is a moment or what is left; its magnitude tells."""
    seconds = int(deadline or 0)
    if seconds <= 0:
        return None
    if seconds >= MOMENTS_FROM:
        return _iso_from_seconds(seconds)
    return (read_at + timedelta(seconds=seconds)).replace(microsecond=0).isoformat()


def amount(raw: Raw) -> int:
    return int(_part(raw, "refund_info").get("amount") or 0)


def failure(raw: Raw) -> str:
    """What the platform says on why a refund failed."""
    answer = _part(raw, "refund_resp")
    parts = (answer.get("message"), answer.get("code"), answer.get("ret"))
    return " ".join(str(part) for part in parts if part)[:256]


def _part(raw: Raw, key: str) -> Raw:
    value = raw.get(key)
    return value if isinstance(value, Mapping) else {}


def _rows(raw: Raw, key: str) -> list[Raw]:
    value = raw.get(key)
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _lines(order: Raw) -> list[Raw]:
    return _rows(_part(order, "order_detail"), "product_infos")


def _iso_from_seconds(seconds: Any) -> str | None:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat() if seconds else None


def _yuan(fen: Any) -> str:
    whole, part = divmod(int(fen or 0), 100)
    return f"{whole}.{part:02d}"


def _order_status(raw: Raw) -> str:
    """An unknown one by what has happened: neither early nor late for the warehouse."""
    known = codes.ORDER_STATUS.get(int(raw.get("status") or 0))
    if known is not None:
        return known
    detail = _part(raw, "order_detail")
    if _part(detail, "delivery_info").get("ship_done_time"):
        return "shipped"
    return "pending_shipment" if _part(detail, "pay_info").get("pay_time") else "pending_payment"


def _shipped_at(delivery: Raw) -> str | None:
    sent = [row.get("delivery_time") for row in _rows(delivery, "delivery_product_info")]
    first = min((int(at) for at in sent if at), default=0)
    return _iso_from_seconds(first or delivery.get("ship_done_time"))


def _line_price(line: Raw) -> int:
    """What was paid for the whole line; older answers name the price of one piece only."""
    paid = line.get("real_price")
    if paid is None:
        return int(line.get("sale_price") or 0) * int(line.get("sku_cnt") or 1)
    return int(paid)


def _splits(detail: Raw) -> list[dict[str, str]]:
    splits = [
        {
            "beneficiary": codes.BENEFICIARY.get(int(row.get("type") or 0), "promoter"),
            "account": str(row.get("finder_id") or row.get("openfinderid") or "")[:64],
            "amount": _yuan(row.get("amount")),
        }
        for row in _rows(detail, "commission_infos")
    ]
    settled = _part(detail, "settle_info")
    fee = settled.get("commission_fee") or settled.get("predict_commission_fee")
    if fee:
        splits.append({"beneficiary": "platform", "account": "", "amount": _yuan(fee)})
    return splits[:100]


def _reason(raw: Raw) -> str:
    code = str(raw.get("reason") or "")
    return str(raw.get("reason_text") or codes.REASONS.get(code, code))[:64]


def _return_shipment(info: Raw) -> dict[str, str] | None:
    if not info.get("waybill_id"):
        return None
    carrier = str(info.get("delivery_name") or info.get("delivery_id") or "")
    return {"carrier": carrier[:64], "tracking_no": str(info["waybill_id"])[:64]}


def _refund_result(raw: Raw, status: str) -> dict[str, Any] | None:
    if status in (codes.REFUNDED, codes.RETURNED):
        at = _iso_from_seconds(raw.get("complete_time") or raw["update_time"])
        return {"status": "succeeded", "at": at}
    if status == codes.PAYMENT_FAILED:
        return {
            "status": "failed",
            "at": _iso_from_seconds(raw["update_time"]),
            "reason": failure(raw),
        }
    return None


def _fast_refund(raw: Raw, status: str) -> bool:
    """Whether the platform paid by itself before anything was shipped (SPEC F2)."""
    why = _part(raw, "refund_info").get("refund_reason")
    if why:
        return bool(why == codes.AUTOMATIC_REFUND)
    return bool(_part(raw, "product_info").get("fast_refund")) and status in (
        codes.PAYING,
        codes.REFUNDED,
    )
