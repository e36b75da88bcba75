"""The amount paid for an order there, in all and for each line, in fen."""

from collections.abc import Mapping, Sequence
from typing import Any

from .codes import CASH_ON_DELIVERY, OrderStatus
from .values import number, rows, whole

Row = Mapping[str, Any]


def paid(row: Row, lines: Sequence[Row]) -> tuple[int | None, list[int]]:
    """`pay_amount` without the discount of the payment channel is what the buyer paid, freight and
    tax included; None where the platform does not say.

    The lines never add up to more. What they are short of it is the order's freight: whether a
    line's figure includes its share is not published, so both sums are taken as they are, and any
    other is shared out anew.
    """
    whole_order = _paid(row)
    if whole_order is None:
        return None, [0] * len(lines)
    figures = [max(0, _of_buyer(line) or 0) for line in lines]
    beside = {0, *_beside(row)}
    if whole_order - sum(figures) in beside:
        return whole_order, figures
    freight = min(max(0, number(row, "post_amount")), whole_order)
    return whole_order, _shared(whole_order - freight, figures)


def _paid(row: Row) -> int | None:
    status = number(row, "order_status")
    if status == OrderStatus.DEPOSIT_PAID:
        phases = rows(row, "order_phase_list")
        amounts = [whole(phase, "phase_pay_amount") for phase in phases if _is_paid(phase)]
        # The rest of what was paid is no paid amount.
        return None if None in amounts else sum(max(0, amount or 0) for amount in amounts)
    unpaid = status == OrderStatus.UNPAID or (
        status == OrderStatus.CANCELLED and not number(row, "pay_time")
    )
    on_delivery = whole(row, "pay_type") == CASH_ON_DELIVERY and status != OrderStatus.COMPLETED
    if unpaid or on_delivery:
        return 0
    return _of_buyer(row)


def _of_buyer(row: Row) -> int | None:
    amount, discount = whole(row, "pay_amount"), whole(row, "promotion_pay_amount")
    if amount is None or (discount is None and row.get("promotion_pay_amount") is not None):
        return None
    paid = amount - max(0, discount or 0)
    return paid if paid >= 0 else None


def _is_paid(phase: Row) -> bool:
    return phase.get("pay_success") in (True, "true")


def _beside(row: Row) -> set[int]:
    """Amounts that an order's figure may hold and its lines' do not."""
    freight, tax = max(0, number(row, "post_amount")), max(0, number(row, "tax_amount"))
    return {freight, tax, freight + tax}


def _shared(amount: int, weights: Sequence[int]) -> list[int]:
    """By weight, to the fen; the largest remainders get what is left."""
    total = sum(weights)
    if not weights:
        return []
    if total <= 0:
        weights, total = [1] * len(weights), len(weights)
    shares = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % total), at))
    for at in by_remainder[: amount - sum(shares)]:
        shares[at] += 1
    return shares
