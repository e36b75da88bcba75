"""Raising alerts, ending them and acknowledging them (SPEC M4, G3, O5, H1).

Alerts are found in the rows themselves, without a cursor that could skip one: every state that
holds now, and every event within LOOK_BACK, gets an alert if it has none. An alert that its query
finds no longer is over. Each kind is one statement, so a run may die, come late or overlap
another; the constraint `alert_once` prevents duplicates.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection
from django.utils.translation import gettext as _

from aftersale.services.access.rights import require, scoped
from aftersale.services.outbox.wake_webhooks import wake_teller
from aftersale.services.shared.errors import NotAllowed, NotFound
from config import acting
from monitoring.models import Alert, AlertKind

from .alert_queries import QUERIES, STILL_TRUE, values
from .alert_rights import ALWAYS_MAILED, NOTES, RIGHT_OF, acted_on_by, roles

# Older events had their alerts in time, or are no news any more.
LOOK_BACK = timedelta(days=3)
# Kinds whose facts are updated while the alert stands.
_FOLLOWED = [
    AlertKind.DEADLINE,
    AlertKind.TO_PAY,
    AlertKind.TICKETS_LATE,
    AlertKind.REFUNDS_LATE,
]

# ORDER BY: two runs at once may wait for each other, but never in a circle. NOT EXISTS: without it
# each run would use up an id for every alert that exists already. KEY SHARE: a robot that is being
# removed at this moment is no receiver, and no error.
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
    INSERT INTO monitoring_alertnotice (alert_id, user_id)
    SELECT r.id, m.user_id
    FROM raised r
    JOIN aftersale_membership m ON m.shop_id = r.shop_id AND m.role = ANY(%(roles)s)
    JOIN auth_user u ON u.id = m.user_id AND u.is_active AND u.email <> ''
    LEFT JOIN monitoring_alertsubscription w ON w.user_id = m.user_id AND w.kind = %(kind)s
    WHERE w.user_id IS NOT NULL OR %(always)s OR %(note)s AND EXISTS (
        SELECT FROM monitoring_weeklyreader y WHERE y.user_id = m.user_id AND y.shop_id = r.shop_id
    )
), robot AS (
    INSERT INTO monitoring_alertnotice (alert_id, robot_id)
    SELECT r.id, b.id
    FROM raised r
    JOIN monitoring_robot b ON b.shop_id = r.shop_id AND b.enabled AND %(kind)s = ANY(b.kinds)
    ORDER BY b.id, r.id
    FOR KEY SHARE OF b
)
SELECT shop_id FROM raised
"""


# SKIP LOCKED: rows that another run has locked are left to it, so no two runs wait in a circle.
_END = """
UPDATE monitoring_alert a
SET ended_at = CASE WHEN s.facts IS NULL THEN %(now)s::timestamptz END,
    facts = coalesce(s.facts, a.facts)
FROM (
    SELECT b.id, f.facts
    FROM monitoring_alert b
    LEFT JOIN LATERAL (
        SELECT x.facts FROM (@found) AS x
        WHERE x.shop_id = b.shop_id AND x.subject = b.subject AND x.threshold = b.threshold
            AND x.day = b.day
    ) AS f ON true
    WHERE b.kind = %(kind)s AND b.acknowledged_at IS NULL
        AND (b.ended_at IS NULL OR b.raised_at >= %(look_back)s)
        AND (%(shops)s::bigint[] IS NULL OR b.shop_id = ANY(%(shops)s::bigint[]))
        AND ((f.facts IS NULL) = (b.ended_at IS NULL) OR %(followed)s AND f.facts <> b.facts)
    ORDER BY b.id
    FOR NO KEY UPDATE OF b SKIP LOCKED
) AS s
WHERE a.id = s.id
"""


def raise_alerts(
    *,
    now: datetime,
    shop_ids: Collection[int] | None = None,
    queries: Mapping[str, str] | None = None,
) -> int:
    """Raises every alert that is due and not raised yet, with its notices; returns how many.

    Each kind is one statement that locks nothing but the new rows.
    """
    given = values(now=now, since=now - LOOK_BACK) | {"shops": _shops(shop_ids)}
    raised: list[int] = []
    with connection.cursor() as cursor:
        for kind, found in (QUERIES if queries is None else queries).items():
            told = sorted(role.value for role in roles(kind))
            given |= {"kind": AlertKind(kind).value, "roles": told}
            given |= {"always": kind in ALWAYS_MAILED, "note": kind in NOTES}
            cursor.execute(_RAISE.replace("@found", found), given)
            raised += [row[0] for row in cursor]
    if raised:
        wake_teller(set(raised))
    return len(raised)


def end_alerts(*, now: datetime, shop_ids: Collection[int] | None = None) -> int:
    """Ends alerts with what they warned of (SPEC O5), and re-opens those that are true again.

    Acknowledged alerts stay as they are. Returns how many changed.
    """
    given = values(now=now, since=datetime.min.replace(tzinfo=UTC))
    given |= {"look_back": now - LOOK_BACK, "shops": _shops(shop_ids)}
    changed = 0
    with connection.cursor() as cursor:
        for kind, found in STILL_TRUE.items():
            given |= {"kind": AlertKind(kind).value, "followed": kind in _FOLLOWED}
            cursor.execute(_END.replace("@found", found), given)
            changed += cursor.rowcount
    return changed


def _shops(shop_ids: Collection[int] | None) -> list[int] | None:
    return None if shop_ids is None else list(shop_ids)


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
    """Acknowledges the alerts that the person saw, in shops where the role may act on the kind.

    Alerts raised since then stay open. Returns how many; raises NotAllowed where the role may act
    on none of them.
    """
    shown = scoped(Alert.objects.filter(pk__in=list(alert_ids)), user)
    mine = list(shown.filter(acted_on_by(user)).values_list("pk", flat=True))
    if not mine and shown.exists():
        raise NotAllowed(_("Your role in this shop does not allow this."))
    return _acknowledge(mine, user, now)


def _acknowledge(alert_ids: Iterable[int], user: User, now: datetime) -> int:
    # Only open alerts are written: of two people at once, the first stays recorded.
    opened = Alert.objects.filter(pk__in=list(alert_ids), acknowledged_at=None)
    return opened.update(
        acknowledged_at=now, acknowledged_by=user, acknowledged_token=acting.token()
    )
