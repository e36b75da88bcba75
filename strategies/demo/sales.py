"""One order as it goes from being placed to being completed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aftersale.domain.money import plain_yuan

from .catalogue import Product


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


MARKS = (
    "created_at",
    "paid_at",
    "label_printed_at",
    "shipped_at",
    "delivered_at",
    "completed_at",
    "closed_at",
)


@dataclass
class Sale:
    """All moments of the order, also those to come; `record` gives it as it is at one of them.
    Amounts in fen."""

    shop: str
    order_no: str
    buyer: str
    items: list[tuple[Product, int]]
    created_at: datetime
    paid_at: datetime | None = None
    label_printed_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    completed_at: datetime | None = None
    closed_at: datetime | None = None
    # A moment of the order that became known late.
    reported_at: datetime | None = None
    partly: bool = False
    type: str = "ordinary"
    labels: list[str] = field(default_factory=list)
    splits: list[tuple[str, str, int]] = field(default_factory=list)

    def mark(self, name: str, at: datetime) -> datetime | None:
        """That moment of the order, None while it lies ahead."""
        moment: datetime | None = getattr(self, name)
        return moment if moment is not None and moment <= at else None

    def marks_after(self, at: datetime) -> list[datetime]:
        moments = [getattr(self, name) for name in MARKS]
        return sorted({moment for moment in moments if moment is not None and moment > at})

    def status(self, at: datetime) -> str:
        if self.mark("closed_at", at):
            return "closed"
        if not self.mark("paid_at", at):
            return "pending_payment"
        if self.mark("completed_at", at):
            return "completed"
        if self.mark("delivered_at", at):
            return "delivered"
        if self.mark("shipped_at", at):
            return "partially_shipped" if self.partly else "shipped"
        return "pending_shipment"

    def close(self, at: datetime) -> None:
        """Nothing of it happens any more."""
        for name in MARKS:
            if (moment := getattr(self, name)) is not None and moment > at:
                setattr(self, name, None)
        self.closed_at = at

    @property
    def paid_amount(self) -> int:
        return sum(product.price * quantity for product, quantity in self.items)

    @property
    def virtual(self) -> bool:
        return any(product.virtual for product, _quantity in self.items)

    def line_amount(self, line_no: int | None) -> int:
        if line_no is None:
            return self.paid_amount
        product, quantity = self.items[line_no - 1]
        return product.price * quantity

    def record(self, at: datetime) -> dict[str, Any]:
        """As INTERFACES has it."""
        marks = {name: self.mark(name, at) for name in MARKS}
        paid = marks["paid_at"] is not None
        del marks["closed_at"]
        return {
            "shop": self.shop,
            "order_no": self.order_no,
            "type": self.type,
            "status": self.status(at),
            "buyer": self.buyer,
            **{name: iso(moment) for name, moment in marks.items()},
            "updated_at": iso(self.updated_at(at)),
            "paid_amount": plain_yuan(self.paid_amount if paid else 0),
            "labels": self.labels,
            "lines": [
                {
                    "line_no": number,
                    "product": product.code,
                    "category": product.category,
                    "title": product.title,
                    "quantity": quantity,
                    "paid_amount": plain_yuan(product.price * quantity if paid else 0),
                    "virtual": product.virtual,
                }
                for number, (product, quantity) in enumerate(self.items, start=1)
            ],
            "commission_splits": [
                {"beneficiary": who, "account": account, "amount": plain_yuan(amount)}
                for who, account, amount in self.splits
            ],
        }

    def updated_at(self, at: datetime) -> datetime:
        return max(filter(None, (self.mark(name, at) for name in (*MARKS, "reported_at"))))
