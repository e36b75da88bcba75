"""Archiving what is old, shop by shop (SPEC O12).

An archive is written, read again and compared, and only then its orders leave the database: some at
a time, each batch one transaction under the orders' locks, in which nothing goes that is not byte
for byte in the file, and in which the numbers are written down by which whatever is sent again is
recognised. Killed at any moment, the next run goes on: an archive that was being written is thrown
away, one that was verified is carried through.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice
from secrets import token_hex
from typing import NamedTuple

import structlog
from django.db import transaction

from aftersale.domain.multilingual import said as _
from aftersale.models import (
    Archive,
    ArchivedOrder,
    ArchivedTicket,
    ArchiveState,
    AuditKind,
    PlatformFacts,
    PlatformSubject,
    Shop,
)
from aftersale.services.shared import locks, trail
from aftersale.signals import to_be_archived
from config.heartbeat import beat

from . import files, parts
from .due import COUNTED_LATER_DAYS, before_of, due, over
from .records import records_of

log = structlog.get_logger(__name__)
# Orders of one archive: a file of some megabytes, verified within seconds.
MOST_ORDERS = 20_000
BATCH = 200


class Done(NamedTuple):
    """Rows that a run took out of the database; `more`: something may be left."""

    orders: int = 0
    tickets: int = 0
    more: bool = False
    failure: str = ""


class _Counted:
    def __init__(self) -> None:
        self.orders = self.tickets = 0


def due_shops() -> list[Shop]:
    """Shops that archive; one on hold does not know its own past (SPEC G6)."""
    found = Shop.objects.filter(archive_months__isnull=False, on_hold=False)
    return list(found.order_by("pk"))


def archive_old(shop: Shop, *, now: datetime, enough: Callable[[], bool]) -> Done:
    """Archives the shop's old tickets until nothing is left or `enough` says so.

    Files that can't be written or are not what was written end it, with a sentence that stays with
    the shop until a run succeeds; nothing is lost by it.
    """
    counted, failure, more = _Counted(), "", False
    try:
        with files.alone(shop.pk) as alone:
            if alone:
                more = _archive(shop, now, enough, counted)
    except OSError as error:
        failure = _("The archive can't be written (%s): nothing was taken out of the database.")
        failure %= error.strerror or type(error).__name__
    except files.Damaged as error:
        log.error("archive_damaged", shop=shop.pk, found=str(error))
        failure = _(
            "Files of the archive are gone or are not what was written: what is still in the"
            " database stays there."
        )
    if failure:
        log.error("archive_failed", shop=shop.pk)
    Shop.objects.filter(pk=shop.pk).exclude(archive_failure=failure).update(archive_failure=failure)
    if counted.orders:
        note = _("%(tickets)d tickets of %(orders)d orders") % vars(counted)
        trail.record(AuditKind.ARCHIVED, now=now, shop_id=shop.pk, note=note)
    return Done(counted.orders, counted.tickets, more, failure)


def _archive(shop: Shop, now: datetime, enough: Callable[[], bool], counted: _Counted) -> bool:
    for left in Archive.objects.filter(shop=shop, state=ArchiveState.WRITING):
        files.throw_away(left)
        left.delete()
    for left in Archive.objects.filter(shop=shop, state=ArchiveState.WRITTEN).order_by("pk"):
        if not _take_out(left, now, enough, counted):
            return True
    before = before_of(shop, now)
    found = due(shop.pk, before)
    pks = _some(found)
    if not pks or not _settled(shop, before + timedelta(days=COUNTED_LATER_DAYS), now):
        return False
    while pks:
        archive = _write(shop, pks, before, now)
        if not _take_out(archive, now, enough, counted):
            return True
        pks = _some(found)
    return False


def _some(found: Iterator[list[int]]) -> list[int]:
    # An order may come again, by another of its tickets.
    pks: dict[int, None] = {}
    for some in found:
        pks.update(dict.fromkeys(some))
        if len(pks) >= MOST_ORDERS:
            break
    return list(pks)


def _settled(shop: Shop, before: datetime, now: datetime) -> bool:
    """Has counted figures of older days kept as they are, from now on."""
    if shop.archived_before is None or shop.archived_before < before:
        answers = to_be_archived.send(Shop, shop=shop, before=before, now=now)
        if any(answer is False for _receiver, answer in answers):
            return False
        Shop.objects.filter(pk=shop.pk).update(archived_before=before)
        shop.archived_before = before
    return True


def _write(shop: Shop, pks: Sequence[int], before: datetime, now: datetime) -> Archive:
    name = f"{now:%Y%m%d-%H%M%S}-{token_hex(4)}"
    archive = Archive.objects.create(shop=shop, name=name, before=before, began_at=now)
    sums, writing = files.Sums(), files.Writing(archive)
    for first in range(0, len(pks), BATCH):
        for pk, rows in sorted(parts.rows_of(pks[first : first + BATCH]).items()):
            sums.add(rows)
            writing.line(files.ROWS, {"order": pk, "rows": rows})
            for record in records_of(shop.code, rows):
                writing.line(files.RECORDS, record)
        beat()
    archive.orders, archive.tickets = sums.orders, sums.tickets
    archive.paid, archive.refunded = sums.paid, sums.refunded
    about = {"shop": shop.code, "before": before.isoformat(), "began_at": now.isoformat()}
    archive.digests = writing.done({**about, **asdict(sums)})
    files.verify(archive, sums)
    archive.state = ArchiveState.WRITTEN
    archive.save()
    return archive


def _take_out(
    archive: Archive, now: datetime, enough: Callable[[], bool], counted: _Counted
) -> bool:
    """Takes the archive's orders out of the database; False where its time was over first."""
    files.check_digests(archive)
    lines = files.lines(archive, files.ROWS)
    while some := list(islice(lines, BATCH)):
        orders, tickets = _take_some_out(archive, some)
        counted.orders += orders
        counted.tickets += tickets
        beat()
        # Orders that an earlier run took out are passed by at once.
        if orders and enough():
            return False
    archive.kept = archive.orders - ArchivedOrder.objects.filter(archive=archive).count()
    archive.state, archive.done_at = ArchiveState.DONE, now
    archive.save(update_fields=["kept", "state", "done_at"])
    return True


