"""How past tickets ended, and what automation would have cost instead (SPEC M6).

Only what is known counts: an end that says neither what people kept nor that they gave all counts
as unknown, and so does what automation itself decided, for nobody knows what people would have
done. The rules stand here and nowhere else; the page of advice shows their words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

# A rejection that nobody has objected to for so long is upheld.
UPHELD_AFTER_DAYS = 7


class End(StrEnum):
    """In the order in which they are asked: the first that is true is the ticket's end."""

    LIKELY_LOSS = "likely_loss"
    """Refunded as unshipped, and had been shipped: the amount is lost."""
    AUTOMATIC = "automatic"
    """Approved by the automation: not known what people would have kept."""
    WON = "won"
    """Arbitration was for the merchant: the amount was kept."""
    GOODS_BACK = "goods_back"
    """Refunded once the goods came back: a refund without them would have lost their worth."""
    REDUCED = "reduced"
    """Refunded in part, as negotiated: the difference was kept."""
    REFUNDED = "refunded"
    """Refunded in full, by people or by arbitration: nothing was kept."""
    REJECTED_THEN_REFUNDED = "rejected_then_refunded"
    """Rejected, and a later request about the same goods refunded: the difference was kept."""
    REJECTED = "rejected"
    """Rejected and upheld, or given up by the buyer after a rejection: the amount was kept."""
    WITHDRAWN = "withdrawn"
    """Withdrawn before anybody answered: not known."""
    OPEN = "open"
    """Not over, or rejected too lately: not known."""
    OTHER = "other"
    """Settled otherwise, or imported without its end: not known."""


UNKNOWN = frozenset({End.AUTOMATIC, End.WITHDRAWN, End.OPEN, End.OTHER})
_OVER = ("refunded", "rejected", "cancelled", "closed")


class Story(NamedTuple):
    """A past ticket as it is known today. Amounts in fen."""

    amount: int
    """Asked for when it was decided."""
    status: str
    days_in_status: float
    refunded: int | None
    """Paid by its refund; None where none was."""
    refunded_later: int
    """Paid for later requests about the same goods."""
    automatic: bool
    likely_loss: bool
    arbitration: str
    """`buyer`, `merchant` or empty."""
    rejected: bool
    """Ever, here or in the platform's back office."""
    goods_back: bool
    """The buyer sent the goods back."""


def end_of(story: Story) -> End:
    if story.likely_loss:
        return End.LIKELY_LOSS
    if story.automatic:
        return End.AUTOMATIC
    if story.status not in _OVER:
        return End.OPEN
    if story.status == "refunded":
        if story.refunded is None:
            return End.OTHER
        if story.goods_back:
            return End.GOODS_BACK
        return End.REDUCED if story.refunded < story.amount else End.REFUNDED
    if story.arbitration == "merchant":
        return End.WON
    if story.status == "rejected" and story.days_in_status < UPHELD_AFTER_DAYS:
        return End.OPEN
    if story.rejected or story.status == "rejected":
        return End.REJECTED_THEN_REFUNDED if story.refunded_later else End.REJECTED
    return End.WITHDRAWN if story.status == "cancelled" else End.OTHER


def loss_of(story: Story, end: End, *, goods_first: bool) -> int:
    """Fen that automation would have cost beyond what people gave; 0 of an unknown end.

    `goods_first`: the automation only lets the goods be sent back, and people confirm them before
    money goes out; then whatever people decided with the goods in hand costs nothing more.
    """
    if end in (End.LIKELY_LOSS, End.WON):
        return story.amount
    if end == End.REDUCED:
        return story.amount - (story.refunded or 0)
    if end == End.GOODS_BACK:
        return 0 if goods_first else story.amount
    if end in (End.REJECTED, End.REJECTED_THEN_REFUNDED):
        if goods_first and story.goods_back:
            return 0
        return max(0, story.amount - story.refunded_later)
    return 0
