"""Counting each day once it is over, and again when its rows change later (SPEC M2).

Safe to kill and to run several times at once: a shop's days are counted in one transaction, under
an advisory lock that nobody waits for. Only stale moments seen before counting are deleted: a
change that was not committed by then keeps its mark, and its day is counted again.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from aftersale.models import Shop
from config.heartbeat import beat
from monitoring.models import DeskCount, DeskDay, StaleMoment

from .days import Span, day_span, day_spans, today
from .sources import Count, count

# Triggers mark changes of rows older than half an hour (migration 0003). A day counts as over only
# after twice that time: a transaction has half an hour to commit a change that was not marked.
GRACE = timedelta(hours=1)
# Days counted in advance: a year, and the days that it is compared with.
DAYS_BACK = 400
# A step between two signs of work (config/heartbeat.py).
MOST_AT_ONCE = 7
_LOCK = 7_420_531  # this module's advisory locks; the second key is the shop's


def roll_up(*, now: datetime, shop_ids: list[int] | None = None) -> int:
    """Counts all days of all shops that need it; returns how many days that were. Days whose
    tickets may be in an archive keep their figures (SPEC O12)."""
    shops = Shop.objects.order_by("pk")
    if shop_ids is not None:
        shops = shops.filter(pk__in=shop_ids)
    done = 0
    for shop in shops:
        while days := _roll_up_some(shop, now):
            beat()
            done += days
    return done


def settle(shop: Shop, *, before: datetime, now: datetime) -> bool:
    """Counts every day before that moment which has anything, however long ago: soon its rows are
    gone. False where a day is left, because another worker counts this shop."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least((SELECT min(paid_at) FROM aftersale_order WHERE shop_id = %(shop)s),"
            " (SELECT min(applied_at) FROM aftersale_ticket WHERE shop_id = %(shop)s))",
            {"shop": shop.pk},
        )
        moment = cursor.fetchone()[0]
    ends = today(shop, before) - timedelta(days=1)
    of = Days(today(shop, min(moment or before, before)), ends)
    while _roll_up_some(shop, now, of):
        beat()
    return not _wanted(shop, _stale_days(shop), of)


class Days(NamedTuple):
    first: date
    last: date


def _usual(shop: Shop, now: datetime) -> Days:
    last = today(shop, now - GRACE) - timedelta(days=1)
    return Days(last - timedelta(days=DAYS_BACK - 1), last)


@transaction.atomic
def _roll_up_some(shop: Shop, now: datetime, of: Days | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, shop.pk])
        if not cursor.fetchone()[0]:
            return 0  # another worker counts this shop
    changed = _stale_days(shop)
    wanted = _wanted(shop, changed, of or _usual(shop, now))
    counted, left = wanted[:MOST_AT_ONCE], {span.day for span in wanted[MOST_AT_ONCE:]}
    _write(shop, counted, count(counted, over=True))
    # Days that were never counted need no mark.
    crossed_off = [
        pk for pk, day in changed.items() if day not in left and (of is None or day <= of.last)
    ]
    StaleMoment.objects.filter(pk__in=crossed_off).delete()
    return len(counted)


def _stale_days(shop: Shop) -> dict[int, date]:
    """By the marks' keys."""
    zone = ZoneInfo(shop.timezone)
    stale = StaleMoment.objects.filter(shop=shop).values_list("pk", "at")
    return {pk: at.astimezone(zone).date() for pk, at in stale}


def _wanted(shop: Shop, marks: Mapping[int, date], of: Days) -> list[Span]:
    """The days to count, newest first."""
    changed = set(marks.values())
    known = {
        day: (starts, ends)
        for day, starts, ends in DeskDay.objects.filter(shop=shop).values_list(
            "day", "starts_at", "ends_at"
        )
    }
    found = [
        span
        for span in day_spans(shop, of.first, of.last)
        if span.day in changed or known.get(span.day) != (span.starts, span.ends)
    ]
    # Days counted long ago whose rows have changed now.
    found += [day_span(shop, day) for day in changed if day < of.first and day in known]
    frozen = shop.archived_before
    left = [span for span in found if frozen is None or span.ends > frozen]
    return sorted(left, key=lambda span: span.day, reverse=True)


def _write(shop: Shop, spans: list[Span], counts: list[Count]) -> None:
    days = [span.day for span in spans]
    DeskCount.objects.filter(shop=shop, day__in=days).delete()
    DeskCount.objects.bulk_create(DeskCount(**row._asdict()) for row in counts)
    DeskDay.objects.bulk_create(
        [
            DeskDay(shop=shop, day=span.day, starts_at=span.starts, ends_at=span.ends)
            for span in spans
        ],
        update_conflicts=True,
        unique_fields=["shop", "day"],
        update_fields=["starts_at", "ends_at"],
    )
