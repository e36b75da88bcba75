"""WeChat's orders and tickets as Afterdesk's records."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from aftersale.domain.money import plain_yuan
from aftersale.domain.multilingual import said as _
from aftersale.platforms.protocol import SeenOrder, SeenTicket
from aftersale.platforms.wechat import codes, disputes, facts
from aftersale.platforms.wechat.disputes import Dispute
from aftersale.platforms.wechat.values import (
    fen,
    identity,
    iso,
    part,
    placed,
    present,
    rows,
    text,
    yuan,
)
from aftersale.records.schemas import TicketRecord
from aftersale.records.values import web_address

Raw = Mapping[str, Any]

# A deadline above this is a moment; below, it is how many seconds are left.
MOMENTS_FROM = 1_000_000_000


class UnknownStatus(ValueError):
    """The text is for people."""


def order_record(shop: str, raw: Raw) -> SeenOrder:
    detail = part(raw, "order_detail")
    delivery = part(detail, "delivery_info")
    received_at = iso(part(detail, "ext_info").get("confirm_receipt_time"))
    paid, of_lines = _money(raw)
    record = SeenOrder.model_validate(
        {
            "shop": shop,
            "order_no": identity(raw, "order_id"),
            "status": _order_status(raw),
            "buyer": _buyer(raw),
            "created_at": iso(raw.get("create_time")),
            "paid_at": iso(part(detail, "pay_info").get("pay_time")),
            "shipped_at": _shipped_at(delivery),
            "delivered_at": received_at,
            "completed_at": received_at,
            "updated_at": iso(raw["update_time"]),
            "paid_amount": yuan(paid),
            "lines": [
                {
                    "line_no": number,
                    "product": str(line["product_id"]),
                    "title": str(line.get("title") or "")[:256],
                    "quantity": int(line.get("sku_cnt") or 1),
                    "paid_amount": yuan(amount),
                    "virtual": codes.whole(delivery.get("deliver_method")) in codes.VIRTUAL,
                    "sku": _variant(line),
                    "picture": web_address(line.get("thumb_img")),
                }
                for number, (line, amount) in enumerate(
                    zip(_lines(raw), of_lines, strict=True), start=1
                )
            ],
            "commission_splits": _splits(detail),
        }
    )
    return record.model_copy(update={"facts": facts.of_order(raw)})


def ticket_numbers(order: Raw) -> list[str] | None:
    """The order's tickets, as it lists them; None where it does not say of each which it is."""
    detail = part(order, "aftersale_detail")
    if not isinstance(detail.get("aftersale_order_list"), list):
        return None
    listed = placed(detail, "aftersale_order_list")
    numbers = [text(row.get("aftersale_order_id")) for row in listed]
    return numbers if all(numbers) else None


def _buyer(raw: Raw) -> str:
    """Of a present the giver, to whom the money goes back; the receiver is known late, if ever.
    Where nobody is named, a stand-in for this order alone."""
    giver = present(raw, "present_giver_openid")
    return text(giver or raw.get("openid")) or f"?{raw['order_id']}"


def _money(raw: Raw) -> tuple[int, list[int]]:
    """Money paid in all, and for each line: the lines add up to the goods' price."""
    detail = part(raw, "order_detail")
    pay, price = part(detail, "pay_info"), part(detail, "price_info")
    lines = _lines(raw)
    free = present(raw, "is_b2c_free_present")
    if pay != (detail.get("pay_info") or {}):
        # Nor can anybody tell whether money was paid.
        raise ValueError("pay_info")
    status = codes.ORDER_STATUS.get(codes.whole(raw.get("status")))
    closed_unpaid = status == "closed" and not iso(pay.get("pay_time"))
    if (
        status == "pending_payment"
        or closed_unpaid
        or free
        or codes.whole(pay.get("payment_method")) in codes.WITHOUT_MONEY
    ):
        return 0, [0] * len(lines)
    if price.get("order_price") is None:
        # Nothing is said of the money: that is no 0.00.
        raise ValueError("order_price")
    paid = fen(price["order_price"])
    goods = max(0, paid - max(0, fen(price.get("freight"))))
    weights = [_line_price(line) for line in lines]
    if sum(weights) == goods:
        return paid, weights
    # Older answers name the price of a piece, and a price that was lowered later is in no line.
    return paid, _shared(goods, weights)


