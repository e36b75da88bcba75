"""Afterdesk's own refunds taken out of a platform's figure of an order (SPEC O2).

In fen. The figure is all that the platform has refunded of the order: it includes some of our
refunds, perhaps not the latest, and does not name them. A refund is in it as a whole or not at all.
So as many of ours are taken out as fit into the part that is not known to be from outside.
"""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import Sum

from aftersale.models import AttemptState, Order, Refund, RefundStatus, Ticket, TicketStatus
from aftersale.services.shared.sql_arrays import numbers

# Sent, or paid: the platform's figure may have them.
_GONE = (RefundStatus.SENDING, RefundStatus.UNKNOWN, RefundStatus.SUCCEEDED)
# More refunds of one order than these are not told apart: all are taken out.
_MOST = 14

_OWN = """
    SELECT t.order_id, t.id,
           (CASE WHEN r.status = ANY(%(gone)s)
                   OR (t.status = %(refunding)s AND r.status IS DISTINCT FROM %(requested)s)
                THEN t.committed
                ELSE (SELECT coalesce(sum(a.amount), 0) FROM aftersale_refundattempt a
                       WHERE a.refund_id = r.id AND a.state = %(late)s) END)::bigint
      FROM aftersale_ticket t LEFT JOIN aftersale_refund r ON r.ticket_id = t.id
     WHERE t.order_id = ANY(%(orders)s::bigint[]) AND t.committed > 0
    UNION ALL
    -- Price differences that were sent, and whose tickets are not here yet.
    SELECT q.order_id, 0, q.held
      FROM aftersale_shoprequest q JOIN aftersale_platformstep s ON s.request_id = q.id
     WHERE q.order_id = ANY(%(orders)s::bigint[]) AND q.held > 0 AND s.calls > 0
"""


def outside(reported: int, own: Sequence[int], *, known: int) -> int:
    """The part of `reported` that was refunded outside; at least `known`, up to the figure."""
    room = reported - min(known, reported)
    if sum(own) <= room:
        return reported - sum(own)
    if len(own) > _MOST:
        return reported - room
    sums = {0}
    for amount in own:
        sums |= {total + amount for total in sums if total + amount <= room}
    return reported - max(sums)


def of_orders(order_pks: Iterable[int]) -> dict[int, list[int]]:
    """The refunds of each order that its platform's figure may have; the orders are locked."""
    found: dict[int, list[int]] = {}
    order_pks = list(order_pks)
    if not order_pks:
        return found
    for order_pk, _ticket_pk, amount in _rows(order_pks):
        found.setdefault(order_pk, []).append(amount)
    return found


def taken(order_pks: Iterable[int]) -> dict[int, list[int]]:
    """Amounts that tickets have taken of each order, paid or not: a person may have paid before
    recording it. The orders are locked."""
    found: dict[int, list[int]] = {}
    rows = Ticket.objects.filter(order__in=list(order_pks), committed__gt=0)
    for order_pk, amount in rows.values_list("order", "committed"):
        found.setdefault(order_pk, []).append(amount)
    return found


def of_order(order: Order, *, but: Ticket) -> list[int]:
    """The same of one order, without one of its tickets."""
    return [amount for _pk, ticket_pk, amount in _rows([order.pk]) if ticket_pk != but.pk]


def of_ticket(ticket: Ticket, amount: int) -> int:
    """The part of a ticket's money that the figure may have, once it has taken `amount`."""
    refund = Refund.objects.filter(ticket=ticket).first()
    if counted(refund, ticket):
        return amount
    late = refund and refund.attempts.filter(state=AttemptState.PAID_LATE).aggregate(
        total=Sum("amount")
    )
    return (late and late["total"]) or 0


def counted(refund: Refund | None, ticket: Ticket) -> bool:
    """True if the platform's figure may include the money that the ticket has taken."""
    if refund is not None and refund.status in _GONE:
        return True
    # The platform pays it by a step of its own.
    unsent = refund is not None and refund.status == RefundStatus.REQUESTED
    return ticket.status == TicketStatus.REFUNDING and not unsent


def _rows(order_pks: Iterable[int]) -> list[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _OWN,
            {
                "orders": numbers(order_pks),
                "gone": [status.value for status in _GONE],
                "refunding": TicketStatus.REFUNDING.value,
                "requested": RefundStatus.REQUESTED.value,
                "late": AttemptState.PAID_LATE.value,
            },
        )
        return cursor.fetchall()
