"""Days of which a restored backup knows a part only: their caps count as used up (SPEC G6)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from aftersale.models import Shop
from strategies.models import Strategy, StrategyUsage


def use_up(shop: Shop) -> list[date]:
    """Takes the caps of the shop's lost days as used up; the days, on the shop's clock.

    Needs the lane: an evaluator reads cap use once a batch.
    """
    days = lost_days(shop.lost_since, shop.lost_until, ZoneInfo(shop.timezone))
    for strategy in Strategy.objects.filter(shop=shop, deleted_at=None).order_by("pk"):
        for day in days:
            usage = StrategyUsage.objects.filter(strategy=strategy, day=day).first()
            usage = usage or StrategyUsage(strategy=strategy, day=day, hits=0, used=0)
            cap = max(strategy.daily_cap, usage.used)
            usage.taken += cap - usage.used
            usage.used = usage.cap = cap
            usage.save()
    return days


def lost_days(since: datetime | None, until: datetime | None, zone: ZoneInfo) -> list[date]:
    assert since is not None and until is not None
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
