"""Raising alerts and acknowledging them (SPEC M4, G3, O5, H1).

Alerts are found in the rows themselves, without a cursor that could skip one: every state that
holds now, and every event within LOOK_BACK, gets an alert if it has none. Each kind is one
statement, so a run may die, come late or overlap another; the constraint `alert_once` prevents
duplicates.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from aftersale.models import DESK_STATUSES
from aftersale.services.access.rights import ROLES, Right, require, scoped, shops_of
from aftersale.services.outbox.wake_webhooks import wake_teller
from aftersale.services.shared.errors import NotAllowed, NotFound
from monitoring.models import Alert, AlertKind

# SPEC M4's thresholds: percent of a daily cap, hours before a deadline.
CAP_PERCENT = [80, 100]
DEADLINE_HOURS = 6
# Reading from a platform must fail for this long before people are told.
FAILING_HOURS = 1
# Older events were told then, or are no news any more.
LOOK_BACK = timedelta(days=3)
# The right that lets somebody act on an alert, acknowledge it, and ask for its mails.
RIGHT_OF: dict[str, Right] = {
    AlertKind.CAP: Right.CHANGE_STRATEGIES,
    AlertKind.BREAKER: Right.CHANGE_STRATEGIES,
    AlertKind.REFUND_FAILED: Right.HANDLE_TICKETS,
    AlertKind.DEADLINE: Right.HANDLE_TICKETS,
    AlertKind.SHIPPING: Right.HANDLE_TICKETS,
    AlertKind.PLATFORM: Right.CHANGE_SHOP,
    AlertKind.WEBHOOK: Right.CHANGE_SHOP,
}

# Each query selects (shop, subject, threshold, day, facts), shop by shop along an index.
_CAP = """
    SELECT p.id AS shop_id, s.id AS subject, t.threshold, u.day, jsonb_build_object(
        'name', s.name, 'used', u.used, 'cap', u.cap, 'hits', u.hits) AS facts
    FROM aftersale_shop p
    JOIN strategies_strategy s ON s.shop_id = p.id
    JOIN strategies_strategyusage u ON u.strategy_id = s.id
        AND u.day >= (%(since)s AT TIME ZONE p.timezone)::date
    JOIN unnest(%(percents)s::int[]) AS t (threshold) ON u.used * 100 >= u.cap * t.threshold
"""
_BREAKER = """
    SELECT p.id AS shop_id, s.id AS subject, 0 AS threshold,
        (s.breaker_opened_at AT TIME ZONE p.timezone)::date AS day,
        s.breaker_opened_by || jsonb_build_object(
            'name', s.name, 'opened_at', s.breaker_opened_at) AS facts
    FROM aftersale_shop p
    JOIN strategies_strategy s ON s.shop_id = p.id AND s.breaker_opened_at >= %(since)s
