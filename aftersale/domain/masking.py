"""Buyers' numbers, and telephone numbers in texts, as viewers see them (SPEC P1, P7)."""

import re

from aftersale.domain.identifiers import ERASED, UNNAMED

_HIDDEN = "***"
# From so many letters on the last ones tell two buyers apart and lead to none.
_LONG = 8


def masked(buyer: str) -> str:
    """Enough to tell buyers apart on a page; a stand-in is nobody's number, and stays."""
    if not buyer or buyer.startswith((ERASED, UNNAMED)):
        return buyer
    return buyer[:1] + _HIDDEN + (buyer[-2:] if len(buyer) >= _LONG else "")


# A mobile or landline number of the mainland, as people write it. Longer runs of digits are numbers
# of orders, tickets and parcels.
_PHONE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"
    r"|(?<!\d)0\d{2,3}[ -]?\d{7,8}(?!\d)"
)


def without_phones(text: str) -> str:
    return _PHONE.sub(lambda found: masked(found[0]), text)
