"""The query that finds each kind of alert (SPEC M4, G3, O5, H1).

Each selects (shop, subject, threshold, day, facts), shop by shop along an index, of what holds now
and began at `since` or later. An alert begins when its query finds it, and is over when it does
not any more.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aftersale.models import DESK_STATUSES, OPEN_ALERTS
from aftersale.platforms.registry import CALLS_A_DAY
from monitoring.models import AlertKind
from monitoring.services import clocks
from strategies.services.evaluator.moment import MOST_APART

# SPEC M4's thresholds: percent of a daily cap, hours before a deadline.
CAP_PERCENT = [80, 100]
DEADLINE_HOURS = 6
# Reading from a platform must fail for this long before people are told.
FAILING_HOURS = 1
# A ticket is decided within a second, a due refund sent within some; sweeps find what was missed
# within two minutes (SPEC E1).
LATE = timedelta(minutes=5)
# A round of reading begins each minute.
READING_LATE = timedelta(minutes=15)
# A weekly note is no news any more.
WEEK = timedelta(days=7)
# The threshold of an authorisation that ends: not before so many hours ahead of it.
ENDING_HOURS = 14 * 24
# Of the calls that an app may make a day.
QUOTA_PERCENT = [80, 100]
_CAP = """
    SELECT p.id AS shop_id, s.id AS subject, t.threshold, u.day, jsonb_build_object(
        'name', s.name, 'used', u.used, 'cap', u.cap, 'hits', u.hits) AS facts
    FROM aftersale_shop p
    JOIN strategies_strategy s ON s.shop_id = p.id
    JOIN strategies_strategyusage u ON u.strategy_id = s.id
        AND u.day >= (%(since)s AT TIME ZONE p.timezone)::date
    JOIN unnest(%(percents)s::int[]) AS t (threshold)
        ON u.used * 100 >= greatest(u.cap, s.daily_cap) * t.threshold
    WHERE s.deleted_at IS NULL
"""
_BREAKER = """
    SELECT p.id AS shop_id, s.id AS subject, 0 AS threshold,
        (s.breaker_opened_at AT TIME ZONE p.timezone)::date AS day,
        s.breaker_opened_by || jsonb_build_object(
            'name', s.name, 'opened_at', s.breaker_opened_at) AS facts
    FROM aftersale_shop p
    JOIN strategies_strategy s ON s.shop_id = p.id AND s.breaker_opened_at >= %(since)s
        AND s.deleted_at IS NULL
