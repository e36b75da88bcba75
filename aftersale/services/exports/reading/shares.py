"""An order's money among its lines where no column says it: by price and pieces, to the fen."""

from collections.abc import Sequence


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """Largest remainder first, ties to the earlier line; alike where all weigh nothing."""
    whole = sum(weights)
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    parts = [total * weight // whole for weight in weights]
    rest = [total * weight % whole for weight in weights]
    for place in sorted(range(len(parts)), key=lambda place: -rest[place])[: total - sum(parts)]:
        parts[place] += 1
    return parts
