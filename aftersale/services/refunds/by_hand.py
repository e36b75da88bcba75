"""Refunds that people pay outside Afterdesk and record here (SPEC G4, M2, M4)."""

from django.db.models import Q

from aftersale.models import Refund, RefundStatus
from aftersale.services.refunds.holds import HELD_BY_PAUSE

# Payments without a sender here. Refunds held back by a pause need a release first (SPEC G2).
TO_PAY = Q(status=RefundStatus.REQUESTED, next_step_at=None) & ~HELD_BY_PAUSE


def is_to_pay(refund: Refund) -> bool:
    """The same rule, asked of one stored row."""
    return Refund.objects.filter(TO_PAY, pk=refund.pk).exists()
