"""Strategies' refunds held back by a shop's pause; fast refunds and people's go on (G2)."""

from django.db.models import Q

from aftersale.models import Refund, RefundSource, RefundStatus

HELD_BY_PAUSE = Q(
    status=RefundStatus.REQUESTED,
    source=RefundSource.STRATEGY,
    ever_sent=False,
    released=False,
    shop__automation_paused_at__isnull=False,
)


def is_held_by_pause(refund: Refund) -> bool:
    """The same rule, asked of one stored row."""
    return Refund.objects.filter(HELD_BY_PAUSE, pk=refund.pk).exists()