def _shared(amount: int, weights: Sequence[int]) -> list[int]:
    """By weight, to the fen; the largest remainders get what is left."""
    whole = sum(weights)
    if whole <= 0:
        weights, whole = [1] * len(weights), len(weights)
    shares = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % whole), at))
    for at in by_remainder[: amount - sum(shares)]:
        shares[at] += 1
    return shares


Goods = tuple[tuple[str, str], ...]


def goods_of(order: Raw) -> Goods:
    """Product and kind of each line, which a ticket names instead of a line."""
    return tuple(_goods(line) for line in _lines(order))


def line_no(goods: Goods, product: Raw) -> int | None:
    """None also where two lines share the goods, as a gift may with what was bought: nobody can
    tell which of them a ticket is about."""
    wanted = _goods(product)
    found = [at for at, line in enumerate(goods, start=1) if line == wanted]
    return found[0] if len(found) == 1 else None


def _goods(line: Raw) -> tuple[str, str]:
    return str(line.get("product_id")), str(line.get("sku_id"))


def seen_ticket(
    shop: str,
    raw: Raw,
    *,
    line_no: int | None,
    read_at: datetime,
    dispute: Dispute | None = None,
) -> SeenTicket:
    status, type = codes.status_name(raw.get("status")), codes.type_name(raw.get("type"))
    known_status, known_type = status in codes.TICKET_STATUS, type in codes.TICKET_TYPE
    known_kind = codes.kind_is_known(raw.get("sub_type"))
    record = TicketRecord.model_validate(
        {
            "shop": shop,
            "ticket_no": identity(raw, "after_sale_order_id"),
            "order_no": identity(raw, "order_id"),
            "line_no": line_no,
            # A type that is not known is no exchange, and no money either: its flag keeps it from
            # being approved, and its fact has its name (SPEC O4).
            "type": codes.TICKET_TYPE.get(type, "refund_only"),
            "reason": _reason(raw),
            "amount": plain_yuan(amount(raw)),
            "applied_at": iso(raw["create_time"]),
            "updated_at": iso(version(raw, dispute) if dispute else raw["update_time"]),
            "note": text(part(raw, "details").get("desc"))[:2000],
            "status": ticket_status(raw, dispute),
            "due_at": due_at(raw.get("deadline"), read_at),
            "return_shipment": _return_shipment(part(raw, "return_info")),
            "arbitration_result": arbitration_result(raw, dispute),
            "refund_result": refund_result(raw, status) if known_type else None,
        }
    )
    return SeenTicket(
        record,
        paid_by_fast_refund=_fast_refund(raw, status),
        unknown=not (known_status and known_type and known_kind),
        facts=facts.of_ticket(raw, dispute, type_known=known_type, status_known=known_status),
    )


def version(raw: Raw, dispute: Dispute | None) -> int:
    """The second of the latest change: a dispute that moves does not move its ticket's time."""
    return max(int(raw["update_time"]), dispute.changed_at if dispute else 0)


def ticket_status(raw: Raw, dispute: Dispute | None = None) -> str | None:
    """The desk's word; None where the platform's is not known, so that nothing moves."""
    theirs = codes.status_name(raw.get("status"))
    status = codes.TICKET_STATUS.get(theirs)
    if codes.type_name(raw.get("type")) not in codes.TICKET_TYPE and status in codes.MONEY:
        return "closed" if status == "refunded" else None
    if dispute is not None and dispute.running and theirs in codes.DISPUTABLE:
        return "refunding" if dispute.status == disputes.REFUNDING else "arbitration"
    return status


def arbitration_result(raw: Raw, dispute: Dispute | None) -> str | None:
    if codes.whole(part(raw, "refund_info").get("refund_reason")) == codes.DISPUTE_REFUND:
        return "buyer"
    return dispute.winner if dispute else None


