"""Facts of a ticket and its order (SPEC O8)."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple


class Facts(NamedTuple):
    """One ticket at its decision; a plain tuple in this order will do.

    Money is in fen, times are microseconds since the epoch. `order_status`, `paid_at` and the
    other times of the order are None where they are not known.
    """

    ticket: Hashable
    ticket_no: str
    order: Hashable
    buyer: Hashable
    type: str
    order_status: str | None
    amount: int
    refundable: int
    """The order's refundable amount (SPEC O2) before this run."""
    applied_at: int
    decided_at: int
    reason: str
    paid_at: int | None
    shipped_at: int | None
    delivered_at: int | None
    label_printed_at: int | None
    paid_amount: int
    """Of the order."""
    labels: Sequence[str]
    products: Sequence[str]
    """Of the ticket: its line's product, or those of all lines of the order."""
    categories: Sequence[str]
    """The categories of `products`, in the same order; "" for a product without one."""
    virtual: bool
    """Whether any line of the order is virtual."""
    blocked: bool
    """Whether the buyer is on the shop's block list."""
    scenarios_hit: int = 0
    """Scenarios that hit the ticket before (SPEC S3), as bits (vocabulary)."""
    order_type: str | None = "ordinary"
    """None where an old decision did not keep it: rules about it are not asked."""
    ticket_labels: Sequence[str] = ()
    held_back: str | None = ""
    """Why the ticket is for people before any strategy is asked: rejected or taken back before,
    in doubt (SPEC E2, from `rejected_before` on). Empty: nothing. None: a decision of before did
    not keep it; neither this nor impossible times are asked."""
    line: Hashable = None
    """The ticket's line within its order; None for the whole order, and where line money is not
    known."""
    line_paid: int | None = None
    line_left: int | None = None
    """Paid for the line less what other tickets on it have taken or hold; may be below 0."""
    freight_left: int | None = None
    """The order's freight less what its lines have given beyond what was paid for them."""


NO_FACTS = Facts(
    ticket=None,
    ticket_no="",
    order=None,
    buyer=None,
    type="",
    order_status=None,
    amount=0,
    refundable=0,
    applied_at=0,
    decided_at=0,
    reason="",
    paid_at=None,
    shipped_at=None,
    delivered_at=None,
    label_printed_at=None,
    paid_amount=0,
    labels=(),
    products=(),
    categories=(),
    virtual=False,
    blocked=False,
)
"""A ticket without goods; `_replace` sets the fields that a condition looks at."""


def sort_key(facts: Facts) -> tuple[int, str]:
    """The order in which a shop's tickets are decided (SPEC E7)."""
    return (facts[8], facts[1])
