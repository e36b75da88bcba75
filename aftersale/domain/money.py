"""Amounts in fen as text."""


def format_yuan(fen: int) -> str:
    """An amount as a person reads it: "¥1,234.50"."""
    whole, cents = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}¥{whole:,}.{cents:02}"


def plain_yuan(fen: int) -> str:
    """Fen as a record has them: 5990 as "59.90"."""
    whole, part = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{part:02}"