def due_at(deadline: Any, read_at: datetime) -> str | None:
    """Sources differ on whether it is a moment or what is left; its magnitude tells."""
    seconds = int(deadline or 0)
    if seconds <= 0:
        return None
    if seconds >= MOMENTS_FROM:
        return iso(seconds)
    return (read_at + timedelta(seconds=seconds)).replace(microsecond=0).isoformat()


def amount(raw: Raw) -> int:
    """Raises ValueError where money is asked for and no amount can be read."""
    if codes.type_name(raw.get("type")) in codes.WITH_MONEY:
        return amount_of(raw)
    return fen(part(raw, "refund_info").get("amount"))


def amount_of(raw: Raw) -> int:
    found = part(raw, "refund_info").get("amount")
    if found is None:
        # As 0.00 a refund that was paid would leave its money on the order.
        raise ValueError("amount")
    return fen(found)


def failure(raw: Raw) -> str:
    """The platform's reason why a refund failed."""
    answer = part(raw, "refund_resp")
    parts = (answer.get("message"), answer.get("code"), answer.get("ret"))
    return " ".join(str(part) for part in parts if part)[:256]


def _lines(order: Raw) -> list[Raw]:
    return placed(part(order, "order_detail"), "product_infos")


def _order_status(raw: Raw) -> str:
    """Raises ValueError for one that is not known: guessed, it could refund goods that left."""
    code = codes.whole(raw.get("status"))
    if code not in codes.ORDER_STATUS:
        raise UnknownStatus(
            _("The platform reports an order status that is not known here: %s.")
            % raw.get("status")
        )
    return codes.ORDER_STATUS[code]


def _shipped_at(delivery: Raw) -> str | None:
    sent = [int(row.get("delivery_time") or 0) for row in rows(delivery, "delivery_product_info")]
    first = min((at for at in sent if at > 0), default=0)
    return iso(first or delivery.get("ship_done_time"))


def _line_price(line: Raw) -> int:
    """Money paid for the whole line; older answers have the price of one piece only."""
    paid = line.get("real_price")
    if paid is None:
        return fen(line.get("sale_price")) * int(line.get("sku_cnt") or 1)
    return fen(paid)


def _splits(detail: Raw) -> list[dict[str, str]]:
    splits = [
        {
            "beneficiary": codes.BENEFICIARY.get(int(row.get("type") or 0), "promoter"),
            "account": str(row.get("finder_id") or row.get("openfinderid") or "")[:64],
            "amount": yuan(row.get("amount")),
        }
        for row in rows(detail, "commission_infos")
    ]
    settled = part(detail, "settle_info")
    fee = settled.get("commission_fee") or settled.get("predict_commission_fee")
    if fee:
        splits.append({"beneficiary": "platform", "account": "", "amount": yuan(fee)})
    return splits[:100]


def _reason(raw: Raw) -> str:
    code = str(raw.get("reason") or "")
    return str(raw.get("reason_text") or codes.REASONS.get(code, code))[:64]


def _return_shipment(info: Raw) -> dict[str, str] | None:
    if not info.get("waybill_id"):
        return None
    carrier = str(info.get("delivery_name") or info.get("delivery_id") or "")
    return {"carrier": carrier[:64], "tracking_no": str(info["waybill_id"])[:64]}


def refund_result(raw: Raw, status: str) -> dict[str, Any] | None:
    if status in (codes.REFUNDED, codes.RETURNED):
        at = iso(raw.get("complete_time")) or iso(raw["update_time"])
        return {"status": "succeeded", "at": at}
    if status == codes.PAYMENT_FAILED:
        return {
            "status": "failed",
            "at": iso(raw["update_time"]),
            "reason": failure(raw),
        }
    return None


def _fast_refund(raw: Raw, status: str) -> bool:
    """True if the platform paid by itself before anything was shipped (SPEC F2)."""
    why = codes.whole(part(raw, "refund_info").get("refund_reason"))
    if why:
        return why == codes.AUTOMATIC_REFUND
    return bool(part(raw, "product_info").get("fast_refund")) and status in (
        codes.PAYING,
        codes.REFUNDED,
    )


def _variant(line: Raw) -> str:
    """Colour, size and the like, as the buyer chose them."""
    return " ".join(str(one.get("attr_value") or "") for one in rows(line, "sku_attrs"))[:256]
