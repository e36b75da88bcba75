"""Money that price differences have taken of an order until their tickets are here (SPEC O2).

Everything here needs the order's row locked; in fen. What a request holds is part of
`order.committed` and of its line's `taken`, as what a ticket has taken.
"""

from datetime import timedelta

from django.db.models import Case, F, Q, Value, When

from aftersale.models import Order, OrderLine, ShopRequest, ShopRequestKind, Ticket
from aftersale.services.orders import own_refunds

# By how much the platform's clock may differ from ours.
CLOCKS = timedelta(minutes=10)


def hold(order: Order, request: ShopRequest) -> None:
    """Takes the request's amount; whoever calls it has asked whether the order has that much."""
    request.held = request.amount
    request.save(update_fields=["held"])
    _move(order, request, request.amount, outside=order.refunded_amount)


def release(order: Order, request: ShopRequest) -> None:
    """Gives back what was not paid. The platform's figure may have been thought to have it."""
    if not request.held:
        return
    held, request.held = request.held, 0
    request.save(update_fields=["held"])
    outside = order.refunded_amount
    if order.refunded_reported is not None:
        own = own_refunds.of_orders([order.pk]).get(order.pk, [])
        outside = own_refunds.outside(order.refunded_reported, own, known=outside)
    _move(order, request, -held, outside=outside)


def hand_over(order: Order, ticket: Ticket) -> None:
    """The platform's ticket of a request takes over what it holds: called where a ticket that the
    platform pays is about to take money.

    The ticket's number is known from the platform's answer; one that is read before the answer is
    recognised by order, line, amount and time.
    """
    held = ShopRequest.objects.filter(
        order=order, held__gt=0, kind=ShopRequestKind.PRICE_DIFFERENCE
    )
    named = Q(ticket_no=ticket.ticket_no)
    alike = Q(
        ticket_no="",
        amount=ticket.amount,
        # Sent, and not only the order looked at.
        platform_step__call_until__isnull=False,
        at__lte=ticket.applied_at + CLOCKS,
    )
    if ticket.line_no is not None:
        alike &= Q(line_no=ticket.line_no)
    by_name = Case(When(named, then=Value(0)), default=Value(1))
    request = held.filter(named | alike).order_by(by_name, "pk").first()
    if request is None:
        return
    moved, request.held, request.ticket_no = request.held, 0, ticket.ticket_no
    request.save(update_fields=["held", "ticket_no"])
    _move(order, request, -moved, outside=order.refunded_amount)


def _move(order: Order, request: ShopRequest, difference: int, *, outside: int) -> None:
    over = order.paid_amount < order.committed + difference + outside
    # One statement, as everywhere: flag and figures agree at every moment.
    Order.objects.filter(pk=order.pk).update(
        committed=F("committed") + difference, refunded_amount=outside, over_refunded=over
    )
    OrderLine.objects.filter(order=order, line_no=request.line_no).update(
        taken=F("taken") + difference
    )
    order.committed += difference
    order.refunded_amount, order.over_refunded = outside, over
