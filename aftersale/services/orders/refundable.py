"""The money that tickets take of an order and its lines (SPEC O2, E2). Everything in fen.

`order.committed` is the sum of its tickets' `committed` and of what price differences hold; a
line's `taken` is the sum of those on it. Every function here needs the order's
row and the ticket's row locked, in this order (docs/locking.md). The changes are written as
differences, so that even without the lock the database's CHECK would refuse an overrun.
"""

from datetime import datetime

from django.db.models import F

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    HANDS_OFF,
    Actor,
    Order,
    OrderLine,
    ShopRequest,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
)
from aftersale.services.orders import own_refunds, request_holds
from aftersale.services.orders.line_money import line_money
from aftersale.services.shared.errors import OverLine, OverRefundable
from aftersale.services.tickets.lifecycle import add_flag
from aftersale.signals import tickets_waiting


def commit(order: Order, ticket: Ticket, amount: int) -> None:
    """Sets what the ticket has taken to `amount`, if the order's money allows it.

    Raises OverRefundable, having written nothing (SPEC O2).
    """
    require_room(order, ticket, amount)
    _write(order, ticket, amount, outside=order.refunded_amount, over_refunded=False)


def require_room(order: Order, ticket: Ticket, amount: int) -> None:
    """Raises OverRefundable where the order's money does not allow the ticket to take that much.

    What the ticket has taken already (its own approved return) counts for it.
    """
    if order.over_refunded:
        raise OverRefundable(
            _(
                "More was refunded of order %(order)s than was paid (paid %(paid)s, refunded "
                "elsewhere %(elsewhere)s, refunded or approved here %(here)s): nothing "
                "more can be approved."
            )
            % {
                "order": order.order_no,
                "paid": format_yuan(order.paid_amount),
                "elsewhere": format_yuan(order.refunded_amount),
                "here": format_yuan(order.committed),
            },
            pointer="amount",
        )
    available = order.refundable_amount + ticket.committed
    if amount > available:
        raise OverRefundable(
            _(
                "%(amount)s is more than can still be refunded of order %(order)s: "
                "%(available)s (paid %(paid)s, refunded elsewhere %(elsewhere)s, "
                "other tickets have taken %(others)s)."
            )
            % {
                "amount": format_yuan(amount),
                "order": order.order_no,
                "available": format_yuan(available),
                "paid": format_yuan(order.paid_amount),
                "elsewhere": format_yuan(order.refunded_amount),
                "others": format_yuan(order.committed - ticket.committed),
            },
            pointer="amount",
        )


def require_line_room(order: Order, ticket: Ticket, amount: int) -> None:
    """Raises OverLine where the ticket's line does not have that much left (SPEC O2, E2).

    What the ticket has taken already it keeps, whatever else was taken of its line since.
    """
    line = line_money(order, ticket)
    if line is None or amount <= max(line.left, ticket.committed):
        return
    raise OverLine(
        _(
            "%(amount)s is more than is left of line %(line)s (%(name)s): %(left)s. %(paid)s was "
            "paid for it, and other tickets have taken %(taken)s."
        )
        % {
            "amount": format_yuan(amount),
            "line": line.line_no,
            "name": line.name,
            "left": format_yuan(line.left),
            "paid": format_yuan(line.paid),
            "taken": format_yuan(line.taken),
        },
        pointer="above_line",
    )


def line_note(order: Order, ticket: Ticket, amount: int, *, above_line: bool) -> str:
    """The note on a person's step above the line's money; empty within it.

    Raises OverLine where the person has not said that they mean to go `above_line` (SPEC O2).
    """
    try:
        require_line_room(order, ticket, amount)
    except OverLine as over:
        if not above_line:
            raise
        return _("Above the line: %s") % over.message
    return ""


def preview_commit(order: Order, ticket: Ticket, amount: int) -> None:
    """Counts an approval in these objects alone, without writing: for previews of several tickets
    of one order."""
    difference = amount - ticket.committed
    order.committed += difference
    for line in order.lines.all():
        if line.line_no == ticket.line_no:
            line.taken += difference


def free(order: Order, ticket: Ticket, *, keep: int = 0) -> None:
    """Gives back what the ticket has taken, but for `keep`: money that did leave.

    The order's other tickets that wait for a person get a new look by the automation.
    """
    _as_fact(order, ticket, keep)


def let_go(order: Order, request: ShopRequest) -> None:
    """Gives back what a request holds of which nothing will be paid; others get a new look."""
    held = request.held
    request_holds.release(order, request)
    if held:
        look_again(order)


