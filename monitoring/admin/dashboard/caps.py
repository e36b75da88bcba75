"""Today's caps: used, left, and when they will be used up at the present rate."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from aftersale.domain.money import format_yuan
from monitoring.admin.dashboard.choice import AGO, Choice, Period
from monitoring.admin.dashboard.sums import in_days
from strategies.models import Strategy, StrategyUsage
from strategies.services.caps import NEARLY, share

# The present rate is that of the last hour, or of the latest MOST_HITS hits if they are younger.
LOOK_BACK = timedelta(hours=1)
MOST_HITS = 500
MOST_SHOWN = 12
TODAY = Period("today", AGO["today"], None)

_RATES = """
    SELECT s.id, sum(h.amount)::bigint, min(h.decided_at), count(*)
      FROM unnest(%s::bigint[]) AS s (id) CROSS JOIN LATERAL (
           SELECT amount, decided_at FROM strategies_decision
            WHERE strategy_id = s.id AND decided_at > %s AND decided_at <= %s
            ORDER BY decided_at DESC LIMIT %s) h
     GROUP BY s.id
"""


@dataclass
class Cap:
    strategy: Strategy
    hits: int
    used: int
    cap: int
    forecast: str
    # Leads to the hits in the decision search.
    url: str

    @property
    def left(self) -> int:
        return max(0, self.cap - self.used)

    @property
    def percent(self) -> int:
        return min(100, share(self.used, self.cap))

    @property
    def colour(self) -> str:
        return "danger" if self.percent >= 100 else "warning" if self.percent >= NEARLY else ""

    used_yuan = property(lambda self: format_yuan(self.used))
    left_yuan = property(lambda self: format_yuan(self.left))
    cap_yuan = property(lambda self: format_yuan(self.cap))


def used_today(choice: Choice, now: datetime) -> list[StrategyUsage]:
    """Cap use of today, on each shop's own clock (SPEC E4)."""
    return list(
        StrategyUsage.objects.filter(
            in_days(choice.shops, TODAY, now, "strategy__shop")
        ).select_related("strategy__shop")
    )


def caps(choice: Choice, usage: list[StrategyUsage], now: datetime) -> list[Cap]:
    """The strategies whose caps are used most, the fullest first."""
    # The strategy's cap holds from now on, not the cap at its latest hit.
    shown = sorted(usage, key=lambda row: -share(row.used, row.strategy.daily_cap))[:MOST_SHOWN]
    rates = _rates([row.strategy_id for row in shown], now)
    return [
        Cap(
            row.strategy,
            row.hits,
            row.used,
            row.strategy.daily_cap,
            _forecast(row, rates.get(row.strategy_id, 0.0), now),
            hits_url(choice, row.strategy, TODAY, now),
        )
        for row in shown
    ]


def _rates(strategies: list[int], now: datetime) -> dict[int, float]:
    """Fen a second."""
    with connection.cursor() as cursor:
        cursor.execute(_RATES, [strategies, now - LOOK_BACK, now, MOST_HITS])
        return {
            strategy: amount
            / max(1.0, (now - since if hits == MOST_HITS else LOOK_BACK).total_seconds())
            for strategy, amount, since, hits in cursor
        }


def _forecast(row: StrategyUsage, rate: float, now: datetime) -> str:
    left = row.strategy.daily_cap - row.used
    if left <= 0:
        return _("Used up.")
    if not row.strategy.enabled:
        return _("Not enabled now.")
    if rate <= 0:
        return _("No hit in the last hour.")
    zone = ZoneInfo(row.strategy.shop.timezone)
    local = now.astimezone(zone)
    seconds = left / rate
    if seconds < 86_400:
        end = (now + timedelta(seconds=seconds)).astimezone(zone)
        if end.date() == local.date():
            return _("At this rate used up at about %(time)s.") % {"time": f"{end:%H:%M}"}
    return _("At this rate it lasts for today.")


def hits_url(choice: Choice, strategy: Strategy, period: Period, now: datetime) -> str:
    """Address of the strategy's hits in the decision search, on the clock of its shop."""
    return decisions_url(choice, period, now, shop=strategy.shop, alone=True, strategy=strategy.pk)


def decisions_url(
    choice: Choice, period: Period, now: datetime, *, shop: Any, alone: bool = False, **filters: Any
) -> str:
    """Address of decisions of the chosen shops, all on `shop`'s clock; `alone`: of `shop` only."""
    span = period.whole([shop], now)[0]
    zone = ZoneInfo(shop.timezone)
    ends = (at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") for at in (span.starts, span.ends))
    values = dict(zip(("from", "to"), ends, strict=True)) | filters
    if len(choice.seen) > 1 and (choice.shop is not None or alone):
        values["shop"] = shop.pk
    return f"{reverse('admin:strategies_decision_changelist')}?{urlencode(values)}"
