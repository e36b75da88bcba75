"""Times as people read them, for pages, messages and exports alike."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from aftersale.models import Shop

# Stands where there is nothing to show.
EMPTY = "-"


def format_time(at: datetime | None, shop: Shop | None = None, *, seconds: bool = False) -> str:
    """The time on the shop's clock; on the project's where there is no shop."""
    if at is None:
        return EMPTY
    local = timezone.localtime(at, ZoneInfo(shop.timezone) if shop else None)
    return f"{local:%Y-%m-%d %H:%M:%S}" if seconds else f"{local:%Y-%m-%d %H:%M}"
