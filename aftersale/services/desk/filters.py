"""Filters of the workbench's lists."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from aftersale.models import OrderLine, Ticket


@dataclass(frozen=True)
class Filters:
    """Filters of a queue. Amounts in fen."""

    type: str = ""
    reason: str = ""
    amount_from: int | None = None
    amount_to: int | None = None
    # Applied for from the one moment to before the other.
    applied_from: datetime | None = None
    applied_before: datetime | None = None
    # A product's number, or a part of its title as the order has it.
    product: str = ""
    order_status: str = ""
    # A person's key; NOBODY for cases in nobody's hands.
    handler: int | None = None
    mark: str = ""

    def narrow(self, tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
        if self.type:
            tickets = tickets.filter(type=self.type)
        if self.reason:
            tickets = tickets.filter(reason=self.reason)
        if self.amount_from is not None:
            tickets = tickets.filter(amount__gte=self.amount_from)
        if self.amount_to is not None:
            tickets = tickets.filter(amount__lte=self.amount_to)
        if self.applied_from is not None:
            tickets = tickets.filter(applied_at__gte=self.applied_from)
        if self.applied_before is not None:
            tickets = tickets.filter(applied_at__lt=self.applied_before)
        if self.product:
            titled = OrderLine.objects.filter(
                order=OuterRef("order_id"), title__icontains=self.product
            )
            tickets = tickets.filter(Q(products__contains=[self.product]) | Exists(titled))
        if self.order_status:
            tickets = tickets.filter(order__status=self.order_status)
        if self.handler is not None:
            handler = None if self.handler == NOBODY else self.handler
            tickets = tickets.filter(handler=handler)
        if self.mark:
            tickets = tickets.filter(mark=self.mark)
        return tickets


NO_FILTERS = Filters()
NOBODY = 0
