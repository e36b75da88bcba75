"""Days of which a restored backup knows a part only: their caps count as used up (SPEC G6)."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from aftersale.models import Shop
from strategies.engine.replay import Restore
from strategies.models import Strategy, StrategyUsage

_EPOCH = "(date_part('epoch', {}) * 1e6)::bigint"
# Resuming a shop is such an event too, but of a person. Should that account be gone, the day tells:
# no cap of it was taken, or it is the restore's own, on which nothing was decided in between.
_RESTORES = f"""
    SELECT {_EPOCH.format("e.at")} FROM aftersale_auditentry e
    JOIN aftersale_shop s ON s.id = e.shop_id
    WHERE e.shop_id = %(shop)s AND e.kind = 'restored' AND e.user_id IS NULL
        AND e.at >= %(start)s AND e.at < %(end)s
        AND EXISTS (
            SELECT FROM strategies_strategyusage u
            JOIN strategies_strategy y ON y.id = u.strategy_id
            WHERE y.shop_id = e.shop_id AND u.taken > 0
                AND u.day = (e.at AT TIME ZONE s.timezone)::date)
    ORDER BY e.at
"""  # noqa: S608
# Refunds that became known again after the last restore, as the evaluator counts them.
_FOUND = f"""
    SELECT {_EPOCH.format("s.lost_until")}, o.buyer, {_EPOCH.format("r.requested_at")}, r.amount
    FROM aftersale_shop s
    JOIN aftersale_refund r ON r.shop_id = s.id
    JOIN aftersale_order o ON o.id = r.order_id
    WHERE s.id = %(shop)s AND r.source = 'platform' AND r.status = 'succeeded'
        AND r.requested_at > s.lost_since AND r.requested_at <= s.lost_until
    ORDER BY r.requested_at
"""  # noqa: S608


def restores(shop_id: int, start: datetime, end: datetime) -> list[Restore]:
    """The backups brought back in a shop's past, for its replay."""
    given: dict[str, Any] = {"shop": shop_id, "start": start, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(_RESTORES, given)
        found: dict[int, list[tuple[str, int, int]]] = {at: [] for (at,) in cursor.fetchall()}
        cursor.execute(_FOUND, given)
        for until, *refund in cursor.fetchall():
            found.setdefault(until, []).append(tuple(refund))
    return [Restore(at, found[at]) for at in sorted(found)]


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
