"""The money of one line, which bounds a ticket on it unless a person goes above (SPEC O2, E2)."""

from dataclasses import dataclass

from aftersale.models import Order, Ticket


@dataclass(frozen=True, slots=True)
class LineMoney:
    """A ticket's line, in fen: `taken` by other tickets on it, `left` with the order's freight."""

    line_no: int
    name: str
    paid: int
    taken: int
    left: int


def line_money(order: Order, ticket: Ticket) -> LineMoney | None:
    """The figures of the ticket's line; None for a ticket on the whole order, or on no line.

    The ticket's own share counts as left. Freight, shared by the order's lines, is what was paid
    beyond their sum; lines that gave back more than was paid for them use it up.
    """
    lines = list(order.lines.all())
    line = next((line for line in lines if line.line_no == ticket.line_no), None)
    if line is None:
        return None
    taken = {
        other.line_no: other.taken - (ticket.committed if other is line else 0) for other in lines
    }
    freight = max(0, order.paid_amount - sum(other.paid_amount for other in lines))
    used_up = sum(max(0, taken[other.line_no] - other.paid_amount) for other in lines)
    return LineMoney(
        line_no=line.line_no,
        name=line.title or line.product,
        paid=line.paid_amount,
        taken=taken[line.line_no],
        left=max(0, line.paid_amount - taken[line.line_no]) + max(0, freight - used_up),
    )
