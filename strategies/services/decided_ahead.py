"""Shops whose decisions are dated ahead of the clock, and setting them right (SPEC E9)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from aftersale.domain.multilingual import said
from aftersale.models import AuditKind, Shop
from aftersale.services.access.rights import Right, require
from aftersale.services.shared import trail
from aftersale.services.shared.database_clock import database_moment
from aftersale.services.shared.errors import Refused
from strategies.models import Decision, EvaluatorLane, Strategy
from strategies.services import past
from strategies.services.evaluator.moment import MOST_APART
from strategies.services.lanes import hold_lane

_AHEAD = """
    SELECT s.id, s.code, s.timezone, l.decided_until, u.day
    FROM aftersale_shop s
    JOIN strategies_evaluatorlane l ON l.shop_id = s.id
    LEFT JOIN LATERAL (
        SELECT max(x.day) AS day FROM strategies_strategyusage x
        JOIN strategies_strategy y ON y.id = x.strategy_id
        WHERE y.shop_id = s.id AND x.day > (clock_timestamp() AT TIME ZONE s.timezone)::date
    ) u ON true
    WHERE (l.decided_until > clock_timestamp() + %s * interval '1 second' OR u.day IS NOT NULL)
        AND (%s::bigint[] IS NULL OR s.id = ANY(%s::bigint[]))
    ORDER BY s.code
"""
# Cap use of days to come is today's: what was spent is never spent again. It may exceed the cap,
# which the row shows.
_USAGE = """
    WITH gone AS (
        DELETE FROM strategies_strategyusage u USING strategies_strategy s
        WHERE s.id = u.strategy_id AND s.shop_id = %(shop)s AND u.day > %(today)s
        RETURNING u.strategy_id, u.hits, u.used, u.cap
    ), summed AS (
        SELECT strategy_id, sum(hits) AS hits, sum(used) AS used, max(cap) AS cap
        FROM gone GROUP BY strategy_id
    )
    INSERT INTO strategies_strategyusage AS t (strategy_id, day, hits, used, cap)
    SELECT strategy_id, %(today)s, hits, used, greatest(cap, used) FROM summed
    ON CONFLICT (strategy_id, day) DO UPDATE
    SET hits = t.hits + excluded.hits, used = t.used + excluded.used,
        cap = greatest(t.cap, excluded.cap, t.used + excluded.used)
"""
_TALLIES = """
    WITH gone AS (
        DELETE FROM strategies_decisiontally WHERE shop_id = %(shop)s AND day > %(today)s
        RETURNING outcome, why, source, scenario, strategy_id, decisions, amount
    )
    INSERT INTO strategies_decisiontally AS y (
        shop_id, day, outcome, why, source, scenario, strategy_id, decisions, amount)
    SELECT %(shop)s, %(today)s, outcome, why, source, scenario, strategy_id,
        sum(decisions), sum(amount)
    FROM gone GROUP BY outcome, why, source, scenario, strategy_id
    ON CONFLICT (shop_id, day, outcome, why, source, scenario, strategy_id) DO UPDATE
    SET decisions = y.decisions + excluded.decisions, amount = y.amount + excluded.amount
"""


class Ahead(NamedTuple):
    """A shop whose automation stands still: until when it has decided, or the last day whose cap
    it has spent from, is ahead of the database's clock."""

    shop_id: int
    code: str
    timezone: str
    decided_until: datetime | None
    last_day: date | None


def shops_ahead(shop_ids: Iterable[int] | None = None) -> list[Ahead]:
    among = None if shop_ids is None else list(shop_ids)
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD, [MOST_APART.total_seconds(), among, among])
        return [Ahead(*row) for row in cursor.fetchall()]


def set_right(*, shop_id: int, user: User) -> int:
    """Counts what was decided ahead as decided now, in caps, buyer limits and breakers alike, so
    that automation goes on and spends nothing again; returns how many decisions that were.

    By the database's clock; raises Refused while it and this process's differ. Only the shop's
    history keeps the wrong moment.
    """
    require(user, shop_id, Right.CHANGE_STRATEGIES)
    with transaction.atomic():
        now = database_moment()
        lane = hold_lane(shop_id, user=user, now=now)
        now = database_moment()  # the wait for the lane may have been long
        if abs(now - timezone.now()) > MOST_APART:
            raise Refused(
                _(
                    "The database's clock says %(database)s, this machine's %(machine)s: set the"
                    " clocks first."
                )
                % {"database": now.isoformat(), "machine": timezone.now().isoformat()}
            )
        shop = Shop.objects.get(pk=shop_id)
        zone = ZoneInfo(shop.timezone)
        today = now.astimezone(zone).date()
        if not shops_ahead([shop_id]):
            return 0
        decisions = Decision.objects.filter(shop=shop_id, decided_at__gt=now)
        until = lane.decided_until
        found = decisions.update(decided_at=now)
        past.forget(shop_id)
        with connection.cursor() as cursor:
            for statement in (_USAGE, _TALLIES):
                cursor.execute(statement, {"shop": shop_id, "today": today})
        strategies = Strategy.objects.filter(shop=shop_id)
        strategies.filter(enabled_at__gt=now).update(enabled_at=now)
        strategies.filter(breaker_opened_at__gt=now).update(breaker_opened_at=now)
        EvaluatorLane.objects.filter(shop=shop_id).update(decided_until=now)
        trail.record(
            AuditKind.TIME_SET_RIGHT,
            shop_id=shop.pk,
            user=user,
            now=now,
            note=said(
                gettext_noop("Decided until %(until)s; decisions that count as made now: %(count)s")
            )
            % {
                "until": "–" if until is None else f"{until.astimezone(zone):%Y-%m-%d %H:%M}",
                "count": found,
            },
        )
    return found
