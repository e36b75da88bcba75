"""Digits that people and programs type: one rule for all whole numbers.

Only ASCII digits are digits: `str.isdigit` also takes "²", and `int` reads "٣" and "1_000". What
people type by hand may have full-width digits (１２３), which Chinese keyboards give.
"""

import re

# Numbers of this many digits fit into 64 bits, as keys do.
MOST_DIGITS = 18
_WIDE = {
    ord(wide): narrow for wide, narrow in zip("０１２３４５６７８９", "0123456789", strict=True)
}


def whole_number(text: str, *, digits: int = MOST_DIGITS) -> int | None:
    """The number that 1 to `digits` ASCII digits stand for; None for any other text."""
    return int(text) if re.fullmatch(rf"[0-9]{{1,{digits}}}", text) else None


def narrow_digits(text: str) -> str:
    """With ASCII digits in place of full-width ones."""
    return text.translate(_WIDE)
