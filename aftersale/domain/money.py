"""Amounts in fen as text, and text that people type as fen. No float comes near money."""

import re

from aftersale.domain.digits import narrow_digits

# More than any order costs; far below what a column of 64 bits holds.
_MOST_WHOLE_DIGITS = 10
_AMOUNT = re.compile(
    rf"""
    (?P<sign>-?) \s* ¥? \s* (?P<late_sign>-?)
    (?P<whole> [0-9]{{1,{_MOST_WHOLE_DIGITS}}} | [0-9]{{1,3}} (?: ,[0-9]{{3}} ){{1,3}} )
    (?: \. (?P<part>[0-9]{{1,2}}) )?
    \s* (?:元)?
    """,
    re.VERBOSE,
)
# Full-width forms that a Chinese keyboard gives, as what they stand for.
_WIDE_SIGNS = str.maketrans({"￥": "¥", "，": ",", "．": ".", "－": "-", "−": "-"})


class NotYuan(ValueError):
    """The text is no amount of yuan with at most two decimals."""


def format_yuan(fen: int) -> str:
    """An amount as a person reads it: "¥1,234.50"."""
    whole, cents = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}¥{whole:,}.{cents:02}"


def plain_yuan(fen: int) -> str:
    """Fen as a record has them: 5990 as "59.90"."""
    whole, part = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{part:02}"


def parse_yuan(text: str) -> int:
    """Yuan as people type them or copy them from a page, as fen; raises NotYuan.

    Taken: "1234.5", "1,234.50", "¥12", "￥１２．３０", "12.3元", "-¥3". Commas stand before each
    three digits or nowhere: "12,5" may mean 12.5 or 125, and is refused. So is a third decimal,
    which no payment can have. Whether an amount below zero or above a limit makes sense is the
    caller's question.
    """
    match = _AMOUNT.fullmatch(narrow_digits(text.strip()).translate(_WIDE_SIGNS))
    if match is None or (match["sign"] and match["late_sign"]):
        raise NotYuan(text)
    whole = match["whole"].replace(",", "")
    if len(whole) > _MOST_WHOLE_DIGITS:
        raise NotYuan(text)
    fen = int(whole) * 100 + int((match["part"] or "").ljust(2, "0"))
    return -fen if match["sign"] or match["late_sign"] else fen
