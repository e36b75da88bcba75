"""A buyer's history in a shop, for decisions on the buyer's cases."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from aftersale.models import BlockedBuyer, Order, RefundStatus, Ticket

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
    tickets = Ticket.objects.filter(shop=shop_id, buyer=buyer)
    paid = Q(refund__status=RefundStatus.SUCCEEDED)
    asked = tickets.aggregate(
        tickets=Count("pk"),
        refunds=Count("refund", filter=paid),
        refunded=Sum("refund__amount", filter=paid, default=0),
    )
    bought = Order.objects.filter(shop=shop_id, buyer=buyer).aggregate(
        orders=Count("pk"), paid=Sum("paid_amount", default=0)
    )
    return History(
        **asked,
        **bought,
        blocked=BlockedBuyer.objects.filter(shop=shop_id, buyer=buyer).exists(),
        last=list(tickets.exclude(pk=but.pk).order_by("-pk")[:LAST_SHOWN]),
    )
