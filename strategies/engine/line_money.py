"""Money of an order's lines: how much a ticket on a line may take without a person (SPEC E2).

A line gives back up to what was paid for it. Beyond that, the lines of an order share its freight:
the order's paid amount less the sum of its lines.
"""

from collections.abc import Hashable, Iterable

from strategies.engine.state import State


def line_limit(line_left: int | None, freight_left: int | None) -> int:
    """The most that a ticket on a line may take; nothing where its line is not known. Fen, as are
    all figures here."""
    return max(0, line_left or 0) + max(0, freight_left or 0)


def take(
    state: State,
    order: Hashable,
    line: Hashable,
    line_left: int | None,
    freight_left: int | None,
    amount: int,
) -> None:
    """Count a hit on a line: beyond what is left of the line it takes freight."""
    left = line_left or 0
    state.lines[order, line] = left - amount
    beyond = max(0, amount - left) - max(0, -left) if amount > left else 0
    state.freight[order] = (freight_left or 0) - beyond


def freight_left(paid_amount: int, lines: Iterable[tuple[int, int]]) -> int:
    """Money left of an order's freight, from (paid, taken) of all its lines; may be below 0."""
    paid = exceeded = 0
    for line_paid, line_taken in lines:
        paid += line_paid
        exceeded += max(0, line_taken - line_paid)
    return max(0, paid_amount - paid) - exceeded
