"""For how long the answer to a call with an Idempotency-Key is kept."""

from datetime import datetime, timedelta

from aftersale.models import IdempotentCall

KEPT = timedelta(hours=24)


def forget_old(*, now: datetime) -> int:
    """Deletes expired answers; returns how many. A call does not wait for it (api.call)."""
    deleted, _by_model = IdempotentCall.objects.filter(at__lte=now - KEPT).delete()
    return deleted
