"""A platform that takes no calls for a while: all calls under the same limit wait."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from aftersale.models import PlatformStep, Refund
from aftersale.platforms.payments import Limit, NotSent
from aftersale.services.shared import app_calls


def hold_off(row: Refund | PlatformStep, answer: NotSent, *, now: datetime) -> None:
    """Postpones due rows under the same limit as `row`; rows leased by others find out by
    themselves."""
    until = now + timedelta(seconds=answer.after)
    shops = app_calls.met(row.shop_id, answer.limit, seconds=answer.after, now=now)
    for rows in _under(row, answer.limit, shops):
        with transaction.atomic():
            due = (
                rows.filter(next_step_at__lte=now)
                .select_for_update(of=("self",), no_key=True, skip_locked=True)
                .order_by("pk")
            )
            pks = list(due.values_list("pk", flat=True))
            rows.filter(pk__in=pks).update(next_step_at=until)


def _under(
    row: Refund | PlatformStep, limit: Limit, shops: list[int]
) -> list[QuerySet[Refund] | QuerySet[PlatformStep]]:
    refunds, steps = Refund.objects.all(), PlatformStep.objects.all()
    match limit:
        case Limit.ORDER:
            return [refunds.filter(order=row.order_id), steps.filter(order=row.order_id)]
        case Limit.CALL if isinstance(row, PlatformStep):
            return [steps.filter(shop=row.shop_id, kind=row.kind)]
        case Limit.CALL:
            return [refunds.filter(shop=row.shop_id)]
    return [refunds.filter(shop__in=shops), steps.filter(shop__in=shops)]
