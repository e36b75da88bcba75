"""What runs in the background for monitoring: each task calls one service, and may run any number
of times, at once too."""

from django.utils import timezone

from config.queue import SLOW, wake
from monitoring.services import alerts, figures, mails

MAIL_TASK = "monitoring.tasks.mail"


def look(shop_id: int | None = None) -> None:
    """Raises and ends alerts: of all shops every minute, of one as soon as something happened.

    Mails go out elsewhere: a mail server that hangs must hold up nothing here.
    """
    now = timezone.now()
    shop_ids = None if shop_id is None else [shop_id]
    alerts.raise_alerts(now=now, shop_ids=shop_ids)
    alerts.end_alerts(now=now, shop_ids=shop_ids)
    if mails.any_to_send(now=now):
        wake(MAIL_TASK, cluster=SLOW)


def mail() -> None:
    mails.send_mails(clock=timezone.now)


def count() -> None:
    """Counts the days that are over, and again those that have changed (SPEC M2)."""
    figures.roll_up(now=timezone.now())
