"""Monitoring's background tasks: each calls one service, and may run any number of times, also
several at once."""

from django.utils import timezone

from aftersale.services.shared.database_clock import database_moment
from config.queue import SLOW, TELL, wake
from monitoring.services import alerts, figures, mails, weekly
from monitoring.services.robots import sending

MAIL_TASK = "monitoring.tasks.mail"


def look(shop_id: int | None = None) -> None:
    """Raises and ends alerts: for all shops every minute, for one as soon as something happens.

    Mails and robots' messages are sent by other clusters: a hung server must hold up nothing here.
    """
    now = database_moment()
    shop_ids = None if shop_id is None else [shop_id]
    alerts.raise_alerts(now=now, shop_ids=shop_ids)
    alerts.end_alerts(now=now, shop_ids=shop_ids)
    if mails.any_to_send(now=now):
        wake(MAIL_TASK, cluster=SLOW)
    if sending.due(by=now):
        wake(sending.TASK, cluster=TELL)


def mail() -> None:
    mails.send_mails(clock=timezone.now)


def tell_by_robots() -> None:
    """Sends robots' messages; enqueues itself again while more are due."""
    if sending.run(clock=timezone.now):
        wake(sending.TASK, cluster=TELL)


def count() -> None:
    """Counts days that are over, and recounts days whose rows have changed (SPEC M2)."""
    figures.roll_up(now=timezone.now())


def write_weekly_notes() -> None:
    """Begins and writes the notes of the week that is over (SPEC M6)."""
    weekly.write(now=database_moment())
