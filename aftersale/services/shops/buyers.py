"""A buyer's history in a shop, for decisions on the buyer's cases."""

from dataclasses import dataclass

from django.db.models import Count, Exists, Q, QuerySet, Sum

from aftersale.models import BlockedBuyer, Order, RefundStatus, Ticket
from aftersale.services.shared.prepared import Slot, prepared

LAST_SHOWN = 5


@dataclass(frozen=True)
class History:
    """Amounts in fen."""

    orders: int
    paid: int
    tickets: int
    refunds: int
    refunded: int
    blocked: bool
    last: list[Ticket]


def history(*, shop_id: int, buyer: str, but: Ticket) -> History | None:
    """None where the buyer is not known; `last` excludes the case at hand."""
    if not buyer:
        return None
    # The case itself is among the tickets, unless its buyer was erased since it was read.
    ((tickets, refunds, refunded, blocked),) = _asked(shop=shop_id, buyer=buyer) or [
        (0, 0, 0, False)
    ]
    ((orders, paid),) = _bought(shop=shop_id, buyer=buyer) or [(0, 0)]
    return History(
        orders=orders,
        paid=paid,
        tickets=tickets,
        refunds=refunds,
        refunded=refunded,
        blocked=blocked,
        last=_last(shop=shop_id, buyer=buyer, but=but.pk),
    )


@prepared
def _asked(*, shop: Slot, buyer: Slot) -> QuerySet:
    """Tickets, refunds and their sum, and whether the buyer is blocked."""
    paid = Q(refund__status=RefundStatus.SUCCEEDED)
    tickets = Ticket.objects.filter(shop=shop, buyer=buyer).order_by().values("shop")
    return tickets.annotate(
        tickets=Count("pk"),
        refunds=Count("refund", filter=paid),
        refunded=Sum("refund__amount", filter=paid, default=0),
        blocked=Exists(BlockedBuyer.objects.filter(shop=shop, buyer=buyer)),
    ).values_list("tickets", "refunds", "refunded", "blocked")


@prepared
def _bought(*, shop: Slot, buyer: Slot) -> QuerySet:
    """Orders and what was paid for them; nothing where there is none."""
    orders = Order.objects.filter(shop=shop, buyer=buyer).order_by().values("shop")
    counted = orders.annotate(orders=Count("pk"), paid=Sum("paid_amount", default=0))
    return counted.values_list("orders", "paid")


@prepared
def _last(*, shop: Slot, buyer: Slot, but: Slot) -> QuerySet[Ticket]:
    tickets = Ticket.objects.filter(shop=shop, buyer=buyer).exclude(pk=but)
    return tickets.order_by("-pk")[:LAST_SHOWN]
