"""An archived order and its tickets in the words of INTERFACES (Records), as `ingest` reads
them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aftersale.domain.identifiers import UNNAMED
from aftersale.domain.money import plain_yuan
from aftersale.models import RefundStatus, TicketStatus

_LONGEST_NUMBER = 64

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]


def records_of(shop_code: str, rows: Rows) -> Iterator[dict[str, Any]]:
    """The order, then its tickets. Whoever takes them in has each refund as done, so that none is
    paid again."""
    (order,) = rows["aftersale_order"]
    yield _order(shop_code, order, rows)
    refunds = {refund["ticket_id"]: refund for refund in rows.get("aftersale_refund", ())}
    for ticket in rows["aftersale_ticket"]:
        yield _ticket(shop_code, ticket, refunds.get(ticket["id"]))


def _order(shop_code: str, order: Row, rows: Rows) -> dict[str, Any]:
    times = ("created_at", "paid_at", "label_printed_at", "shipped_at", "delivered_at")
    return {
        "kind": "order",
        "shop": shop_code,
        "order_no": order["order_no"],
        "type": order["type"],
        "status": order["status"],
        # A stand-in for this order alone (SPEC O11): archives name no buyers.
        "buyer": (UNNAMED + order["order_no"])[:_LONGEST_NUMBER],
        **{name: order[name] for name in (*times, "completed_at", "updated_at")},
        "paid_amount": plain_yuan(order["paid_amount"]),
        "refunded_amount": plain_yuan(order["refunded_amount"]),
        "labels": order["labels"],
        "lines": [
            {
                "line_no": line["line_no"],
                "product": line["product"],
                "category": line["category"],
                "title": line["title"],
                "quantity": line["quantity"],
                "paid_amount": plain_yuan(line["paid_amount"]),
                "virtual": line["virtual"],
                **{name: line[name] for name in ("sku", "picture") if line[name]},
            }
            for line in rows.get("aftersale_orderline", ())
        ],
        "commission_splits": [
            {
                "beneficiary": split["beneficiary"],
                "account": split["account"],
                "amount": plain_yuan(split["amount"]),
            }
            for split in rows.get("aftersale_commissionsplit", ())
        ],
    }


def _ticket(shop_code: str, ticket: Row, refund: Row | None) -> dict[str, Any]:
    paid = refund if refund and refund["status"] == RefundStatus.SUCCEEDED else None
    record = {
        "kind": "ticket",
        "shop": shop_code,
        "ticket_no": ticket["ticket_no"],
        "order_no": ticket["order_no"],
        "line_no": ticket["line_no"],
        "type": ticket["type"],
        "reason": ticket["reason"],
        # Of a paid one what was paid, which may be less than was asked for: the money must add up.
        "amount": plain_yuan(paid["amount"] if paid else ticket["amount"]),
        "applied_at": ticket["applied_at"],
        "updated_at": ticket["updated_at"],
        "labels": ticket["labels"],
        "status": ticket["status"],
        "arbitration_result": ticket["arbitration_result"] or None,
    }
    if paid and ticket["status"] == TicketStatus.REFUNDED:
        record["refund_result"] = {"status": "succeeded", "at": paid["settled_at"]}
    return record
