"""Refunds of strategies that a paused shop holds back (SPEC G2)."""

from django.db.models import Q

from aftersale.models import Refund, RefundSource, RefundStatus, Shop

# What the shop's pause switch holds back (SPEC G2): fast refunds and people's go on.
HELD = Q(
    status=RefundStatus.REQUESTED,
    source=RefundSource.STRATEGY,
    ever_sent=False,
    released=False,
    shop__automation_paused_at__isnull=False,
)


def held(refund: Refund, shop: Shop) -> bool:
    """The same as HELD, of rows at hand."""
    return (
        refund.status == RefundStatus.REQUESTED
        and refund.source == RefundSource.STRATEGY
        and not refund.ever_sent
        and not refund.released
        and shop.automation_paused
    )
