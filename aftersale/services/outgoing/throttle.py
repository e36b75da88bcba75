"""A platform that takes no calls for a while: what else is due of the shop waits with it."""

from datetime import datetime, timedelta

from django.db import transaction

from aftersale.models import PlatformStep, Refund


def hold_off(*, shop_pk: int, seconds: float, now: datetime) -> None:
    """Puts off all that is due of the shop; what somebody holds is theirs to find out."""
    until = now + timedelta(seconds=seconds)
    for model in (Refund, PlatformStep):
        rows = model._default_manager
        with transaction.atomic():
            due = (
                rows.filter(shop=shop_pk, next_step_at__lte=now)
                .select_for_update(of=("self",), no_key=True, skip_locked=True)
                .order_by("pk")
            )
            pks = list(due.values_list("pk", flat=True))
            rows.filter(pk__in=pks).update(next_step_at=until)