def unhold(order: Order, ticket: Ticket, *, keep: int) -> None:
    """Gives back what was held for a second person, so that the step itself takes it in the same
    transaction: under the order's lock nobody comes between (SPEC G4)."""
    _as_fact(order, ticket, keep, wake=False)


def take_as_fact(order: Order, ticket: Ticket, amount: int, *, now: datetime) -> None:
    """Records money that has left, even beyond what was paid, and flags that (SPEC O2)."""
    if amount > ticket.committed:
        request_holds.hand_over(order, ticket)
    _as_fact(order, ticket, amount)
    if order.over_refunded and add_flag(ticket, TicketFlag.OVER_REFUNDED):
        ticket.save(update_fields=["flags"])
        TicketEvent.objects.create(
            ticket=ticket,
            at=now,
            kind=TicketEventKind.FLAG,
            actor=Actor.PLATFORM,
            note=_("Refunded of order %(order)s: %(refunded)s, but paid: %(paid)s.")
            % {
                "order": order.order_no,
                "refunded": format_yuan(order.committed + order.refunded_amount),
                "paid": format_yuan(order.paid_amount),
            },
        )


def claim_from_outside(order: Order, ticket: Ticket) -> None:
    """Takes the ticket's money out of what counts as refunded outside (SPEC O2).

    The platform has refunded the ticket by a step that was not sent from here, and its figure of
    the order may have that refund already. Call it before the refund is written down.
    """
    if order.refunded_reported is not None:
        own = own_refunds.of_order(order, but=ticket)
        own.append(ticket.committed)
        known = max(0, order.refunded_amount - ticket.committed)
        outside = own_refunds.outside(order.refunded_reported, own, known=known)
        _write(
            order,
            ticket,
            ticket.committed,
            outside=outside,
            over_refunded=order.paid_amount < order.committed + outside,
        )


def take_reported(order: Order, reported: int) -> None:
    """Takes the platform's figure of a locked order where it is larger than the stored one (SPEC
    O6)."""
    if order.refunded_reported is None or reported <= order.refunded_reported:
        return
    own = own_refunds.of_orders([order.pk]).get(order.pk, [])
    outside = own_refunds.outside(reported, own, known=order.refunded_amount)
    order.refunded_reported, order.refunded_amount = reported, outside
    order.over_refunded = order.paid_amount < order.committed + outside
    order.save(update_fields=["refunded_reported", "refunded_amount", "over_refunded"])


def _as_fact(order: Order, ticket: Ticket, amount: int, *, wake: bool = True) -> None:
    outside = _outside(order, ticket, amount)
    committed = order.committed + amount - ticket.committed
    freed = amount < ticket.committed
    over = order.paid_amount < committed + outside
    _write(order, ticket, amount, outside=outside, over_refunded=over)
    if freed and wake:
        look_again(order, ticket)


def _outside(order: Order, ticket: Ticket, amount: int) -> int:
    """The amount refunded outside once this ticket has taken `amount` (SPEC O2)."""
    if order.refunded_reported is None:
        return order.refunded_amount
    own = own_refunds.of_order(order, but=ticket)
    own.append(own_refunds.of_ticket(ticket, amount))
    # Money unknown here may have been counted as refunded outside.
    known = max(0, order.refunded_amount - max(0, amount - ticket.committed))
    return own_refunds.outside(order.refunded_reported, own, known=known)


def _write(order: Order, ticket: Ticket, amount: int, *, outside: int, over_refunded: bool) -> None:
    difference = amount - ticket.committed
    before = (order.refunded_amount, order.over_refunded)
    if difference == 0 and before == (outside, over_refunded):
        return
    # One statement: flag and figures must agree at every moment (order_not_over_refunded).
    Order.objects.filter(pk=order.pk).update(
        committed=F("committed") + difference,
        refunded_amount=outside,
        over_refunded=over_refunded,
    )
    if ticket.line_no is not None and difference:
        # The order may lack the line so far: the line gets its sum when it comes (ingest).
        OrderLine.objects.filter(order=order, line_no=ticket.line_no).update(
            taken=F("taken") + difference
        )
    order.committed += difference
    order.refunded_amount = outside
    order.over_refunded = over_refunded
    ticket.committed = amount
    ticket.save(update_fields=["committed"])


def look_again(order: Order, ticket: Ticket | None = None) -> None:
    """Money was freed: the order's other tickets that wait for a person are evaluated anew."""
    others = Ticket.objects.filter(
        order=order, status=TicketStatus.PENDING_REVIEW, awaiting_evaluation=False
    )
    if ticket is not None:
        others = others.exclude(pk=ticket.pk)
    if others.exclude(flags__overlap=HANDS_OFF).update(awaiting_evaluation=True):
        tickets_waiting.send(sender=Order, shop_ids={order.shop_id})