"""
_REFUND_FAILED = """
    SELECT p.id AS shop_id, r.id AS subject, 0 AS threshold,
        (r.settled_at AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', t.ticket_no, 'ticket', t.id, 'amount', r.amount) AS facts
    FROM aftersale_shop p
    JOIN aftersale_refund r ON r.shop_id = p.id AND r.status = 'failed'
        AND r.settled_at >= %(since)s
    JOIN aftersale_ticket t ON t.id = r.ticket_id
        AND t.status NOT IN ('cancelled', 'closed')
"""
# `statuses` in the order of the index `ticket_on_the_desk`, so that PostgreSQL uses it.
_DEADLINE = """
    SELECT p.id AS shop_id, t.id AS subject, %(hours)s AS threshold,
        (t.due_at AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', t.ticket_no, 'due_at', t.due_at, 'status', t.status, 'amount', t.amount
        ) AS facts
    FROM aftersale_shop p
    JOIN aftersale_ticket t ON t.shop_id = p.id
        AND t.status = ANY(%(statuses)s)
        AND t.due_at >= %(since)s AND t.due_at <= %(soon)s
"""
_SHIPPING = """
    SELECT p.id AS shop_id, a.id AS subject, 0 AS threshold,
        (a.raised_at AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', o.order_no, 'ticket', a.ticket_id, 'kind', a.kind,
            'amount', coalesce(r.amount, t.committed)) AS facts
    FROM aftersale_shop p
    JOIN aftersale_shippingalert a ON a.shop_id = p.id AND a.raised_at >= %(since)s
        AND a.state = ANY(%(parcels)s)
    JOIN aftersale_order o ON o.id = a.order_id
    JOIN aftersale_ticket t ON t.id = a.ticket_id
    LEFT JOIN aftersale_refund r ON r.ticket_id = t.id
"""
# Refused credentials at once; failures that may pass by themselves after FAILING_HOURS; an
# authorisation that ends, which only an owner can renew; and the app's calls of the day, in percent
# of its quota, or used up as the platform says.
_PLATFORM = """
    SELECT p.id AS shop_id, c.id AS subject, t.hours AS threshold,
        (c.failing_since AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', p.name, 'reason', c.failure, 'since', c.failing_since) AS facts
    FROM aftersale_shop p
    JOIN aftersale_platformaccount c ON c.shop_id = p.id AND c.failing_since >= %(since)s
    JOIN unnest(ARRAY[0, %(failing_hours)s]) AS t (hours)
        ON CASE t.hours WHEN 0 THEN c.next_round_at IS NULL
           ELSE c.next_round_at IS NOT NULL AND c.failing_since <= %(long_failing)s END
    UNION ALL
    SELECT p.id, c.id, %(ending_hours)s, (c.warned_from AT TIME ZONE p.timezone)::date,
        jsonb_build_object('name', p.name, 'until', c.authorised_until)
    FROM aftersale_shop p
    JOIN aftersale_platformaccount c ON c.shop_id = p.id
        AND c.warned_from <= %(now)s
    UNION ALL
    SELECT p.id, c.id, t.percent, k.day, jsonb_build_object(
        'name', p.name, 'calls', a.calls, 'quota', q.quota)
    FROM aftersale_shop p
    JOIN aftersale_platformaccount c ON c.shop_id = p.id
    JOIN aftersale_platformcalls k ON k.shop_id = p.id
        AND k.day = (%(now)s AT TIME ZONE 'Asia/Shanghai')::date
    JOIN LATERAL (
        SELECT sum(s.calls)::bigint AS calls, bool_or(s.spent_at IS NOT NULL) AS spent
        FROM aftersale_platformcalls s WHERE s.app = k.app AND s.day = k.day
    ) AS a ON true
    JOIN LATERAL (SELECT (%(quotas)s::jsonb ->> c.platform)::bigint AS quota) AS q ON true
    JOIN unnest(%(quota_percents)s::int[]) AS t (percent)
        ON CASE WHEN a.spent THEN t.percent = 100
           ELSE a.calls * 100 >= q.quota * t.percent END
"""
# Only webhooks that Afterdesk switched off, not those that a person did.
_WEBHOOK = """
    SELECT p.id AS shop_id, w.id AS subject, 0 AS threshold,
        (w.off_at AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', coalesce(nullif(w.description, ''), substring(w.url FROM '^[a-z]+://[^/?#]+')),
            'because', w.off_because, 'failing_since', w.failing_since) AS facts
    FROM aftersale_shop p
    JOIN aftersale_webhookendpoint w ON w.shop_id = p.id
        AND w.off_because IN ('failing', 'gone') AND w.off_at >= %(since)s
"""
# Until somebody has seen it, or has revoked it (SPEC P6).
_KEY_MADE = """
    SELECT p.id AS shop_id, k.id AS subject, 0 AS threshold,
        (k.created_at AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', k.name, 'user', u.username, 'scopes', to_jsonb(k.scopes),
            'at', k.created_at) AS facts
    FROM aftersale_shop p
    JOIN aftersale_apitoken k ON k.shop_id = p.id AND k.created_at >= %(since)s
        AND k.revoked_at IS NULL
    JOIN auth_user u ON u.id = k.created_by_id
"""
# A week's note that has something to say (SPEC M6), until the next one may come.
_WEEKLY = """
    SELECT p.id AS shop_id, p.id AS subject, 0 AS threshold, n.week AS day, n.facts
    FROM aftersale_shop p
    JOIN monitoring_weeklynote n ON n.shop_id = p.id AND n.made_at >= %(since)s
        AND n.made_at > %(now)s - %(week)s AND n.facts ? 'name'
"""
# One a shop and day, for all its refunds that services/refunds/by_hand.py calls TO_PAY.
_TO_PAY = """
    SELECT p.id AS shop_id, p.id AS subject, 0 AS threshold,
        (%(now)s AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', p.name, 'refunds', w.refunds, 'amount', w.amount, 'since', w.since) AS facts
    FROM aftersale_shop p
    JOIN LATERAL (
        SELECT count(*) AS refunds, sum(r.amount)::bigint AS amount, min(r.requested_at) AS since
        FROM aftersale_refund r
        WHERE r.shop_id = p.id AND r.status = 'requested' AND r.next_step_at IS NULL
            AND NOT (r.source = 'strategy' AND NOT r.ever_sent AND NOT r.released
                AND p.automation_paused_at IS NOT NULL)
    ) AS w ON w.refunds > 0
"""
# Work that stands still (SPEC M8): one alert a shop and day.
_TIME_AHEAD = """
    SELECT p.id AS shop_id, p.id AS subject, 0 AS threshold,
        (%(now)s AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', p.name, 'day', u.day, 'until', CASE
                WHEN l.decided_until > %(now)s + %(most_apart)s THEN l.decided_until
            END) AS facts
    FROM aftersale_shop p
    JOIN strategies_evaluatorlane l ON l.shop_id = p.id
    LEFT JOIN LATERAL (
        SELECT max(x.day) AS day FROM strategies_strategyusage x
        JOIN strategies_strategy s ON s.id = x.strategy_id
        WHERE s.shop_id = p.id AND x.day > (%(now)s AT TIME ZONE p.timezone)::date
    ) u ON true
    WHERE l.decided_until > %(now)s + %(most_apart)s OR u.day IS NOT NULL
"""
_TICKETS_LATE = """
    SELECT p.id AS shop_id, p.id AS subject, 0 AS threshold,
        (%(now)s AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', p.name, 'tickets', w.tickets, 'since', w.since) AS facts
    FROM aftersale_shop p
    JOIN LATERAL (
        SELECT count(*) AS tickets, min(t.awaiting_since) AS since
        FROM aftersale_ticket t WHERE t.shop_id = p.id AND t.awaiting_evaluation
    ) AS w ON w.since < %(now)s - %(late)s
"""
# Refunds that are due (services/outgoing/pay_refunds.py) and not taken up by the payer.
_REFUNDS_LATE = """
    SELECT p.id AS shop_id, p.id AS subject, 0 AS threshold,
        (%(now)s AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', p.name, 'refunds', w.refunds, 'amount', w.amount, 'since', w.since) AS facts
    FROM aftersale_shop p
    JOIN LATERAL (
        SELECT count(*) AS refunds, sum(r.amount)::bigint AS amount, min(r.next_step_at) AS since
        FROM aftersale_refund r
        WHERE r.shop_id = p.id AND r.next_step_at < %(now)s - %(late)s
            AND NOT (r.status = 'requested' AND (
                EXISTS (SELECT FROM aftersale_paymentstop WHERE ended_at IS NULL)
                OR r.source = 'strategy' AND NOT r.ever_sent AND NOT r.released
                    AND p.automation_paused_at IS NOT NULL))
    ) AS w ON w.refunds > 0
"""
# A reading that fails, or was stopped, has an alert of its own.
_READING_LATE = """
    SELECT p.id AS shop_id, c.id AS subject, 0 AS threshold,
        (%(now)s AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', p.name, 'since', c.last_read_at) AS facts
    FROM aftersale_shop p
    JOIN aftersale_platformaccount c ON c.shop_id = p.id AND c.next_round_at IS NOT NULL
        AND c.failing_since IS NULL AND c.last_read_at < %(now)s - %(reading_late)s
"""
# Of machines in every open shop, since each one's decisions go by them; of platforms in theirs.
_CLOCKS = """
    SELECT p.id AS shop_id, p.id AS subject, 0 AS threshold,
        (%(now)s AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', c.name, 'seconds', c.seconds) AS facts
    FROM aftersale_shop p
    JOIN LATERAL (
        SELECT x.name, round(x.clock_ahead) AS seconds
        FROM (
            SELECT h.worker || '@' || h.host AS name, h.clock_ahead FROM strategies_heartbeat h
            WHERE h.at > %(now)s - %(fresh)s
            UNION ALL
            SELECT a.platform, a.clock_ahead FROM aftersale_platformaccount a
            WHERE a.shop_id = p.id AND a.last_read_at > %(now)s - %(fresh)s
        ) x
        WHERE abs(x.clock_ahead) >= %(clock_seconds)s
        ORDER BY abs(x.clock_ahead) DESC LIMIT 1
    ) AS c ON p.status <> 'closed'
"""
QUERIES: Mapping[str, str] = {
    AlertKind.CAP: _CAP,
    AlertKind.BREAKER: _BREAKER,
    AlertKind.REFUND_FAILED: _REFUND_FAILED,
    AlertKind.DEADLINE: _DEADLINE,
    AlertKind.SHIPPING: _SHIPPING,
    AlertKind.PLATFORM: _PLATFORM,
    AlertKind.WEBHOOK: _WEBHOOK,
    AlertKind.TO_PAY: _TO_PAY,
    AlertKind.TIME_AHEAD: _TIME_AHEAD,
    AlertKind.TICKETS_LATE: _TICKETS_LATE,
    AlertKind.REFUNDS_LATE: _REFUNDS_LATE,
    AlertKind.READING_LATE: _READING_LATE,
    AlertKind.CLOCKS: _CLOCKS,
    AlertKind.TOKEN: _KEY_MADE,
    AlertKind.WEEKLY: _WEEKLY,
}
STANDSTILL: Mapping[str, str] = {
    kind: QUERIES[kind]
    for kind in (
        AlertKind.TIME_AHEAD,
        AlertKind.TICKETS_LATE,
        AlertKind.REFUNDS_LATE,
        AlertKind.READING_LATE,
        AlertKind.CLOCKS,
    )
}
"""Raised by the watch, too: the cluster that raises the others may be what stands still."""
# A cap alert may be raised late, but holds on its own day only.
STILL_TRUE: Mapping[str, str] = {
    **QUERIES,
    AlertKind.CAP: _CAP + "AND u.day >= (%(now)s AT TIME ZONE p.timezone)::date",
}


def values(*, now: datetime, since: datetime) -> dict[str, Any]:
    """The values that the queries take."""
    return {
        "now": now,
        "since": since,
        "soon": now + timedelta(hours=DEADLINE_HOURS),
        "hours": DEADLINE_HOURS,
        "failing_hours": FAILING_HOURS,
        "ending_hours": ENDING_HOURS,
        "long_failing": now - timedelta(hours=FAILING_HOURS),
        "quotas": json.dumps(CALLS_A_DAY),
        "quota_percents": QUOTA_PERCENT,
        "percents": CAP_PERCENT,
        "statuses": [status.value for status in DESK_STATUSES],
        "parcels": [state.value for state in OPEN_ALERTS],
        "most_apart": MOST_APART,
        "late": LATE,
        "week": WEEK,
        "reading_late": READING_LATE,
        "fresh": clocks.FRESH,
        "clock_seconds": clocks.MOST_SECONDS,
    }
