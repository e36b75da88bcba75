"""How much of a daily cap is used."""

NEARLY = 80  # per cent of a daily cap (SPEC M4)


def share(used: int, cap: int) -> int:
    """Per cent of the cap that is used, rounded down."""
    return used * 100 // cap if cap else 0
