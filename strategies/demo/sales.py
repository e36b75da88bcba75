"""One order as it goes from being placed to being completed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aftersale.domain.money import plain_yuan

from .catalogue import Product


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@dataclass
class Sale:
    """Times that lie ahead are None. Amounts in fen."""

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
    partly: bool = False
    type: str = "ordinary"
    labels: list[str] = field(default_factory=list)
    splits: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def status(self) -> str:
        if self.closed_at:
            return "closed"
        if self.paid_at is None:
            return "pending_payment"
        if self.completed_at:
            return "completed"
        if self.delivered_at:
            return "delivered"
        if self.shipped_at:
            return "partially_shipped" if self.partly else "shipped"
        return "pending_shipment"

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

    def record(self) -> dict[str, Any]:
        """As INTERFACES has it."""
        times = (
            self.created_at,
            self.paid_at,
            self.label_printed_at,
            self.shipped_at,
            self.delivered_at,
            self.completed_at,
            self.closed_at,
        )
        paid = self.paid_at is not None
        return {
            "shop": self.shop,
            "order_no": self.order_no,
            "type": self.type,
            "status": self.status,
            "buyer": self.buyer,
            "created_at": iso(self.created_at),
            "paid_at": iso(self.paid_at),
            "label_printed_at": iso(self.label_printed_at),
            "shipped_at": iso(self.shipped_at),
            "delivered_at": iso(self.delivered_at),
            "completed_at": iso(self.completed_at),
            "updated_at": iso(max(moment for moment in times if moment)),
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