"""
_REFUND_FAILED = """
    SELECT p.id AS shop_id, r.id AS subject, 0 AS threshold,
        (r.settled_at AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', t.ticket_no, 'ticket', t.id, 'amount', r.amount) AS facts
    FROM aftersale_shop p
    JOIN aftersale_refund r ON r.shop_id = p.id AND r.status = 'failed'
        AND r.settled_at >= %(since)s
    JOIN aftersale_ticket t ON t.id = r.ticket_id
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
    JOIN aftersale_order o ON o.id = a.order_id
    JOIN aftersale_ticket t ON t.id = a.ticket_id
    LEFT JOIN aftersale_refund r ON r.ticket_id = t.id
"""
# Refused credentials at once; failures that may pass by themselves after FAILING_HOURS.
_PLATFORM = """
    SELECT p.id AS shop_id, c.id AS subject, t.hours AS threshold,
        (c.failing_since AT TIME ZONE p.timezone)::date AS day, jsonb_build_object(
            'name', p.name, 'reason', c.failure, 'since', c.failing_since) AS facts
    FROM aftersale_shop p
    JOIN aftersale_platformaccount c ON c.shop_id = p.id AND c.failing_since >= %(since)s
    JOIN unnest(ARRAY[0, %(failing_hours)s]) AS t (hours)
        ON CASE t.hours WHEN 0 THEN c.next_round_at IS NULL
           ELSE c.next_round_at IS NOT NULL AND c.failing_since <= %(long_failing)s END
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
_QUERIES: Mapping[str, str] = {
    AlertKind.CAP: _CAP,
    AlertKind.BREAKER: _BREAKER,
    AlertKind.REFUND_FAILED: _REFUND_FAILED,
    AlertKind.DEADLINE: _DEADLINE,
    AlertKind.SHIPPING: _SHIPPING,
    AlertKind.PLATFORM: _PLATFORM,
    AlertKind.WEBHOOK: _WEBHOOK,
}
# ORDER BY: two runs at once may wait for each other, but never in a circle. NOT EXISTS: without it
# each run would use up an id for every alert that exists already.
_RAISE = """
WITH raised AS (
    INSERT INTO monitoring_alert (shop_id, kind, subject, threshold, day, raised_at, facts)
    SELECT f.shop_id, %(kind)s, f.subject, f.threshold, f.day, %(now)s, f.facts
    FROM (@found) AS f
    WHERE (%(shops)s::bigint[] IS NULL OR f.shop_id = ANY(%(shops)s::bigint[]))
        AND NOT EXISTS (
            SELECT FROM monitoring_alert a
            WHERE a.shop_id = f.shop_id AND a.kind = %(kind)s AND a.subject = f.subject
                AND a.threshold = f.threshold AND a.day = f.day
        )
    ORDER BY f.shop_id, f.subject, f.threshold, f.day
    ON CONFLICT DO NOTHING
    RETURNING id, shop_id
), mail AS (
    INSERT INTO monitoring_alertmail (alert_id, user_id)
    SELECT r.id, m.user_id
    FROM raised r
    JOIN aftersale_membership m ON m.shop_id = r.shop_id AND m.role = ANY(%(roles)s)
    JOIN monitoring_alertsubscription w ON w.user_id = m.user_id AND w.kind = %(kind)s
    JOIN auth_user u ON u.id = m.user_id AND u.is_active AND u.email <> ''
)
SELECT shop_id FROM raised
"""


def raise_alerts(*, now: datetime, shop_ids: Collection[int] | None = None) -> int:
    """Raises every alert that is due and not raised yet, with its mails; returns how many.

    Each kind is one statement that locks nothing but the new rows.
    """
    given: dict[str, Any] = {
        "now": now,
        "since": now - LOOK_BACK,
        "soon": now + timedelta(hours=DEADLINE_HOURS),
        "hours": DEADLINE_HOURS,
        "failing_hours": FAILING_HOURS,
        "long_failing": now - timedelta(hours=FAILING_HOURS),
        "percents": CAP_PERCENT,
        "statuses": [status.value for status in DESK_STATUSES],
        "shops": None if shop_ids is None else list(shop_ids),
    }
    raised: list[int] = []
    with connection.cursor() as cursor:
        for kind, found in _QUERIES.items():
            roles = sorted(ROLES[RIGHT_OF[kind]])
            given |= {"kind": AlertKind(kind).value, "roles": [role.value for role in roles]}
            cursor.execute(_RAISE.replace("@found", found), given)
            raised += [row[0] for row in cursor]
    if raised:
        wake_teller(set(raised))
    return len(raised)


def acknowledge(*, alert_id: int, user: User, now: datetime) -> Alert:
    """Records who took care of an alert; the first person stays recorded.

    Needs the right for its kind.
    """
    alert = scoped(Alert.objects.all(), user).filter(pk=alert_id).first()
    if alert is None:
        raise NotFound(_("There is no such alert."))
    require(user, alert.shop_id, RIGHT_OF[alert.kind])
    _acknowledge([alert_id], user, now)
    alert.refresh_from_db()
    return alert


def acknowledge_shown(*, alert_ids: Iterable[int], user: User, now: datetime) -> int:
    """Acknowledges those alerts that the person saw and whose kind their role in the shop covers.

    Alerts raised since then stay open. Returns how many; raises NotAllowed where the role allows
    it in no shop.
    """
    mine = Q()
    for right in set(RIGHT_OF.values()):
        shops = shops_of(user, right).values_list("pk", flat=True)
        kinds = [kind for kind, needed in RIGHT_OF.items() if needed == right]
        mine |= Q(kind__in=kinds, shop__in=list(shops))
    if not any(shops_of(user, right).exists() for right in set(RIGHT_OF.values())):
        raise NotAllowed(_("Your role in this shop does not allow this."))
    shown = Alert.objects.filter(mine, pk__in=list(alert_ids))
    return _acknowledge(shown.values_list("pk", flat=True), user, now)


def _acknowledge(alert_ids: Iterable[int], user: User, now: datetime) -> int:
    # Only open alerts are written: of two people at once, the first stays recorded.
    opened = Alert.objects.filter(pk__in=list(alert_ids), acknowledged_at=None)
    return opened.update(acknowledged_at=now, acknowledged_by=user)
