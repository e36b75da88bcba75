"""Refunds that people pay outside Afterdesk and record here (SPEC G4, M2, M4)."""

from django.db.models import Q

from aftersale.models import Refund, RefundStatus, Shop
from aftersale.services.refunds.holds import HELD, held

# Nobody sends them. Refunds that the pause holds back wait for a release first (SPEC G2).
TO_PAY = Q(status=RefundStatus.REQUESTED, next_step_at=None) & ~HELD


def is_to_pay(refund: Refund, shop: Shop) -> bool:
    """The same as TO_PAY, of rows at hand."""
    waits = refund.status == RefundStatus.REQUESTED and refund.next_step_at is None
    return waits and not held(refund, shop)
