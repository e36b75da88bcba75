"""Mailing alerts to the users who asked for them (SPEC M4): all of a user's alerts in one mail.

At least once: the rows of one user are leased, the mail is sent, and only then are they marked.
No lock is held while the mail server is called; after a failure the lease's end is the moment of
the next try.
"""

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import ngettext, override

from aftersale.models import Membership
from config.heartbeat import beat
from monitoring.models import Alert, AlertNotice, AlertSubscription, WeeklyReader
from monitoring.services import notices
from monitoring.services.alert_texts import AlertText, alert_text

from .alert_rights import NOTES
from .alert_rights import roles as roles_of

log = structlog.get_logger(__name__)

# Longer than a mail server may take over one mail (EMAIL_TIMEOUT).
LEASE = timedelta(minutes=5)
# Pause after a mail: a burst of alerts is one more mail, not one each.
APART = timedelta(minutes=1)
# The most alerts that a mail lists; further ones are counted.
MOST_LISTED = 50

# The user's row is the lock: workers that skipped each other's locked rows alone could share one
# user's rows between them, and send two mails. A second worker goes on to the next user.
_LEASE = """
WITH turn AS (
    SELECT u.id FROM auth_user u
    WHERE EXISTS (
            SELECT FROM monitoring_alertnotice n
            JOIN monitoring_alert b ON b.id = n.alert_id AND b.raised_at >= %(oldest)s
            WHERE n.user_id = u.id AND n.told_at IS NULL
                AND (n.leased_until IS NULL OR n.leased_until <= %(now)s)
        )
        AND NOT EXISTS (
            SELECT FROM monitoring_alertnotice r
            WHERE r.user_id = u.id AND r.told_at > %(apart)s
        )
    ORDER BY u.id LIMIT 1
    FOR NO KEY UPDATE OF u SKIP LOCKED
)
UPDATE monitoring_alertnotice SET leased_until = %(until)s
WHERE id IN (
    SELECT m.id FROM monitoring_alertnotice m
    JOIN monitoring_alert a ON a.id = m.alert_id AND a.raised_at >= %(oldest)s
    WHERE m.told_at IS NULL AND (m.leased_until IS NULL OR m.leased_until <= %(now)s)
        AND m.user_id = (SELECT id FROM turn)
    ORDER BY m.id
    FOR UPDATE OF m
)
RETURNING id, alert_id, user_id
"""


def any_to_send(*, now: datetime) -> bool:
    recent = AlertNotice.objects.filter(alert__raised_at__gte=now - notices.GIVE_UP)
    unsent = recent.filter(user__isnull=False, told_at=None)
    just_mailed = AlertNotice.objects.filter(user=OuterRef("user"), told_at__gt=now - APART)
    return unsent.exclude(leased_until__gt=now).exclude(Exists(just_mailed)).exists()


def send_mails(*, clock: Callable[[], datetime]) -> int:
    """Sends the mails that are due, user by user; returns how many were sent.

    A mail server that can't be reached ends the run: every other mail would fail too.
    """
    sent = 0
    server = get_connection()
    while leased := _lease(clock()):
        beat()
        user_id = leased[0][2]
        mails = [mail for mail, _alert, _user in leased]
        alerts = _for_user(user_id, [alert for _mail, alert, _user in leased])
        user = User.objects.get(pk=user_id)
        if alerts and user.is_active and user.email:
            try:
                _message(user, alerts, server).send()
            except (smtplib.SMTPRecipientsRefused, ValueError) as error:  # the address is wrong
                log.warning("alert_mail_refused", user=user_id, error=type(error).__name__)
                continue
            except OSError as error:  # includes smtplib's own errors
                log.warning("alert_mail_failed", user=user_id, error=type(error).__name__)
                break
            sent += 1
        AlertNotice.objects.filter(pk__in=mails).update(told_at=clock(), leased_until=None)
    return sent


def _lease(now: datetime) -> list[tuple[int, int, int]]:
    """Leases the rows of one user that nobody else is sending: (row, alert, user)."""
    with connection.cursor() as cursor:
        times = {"until": now + LEASE, "oldest": now - notices.GIVE_UP, "apart": now - APART}
        cursor.execute(_LEASE, {"now": now, **times})
        return cursor.fetchall()


def _for_user(user_id: int, alert_ids: list[int]) -> list[Alert]:
    """The alerts that stand and that the user may still see: a former member gets none."""
    roles = dict(Membership.objects.filter(user=user_id).values_list("shop", "role"))
    return [
        alert
        for alert in notices.standing(alert_ids)
        if roles.get(alert.shop_id) in roles_of(alert.kind)
    ]


def _language(user: User, alerts: list[Alert]) -> str:
    """The one in which the alerts were chosen; of notes alone, that of their switch."""
    notes = [alert.shop_id for alert in alerts if alert.kind in NOTES]
    chosen = [
        AlertSubscription.objects.filter(user=user),
        WeeklyReader.objects.filter(user=user, shop__in=notes),
    ]
    if len(notes) == len(alerts):
        chosen.reverse()
    languages = (own.order_by("-pk").values_list("language", flat=True).first() for own in chosen)
    return next(filter(None, languages), settings.LANGUAGE_CODE)


def _message(user: User, alerts: list[Alert], server: BaseEmailBackend) -> EmailMessage:
    """The mail in the language in which it was asked for."""
    with override(_language(user, alerts)):
        shown: list[AlertText] = [alert_text(alert) for alert in alerts[:MOST_LISTED]]
        # Kinds without names: subjects are shown on locked screens.
        kinds = {alert.kind: alert.get_kind_display() for alert in alerts}
        subject = ngettext(
            "[Afterdesk] %(count)d alert: %(kinds)s",
            "[Afterdesk] %(count)d alerts: %(kinds)s",
            len(alerts),
        ) % {"count": len(alerts), "kinds": ", ".join(kinds.values())}
        body = render_to_string(
            "monitoring/mail.txt",
            {
                "alerts": shown,
                "more": len(alerts) - len(shown),
                "site": settings.SITE_URL,
                "url": settings.SITE_URL and settings.SITE_URL + reverse("monitoring:alerts"),
            },
        )
    return EmailMessage(subject, body, to=[user.email], connection=server)
