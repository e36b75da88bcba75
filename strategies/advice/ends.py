"""How past tickets ended, and what automation would have cost instead (SPEC M6).

Only what is known counts: an end that says neither what people kept nor that they gave all counts
as unknown, and so does what automation itself decided, for nobody knows what people would have
done. strategies/services/known_ends.py finds them, and what each cost; the page of advice shows
their words.
"""

from __future__ import annotations

from enum import StrEnum

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
