"""Buyers' numbers as viewers see them (SPEC P1)."""

from aftersale.domain.identifiers import ERASED, UNNAMED

_HIDDEN = "***"
# From so many letters on the last ones tell two buyers apart and lead to none.
_LONG = 8


def masked(buyer: str) -> str:
    """Enough to tell buyers apart on a page; a stand-in is nobody's number, and stays."""
    if not buyer or buyer.startswith((ERASED, UNNAMED)):
        return buyer
    return buyer[:1] + _HIDDEN + (buyer[-2:] if len(buyer) >= _LONG else "")
