"""A shop's days as moments: from midnight to midnight on the shop's clock."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from aftersale.models import Shop


class Span(NamedTuple):
    """One day of a shop, or several in a row."""

    shop_id: int
    day: date
    starts: datetime
    ends: datetime


def today(shop: Shop, now: datetime) -> date:
    return now.astimezone(ZoneInfo(shop.timezone)).date()


def day_span(shop: Shop, first: date, last: date | None = None) -> Span:
    """From the midnight before `first` to the one after `last` (default: `first`)."""
    zone = ZoneInfo(shop.timezone)
    after = (last or first) + timedelta(days=1)
    ends = [datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, after)]
    return Span(shop.pk, first, *ends)


def day_spans(shop: Shop, first: date, last: date) -> list[Span]:
    days = (last - first).days + 1
    return [day_span(shop, first + timedelta(days=number)) for number in range(days)]


def parameters(spans: Sequence[Span]) -> dict[str, Any]:
    """Parameters of statements that begin with SPANS."""
    return {
        "shops": [span.shop_id for span in spans],
        "days": [span.day for span in spans],
        "starts": [span.starts for span in spans],
        "ends": [span.ends for span in spans],
    }


SPANS = """
    SELECT * FROM unnest(%(shops)s::bigint[], %(days)s::date[], %(starts)s::timestamptz[],
                         %(ends)s::timestamptz[]) AS s (shop_id, day, starts, ends)
"""
