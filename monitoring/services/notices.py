"""Notices of alerts, by mail and by robot alike (SPEC M4)."""

from collections.abc import Collection
from datetime import timedelta

from monitoring.models import Alert

# Older alerts are told to nobody any more; they stay in the admin.
GIVE_UP = timedelta(days=7)


def standing(alert_ids: Collection[int]) -> list[Alert]:
    """Those that are not over, newest first."""
    found = Alert.objects.filter(pk__in=alert_ids, ended_at=None).select_related("shop")
    return list(found.order_by("-raised_at", "-pk"))
