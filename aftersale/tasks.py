"""The desk's background tasks: each calls one service."""

import time

from django.utils import timezone

from aftersale.services import archive
from aftersale.services.access import audit_trail, idempotent_calls
from aftersale.services.buyers import erased
from aftersale.services.exports import run
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.outbox.wake_webhooks import TASK as TELL_TASK
from aftersale.services.outgoing import pay_refunds, send_steps
from aftersale.services.privacy import retention
from aftersale.services.shared.database_clock import database_moment
from aftersale.services.syncing import (
    authorising,
    messages,
    read_changes,
    reader_lease,
    reads,
)
from aftersale.services.syncing.wake import wake_reader
from aftersale.services.webhooks import delivery, feed, log
from aftersale.services.windows import opening
from config.queue import SLOW, TELL, wake

# One after the other with the other tasks of the slow cluster.
ERASING_SECONDS = ARCHIVING_SECONDS = 120


def pay() -> None:
    """Sends due steps to platforms and carries out due refunds; enqueues itself again while more
    are due.

    Idempotent; may run any number of times, at once too.
    """
    # Steps first: a ticket's refund waits for them. One clock for all payers: leases and held money
    # end by it.
    more = send_steps.run(clock=database_moment)
    if pay_refunds.run(clock=database_moment) or more:
        wake_payer()


def close_windows() -> None:
    """Records the end of after-sale windows that have expired (SPEC W2).

    Idempotent; a window closes on its second even if this has not run.
    """
    opening.close_due(now=timezone.now())


def forget_calls() -> None:
    """Deletes answers to API calls that have expired. Idempotent."""
    idempotent_calls.forget_old(now=timezone.now())


def forget_trail() -> None:
    """Deletes entries of the audit trail that are older than 400 days (SPEC P6). Idempotent."""
    audit_trail.forget(now=database_moment())


def read_platforms() -> None:
    """Wakes a reader for each shop whose platform is due to be read (SPEC E1)."""
    now = database_moment()
    for account_pk in reader_lease.due(now).order_by("next_round_at").values_list("pk", flat=True):
        wake_reader(account_pk)
    messages.forget(now=now)
    reads.forget(now=now)
    authorising.forget(now=now)


def read_platform(account_pk: int) -> None:
    """Reads from one shop's platform; enqueues itself again while more is due.

    Idempotent; may run any number of times, at once too.
    """
    if read_changes.run(account_pk=account_pk, clock=database_moment):
        wake_reader(account_pk)


def import_file(pk: int) -> None:
    """Reads, previews or takes in a brought file, in the slow cluster (SPEC O11).

    Idempotent: one that was killed goes on where it was.
    """
    run.work(pk, clock=timezone.now)


def sweep_files() -> None:
    """Wakes what a crash left behind, and forgets what nobody took in. Idempotent."""
    run.wake_waiting()
    run.forget(now=timezone.now())


def erase_old() -> None:
    """Erases what is older than its shop's retention time, in the slow cluster (SPEC P7).

    Idempotent; enqueues itself again where its time was over before it came to the end, and
    something went.
    """
    until = time.monotonic() + ERASING_SECONDS

    def enough() -> bool:
        return time.monotonic() > until

    left = retention.erase_old(now=timezone.now(), enough=enough)
    left = retention.erase_left_pictures(enough=enough) or left
    erased.seal_keys_anew()
    if left:
        wake("aftersale.tasks.erase_old", cluster=SLOW)


def archive_old() -> None:
    """Archives old tickets of the shops that do so, in the slow cluster (SPEC O12).

    Idempotent; enqueues itself again where its time was over before it came to the end.
    """
    until = time.monotonic() + ARCHIVING_SECONDS

    def enough() -> bool:
        return time.monotonic() > until

    now, shops = database_moment(), archive.due_shops()
    if any(archive.archive_old(shop, now=now, enough=enough).more for shop in shops):
        wake("aftersale.tasks.archive_old", cluster=SLOW)


def tell() -> None:
    """Delivers due webhooks; enqueues itself again while more are due.

    Idempotent; may run any number of times, at once too.
    """
    if delivery.run(clock=timezone.now):
        wake(TELL_TASK, cluster=TELL)


def clear_webhooks() -> None:
    """Deletes old messages from the webhooks' log, and old events from the feed. Idempotent."""
    log.clear(now=timezone.now())
    feed.clear(now=timezone.now())
