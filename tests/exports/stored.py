"""Brought rows as they are stored, and the counts that the command prints."""

from datetime import UTC, datetime
from typing import Any

from aftersale.models import Order, Ticket

STAMP = "_20251101093000"
"""In a file's name: its moment of export, `AT`."""
AT = datetime(2025, 11, 1, 1, 30, tzinfo=UTC)


def order(number: str) -> dict[str, Any]:
    found = Order.objects.get(order_no=number)
    return {
        "status": found.status,
        "buyer": found.buyer,
        "paid": found.paid_amount,
        "refunded": found.refunded_amount,
        "lines": [
            (line.line_no, line.product, line.title, line.quantity, line.paid_amount)
            for line in found.lines.all()
        ],
    }


def ticket(number: str) -> tuple[Any, ...]:
    found = Ticket.objects.get(ticket_no=number)
    return (
        found.order_no,
        found.line_no,
        found.type,
        found.status,
        found.amount,
        found.reason,
    )


def counts(kind: str, new: int = 0, changed: int = 0, unchanged: int = 0, refused: int = 0) -> str:
    return f"{kind}: new {new}, changed {changed}, unchanged {unchanged}, refused {refused}"
