"""Money of a case that has gone back, and when: of the ticket itself and of its order (SPEC O2)."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from aftersale.models import Order, Ticket, TicketStatus
from aftersale.services.shared.prepared import Slot, prepared


@dataclass(frozen=True)
class CaseMoney:
    """Amounts in fen.

    `refunded` and `approved` are the ticket's own: paid back, or approved and not paid yet. The
    figures of the order count all its tickets, this one too; `order_refunded` also counts what was
    refunded outside Afterdesk, whose moments are not known here.
    """

    refunded: int
    refunded_at: datetime | None
    approved: int
    order_refunded: int
    order_refunded_at: datetime | None
    order_approved: int
    left: int


def money_of(ticket: Ticket, order: Order | None) -> CaseMoney | None:
    """None while the order has not come: nothing is refunded before."""
    if order is None:
        return None
    paid = _refunded(order=order.pk)
    moments = {pk: at for pk, _amount, at in paid if at is not None}
    own = sum(amount for pk, amount, _at in paid if pk == ticket.pk)
    here = sum(amount for _pk, amount, _at in paid)
    return CaseMoney(
        refunded=own,
        refunded_at=moments.get(ticket.pk) if own else None,
        approved=0 if own else ticket.committed,
        order_refunded=here + order.refunded_amount,
        order_refunded_at=max(moments.values(), default=None),
        order_approved=max(0, order.committed - here),
        left=max(0, order.refundable_amount),
    )


@prepared
def _refunded(*, order: Slot) -> QuerySet:
    refunded = Ticket.objects.filter(order=order, status=TicketStatus.REFUNDED)
    return refunded.values_list("pk", "committed", "refund__settled_at")


def standing(ticket: Ticket) -> int:
    """Fen that the ticket stands at: approved or paid for it, else asked for."""
    refund = getattr(ticket, "refund", None)
    if ticket.status == TicketStatus.REFUND_FAILED and refund is not None:
        return refund.amount
    return ticket.committed or ticket.amount
