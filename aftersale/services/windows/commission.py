"""Commission that comes back to the merchant with refunds through windows (SPEC W4).

All sums are cumulative: each refund brings what the order's series so far is worth, less what came
back before. Refunds rounded each by itself would pay out too much. Amounts in fen.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from django.db.models import Sum

from aftersale.models import (
    CommissionReturn,
    FundEntryKind,
    FundKind,
    Order,
    Refund,
    RefundAttempt,
    RefundStatus,
    Shop,
    Ticket,
)
from aftersale.services.shared import locks
from aftersale.services.windows import funds


def due(*, paid_out: int, refunded: Fraction, paid_amount: int) -> int:
    """The total of paid-out commission that comes back once so much is refunded."""
    if paid_amount <= 0:
        return 0
    return int(min(Fraction(paid_out), paid_out * refunded / paid_amount))


def shares(holds: Sequence[int], amount: int) -> list[int]:
    """Shares an amount among those who still hold so much each, largest remainder first.

    Ties go to the earlier one; nobody gives back more than they hold.
    """
    total = sum(holds)
    amount = min(amount, total)
    if amount <= 0:
        return [0] * len(holds)
    given = [amount * hold // total for hold in holds]
    by_remainder = sorted(range(len(holds)), key=lambda place: -(amount * holds[place] % total))
    for place in by_remainder[: amount - sum(given)]:
        given[place] += 1
    return given


def give_back(
    *, order: Order, ticket: Ticket, refund: Refund, attempt: RefundAttempt, now: datetime
) -> None:
    """Credits the wallet with commission that comes back with a refund that succeeded.

    Under the order's lock, after the refund was recorded.
    """
    if ticket.window_id is None:
        return
    splits = list(order.commission_splits.order_by("position"))
    if not splits:
        return
    shop = Shop.objects.get(pk=order.shop_id)
    part = _qualifying_part(shop, order)
    if part is None or not _in_time(shop, order, ticket) or not part.of(ticket, refund.amount):
        return
    before = dict(
        CommissionReturn.objects.filter(split__order=order)
        .order_by()
        .values_list("split")
        .annotate(sum=Sum("amount"))
    )
    total = due(
        paid_out=sum(split.amount for split in splits),
        refunded=_refunded(shop, order, part),
        paid_amount=order.paid_amount,
    )
    holds = [max(0, split.amount - before.get(split.pk, 0)) for split in splits]
    given = shares(holds, total - sum(before.values()))
    if not any(given):
        return
    CommissionReturn.objects.bulk_create(
        CommissionReturn(refund=refund, split=split, amount=amount, at=now)
        for split, amount in zip(splits, given, strict=True)
        if amount
    )
    funds.enter(
        locks.lock_funds(order.shop_id)[FundKind.WALLET],
        kind=FundEntryKind.COMMISSION,
        amount=sum(given),
        entry_no=f"{attempt.key}-commission",
        now=now,
        attempt=attempt,
    )


class _Part:
    """The part of a refund on lines of designated categories. For a whole-order ticket it is their
    exact share of the lines' total: the only rounding is the floor of `due`.
    """

    def __init__(self, order: Order, categories: Sequence[str]) -> None:
        lines = list(order.lines.values_list("line_no", "category", "paid_amount"))
        self._lines = {line_no for line_no, category, _paid in lines if category in categories}
        total = sum(paid for _line_no, _category, paid in lines)
        chosen = sum(paid for line_no, _category, paid in lines if line_no in self._lines)
        if total:
            self._whole = Fraction(chosen, total)
        else:
            self._whole = Fraction(bool(lines) and len(self._lines) == len(lines))

    def of(self, ticket: Ticket, amount: int) -> Fraction:
        if ticket.line_no is None:
            return amount * self._whole
        return Fraction(amount if ticket.line_no in self._lines else 0)


def _qualifying_part(shop: Shop, order: Order) -> _Part | None:
    """None where the shop or the order gets no commission back."""
    if shop.wallet_opened_at is None or order.created_at is None:
        return None
    if not shop.commission_categories or order.created_at <= shop.wallet_opened_at:
        return None
    return _Part(order, shop.commission_categories)


def _in_time(shop: Shop, order: Order, ticket: Ticket) -> bool:
    # A shop that has set no limit has not opted in.
    if shop.commission_days is None or order.completed_at is None:
        return False
    return ticket.applied_at <= order.completed_at + timedelta(days=shop.commission_days)


def _refunded(shop: Shop, order: Order, part: _Part) -> Fraction:
    """The order's money refunded through windows so far, on lines that qualify."""
    succeeded = Refund.objects.filter(
        order=order, status=RefundStatus.SUCCEEDED, ticket__window__isnull=False
    ).select_related("ticket")
    return sum(
        (
            part.of(refund.ticket, refund.amount)
            for refund in succeeded
            if _in_time(shop, order, refund.ticket)
        ),
        Fraction(0),
    )