@transaction.atomic
def _take_some_out(archive: Archive, some: Sequence[bytes]) -> tuple[int, int]:
    written = {json.loads(line)["order"]: line for line in some}
    # Gone already, or in somebody's hands: the latter stay, and go with a later archive.
    locked = {order.pk for order in locks.lock_orders_for_good(written)}
    still = over(locked, archive.before) if locked else []
    going = {
        pk: rows
        for pk, rows in parts.rows_of(still).items()
        if files.line_of({"order": pk, "rows": rows}) == written[pk]
    }
    if not going:
        return 0, 0
    orders = [rows["aftersale_order"][0] for rows in going.values()]
    tickets = [ticket for rows in going.values() for ticket in rows["aftersale_ticket"]]
    known = {"shop_id": archive.shop_id, "archive": archive}
    ArchivedOrder.objects.bulk_create(
        ArchivedOrder(order_no=row["order_no"], updated_at=row["updated_at"], **known)
        for row in orders
    )
    ArchivedTicket.objects.bulk_create(
        ArchivedTicket(ticket_no=row["ticket_no"], updated_at=row["updated_at"], **known)
        for row in tickets
    )
    for subject, numbers in (
        (PlatformSubject.ORDER, [row["order_no"] for row in orders]),
        (PlatformSubject.TICKET, [row["ticket_no"] for row in tickets]),
    ):
        PlatformFacts.objects.filter(
            shop=archive.shop_id, subject=subject, number__in=numbers
        ).delete()
    expected: Counter[str] = Counter()
    for rows in going.values():
        expected.update({table: len(found) for table, found in rows.items()})
    if parts.delete(list(going)) != dict(expected):
        # A row that nobody has seen: the transaction is undone.
        raise files.Damaged(f"rows beside the archive {archive.name}")
    return len(orders), len(tickets)
