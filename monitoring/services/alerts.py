"""Raising alerts, ending them and acknowledging them (SPEC M4, G3, O5, H1).

Rows are looked at, with no cursor that could pass one by: what is so now, or happened within
LOOK_BACK, and has no alert yet gets one. An alert whose subject is no longer found is over. A look
is a statement a kind, so it may die, run late, or run beside another; the constraint `alert_once`
has the last word.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection
from django.utils.translation import gettext as _

from aftersale.services.access.rights import require, scoped
from aftersale.services.outbox.wake_webhooks import wake_teller
from aftersale.services.shared.errors import NotAllowed, NotFound
from monitoring.models import Alert, AlertKind

from .alert_finders import FINDERS, STANDING, values
from .alert_rights import WHO, roles, seen_to_by

# What happened before that was either told then or is no news any more.
LOOK_BACK = timedelta(days=3)
# In these the facts follow what they are about for as long as the alert stands.
_FOLLOWED = [AlertKind.DEADLINE]

# Rows in one order, so that two looks at once wait for each other but never in a circle. Without
# the NOT EXISTS each look would use up an id for every alert that is there already.
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


# Rows that another look has at hand are left to it: so no two looks wait in a circle.
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


def raise_alerts(*, now: datetime, shop_ids: Collection[int] | None = None) -> int:
    """Raises what is to be told and was not yet, with the mails to whoever asked for them.

    Each kind is one statement, and nothing is locked but the new rows. Returns how many.
    """
    given = values(now=now, since=now - LOOK_BACK) | {"shops": _shops(shop_ids)}
    raised: list[int] = []
    with connection.cursor() as cursor:
        for kind, found in FINDERS.items():
            told = sorted(role.value for role in roles(kind))
            given |= {"kind": AlertKind(kind).value, "roles": told}
            cursor.execute(_RAISE.replace("@found", found), given)
            raised += [row[0] for row in cursor]
    if raised:
        wake_teller(set(raised))
    return len(raised)


def end_alerts(*, now: datetime, shop_ids: Collection[int] | None = None) -> int:
    """Ends alerts with what they warned of (SPEC O5); one whose subject is back stands again.

    An alert that somebody acknowledged stays as it is. Returns how many changed.
    """
    given = values(now=now, since=datetime.min.replace(tzinfo=UTC))
    given |= {"look_back": now - LOOK_BACK, "shops": _shops(shop_ids)}
    changed = 0
    with connection.cursor() as cursor:
        for kind, standing in STANDING.items():
            given |= {"kind": AlertKind(kind).value, "followed": kind in _FOLLOWED}
            cursor.execute(_END.replace("@found", standing), given)
            changed += cursor.rowcount
    return changed


def _shops(shop_ids: Collection[int] | None) -> list[int] | None:
    return None if shop_ids is None else list(shop_ids)


def acknowledge(*, alert_id: int, user: User, now: datetime) -> Alert:
    """Writes down that somebody has seen to it; who was first stays."""
    alert = scoped(Alert.objects.all(), user).filter(pk=alert_id).first()
    if alert is None:
        raise NotFound(_("There is no such alert."))
    require(user, alert.shop_id, WHO[alert.kind])
    _acknowledge([alert_id], user, now)
    alert.refresh_from_db()
    return alert


def acknowledge_shown(*, alert_ids: Iterable[int], user: User, now: datetime) -> int:
    """Acknowledges those that the person saw, where their role sees to the kind.

    What was raised since then is not among them. Returns how many; raises NotAllowed where all
    that the person saw is for other roles.
    """
    shown = scoped(Alert.objects.filter(pk__in=list(alert_ids)), user)
    mine = list(shown.filter(seen_to_by(user)).values_list("pk", flat=True))
    if not mine and shown.exists():
        raise NotAllowed(_("Your role in this shop does not allow this."))
    return _acknowledge(mine, user, now)


def _acknowledge(alert_ids: Iterable[int], user: User, now: datetime) -> int:
    # Only open ones are written, so that two people at once leave the first of them standing.
    opened = Alert.objects.filter(pk__in=list(alert_ids), acknowledged_at=None)
    return opened.update(acknowledged_at=now, acknowledged_by=user)
