"""A shop's past in the database, in a few statements: what people refunded, and what they kept."""

from datetime import timedelta

from aftersale.models import (
    Actor,
    Order,
    OrderLine,
    Refund,
    RefundSource,
    RefundStatus,
    Shop,
    Ticket,
    TicketEvent,
    TicketEventKind,
)
from tests.factories import NOON, make_user

# Minutes between two steps of a person.
STEP = 4


def make_past(shop: Shop, number: int = 240, *, days: int = 60, good: bool = True) -> list[Ticket]:
    """So many tickets up to noon, two thirds of them for `size`: these were all refunded, or none
    where the past is not `good`; of the others every second one was rejected. Each was handled for
    four minutes."""
    person = make_user(shop)
    orders, tickets, events = [], [], []
    for place in range(number):
        at = NOON - timedelta(days=days) + timedelta(days=days) * place / number
        amount = 800 + place * 37 % 700
        orders.append(
            Order(
                shop=shop,
                order_no=f"past-{shop.pk}-{place}",
                status="pending_shipment",
                buyer=f"b{place % (number // 2)}",
                paid_at=at - timedelta(hours=2),
                updated_at=at,
                paid_amount=amount,
            )
        )
    orders = Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(
        OrderLine(order=order, line_no=1, product=f"p{place % 5}", category="c1",
                  paid_amount=order.paid_amount)
        for place, order in enumerate(orders)
    )  # fmt: skip
    for place, order in enumerate(orders):
        size = place % 3 > 0
        refunded = size if good else False
        refunded |= not size and place % 2 == 0
        at = order.updated_at
        tickets.append(
            Ticket(
                shop=shop,
                order=order,
                order_no=order.order_no,
                ticket_no=f"past-{shop.pk}-{place}",
                buyer=order.buyer,
                type="refund_only",
                requested_type="refund_only",
                reason="size" if size else "other",
                amount=order.paid_amount,
                applied_at=at,
                updated_at=at,
                status="refunded" if refunded else "rejected",
                status_at=at + timedelta(hours=1),
                rejected_before=not refunded,
                products=[f"p{place % 5}"],
                categories=["c1"],
            )
        )
    tickets = Ticket.objects.bulk_create(tickets)
    Refund.objects.bulk_create(
        Refund(shop=shop, order_id=ticket.order_id, ticket=ticket, amount=ticket.amount,
               source=RefundSource.PERSON, status=RefundStatus.SUCCEEDED,
               requested_at=ticket.applied_at, settled_at=ticket.status_at)
        for ticket in tickets
        if ticket.status == "refunded"
    )  # fmt: skip
    for ticket in tickets:
        for minutes in (0, STEP):
            events.append(
                TicketEvent(
                    ticket=ticket,
                    at=ticket.applied_at + timedelta(minutes=minutes),
                    kind=TicketEventKind.NOTE,
                    actor=Actor.PERSON,
                    user=person,
                )
            )
    TicketEvent.objects.bulk_create(events)
    return tickets
