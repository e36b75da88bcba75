"""An import at work: read, previewed, taken in (SPEC O11).

Whatever kills it, the rows say what is left: it goes on there. One import of a shop at a time.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from aftersale.domain.multilingual import said, written
from aftersale.models import (
    IMPORT_UNDER_WAY,
    FileImport,
    ImportFile,
    ImportRow,
    ImportState,
    RowOutcome,
)
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.outages import OF_THE_DATABASE
from aftersale.services.shared.sql_arrays import numbers, texts
from config.heartbeat import beat
from config.queue import SLOW, wake

from . import line_numbers, write
from .moments import dated
from .plan import Planned
from .plan_orders import OrderPlans
from .plan_tickets import TicketPlans
from .reading.limits import UnknownHead, WrongFile
from .staging import batches, stage, tables_of

BATCH = 1_000
# The first half of the advisory lock's keys; the shop is the other.
_LOCK = 7_002
TASK = "aftersale.tasks.import_file"
_IDLE, _KEPT = timedelta(days=7), timedelta(days=30)
log = structlog.get_logger(__name__)
Told = Callable[[Sequence[Planned]], None]


@contextmanager
def alone(shop_id: int) -> Iterator[None]:
    """Ends with the process, whatever ends it. Raises Refused where another import is at work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, shop_id])
        if not cursor.fetchone()[0]:
            raise Refused(_("Another file of this shop is being taken in: wait for it."))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, shop_id])


def work(pk: int, *, clock: Callable[[], datetime]) -> None:
    """The next step of an import that waits for one; in the slow cluster."""
    brought = FileImport.objects.select_related("shop").filter(pk=pk).first()
    if brought is None:
        return
    try:
        with alone(brought.shop_id):
            brought.refresh_from_db()
            _step(brought, clock)
    except Refused:
        return  # the one at work wakes this one
    wake_waiting(shop_id=brought.shop_id)


def _step(brought: FileImport, clock: Callable[[], datetime]) -> None:
    try:
        if brought.state == ImportState.READING:
            if brought.files.exists():
                read(brought)
            preview(brought, clock=clock, told=_nobody)
        elif brought.state == ImportState.WRITING:
            take_in(brought, clock=clock, told=_nobody)
    except UnknownHead as unknown:
        _fail(brought, ImportState.MAPPING, unknown.args[0])
    except WrongFile as wrong:
        brought.files.all().delete()
        _fail(brought, ImportState.FAILED, wrong.args[0])
    except OF_THE_DATABASE:
        raise  # the sweep tries again
    except Exception as error:
        # Without its text, which may quote what a buyer wrote.
        log.error("import_failed", file_import=brought.pk, error=type(error).__name__)
        # Nothing reads it again, and what buyers' data it holds nobody could erase.
        brought.files.all().delete()
        _fail(
            brought,
            ImportState.FAILED,
            said("The program could not go on (%s).") % type(error).__name__,
        )


def _fail(brought: FileImport, state: ImportState, error: str) -> None:
    brought.state, brought.error = state, error
    brought.save(update_fields=["state", "error"])


def _nobody(planned: Sequence[Planned]) -> None:
    """A page reads how far it is."""


def wake_waiting(*, shop_id: int | None = None) -> None:
    """Wakes a worker for each import that waits for one; twice is as good as once."""
    waiting = FileImport.objects.filter(state__in=IMPORT_UNDER_WAY)
    if shop_id is not None:
        waiting = waiting.filter(shop=shop_id)
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        wake(TASK, pk, cluster=SLOW)


def forget(*, now: datetime) -> None:
    """Puts aside files not taken in after a week, and deletes what is kept after a month."""
    idle = FileImport.objects.filter(
        state__in=(ImportState.READY, ImportState.MAPPING), created_at__lt=now - _IDLE
    )
    idle.update(state=ImportState.CANCELLED)
    over = FileImport.objects.filter(created_at__lt=now - _KEPT).exclude(state__in=IMPORT_UNDER_WAY)
    for leftover in (ImportRow, ImportFile):
        leftover.objects.filter(file_import__in=over).delete()
        leftover.objects.filter(file_import__state=ImportState.CANCELLED).delete()


def read(file_import: FileImport) -> None:
    """From files to rows; raises WrongFile."""
    stage(file_import)


def preview(file_import: FileImport, *, clock: Callable[[], datetime], told: Told) -> None:
    """Says of each row what taking it in would do, and writes nothing else."""
    _go(file_import, clock=clock, told=told, writes=False)
    _state(file_import, ImportState.READY, now=clock())


def take_in(file_import: FileImport, *, clock: Callable[[], datetime], told: Told) -> None:
    """Writes what is not written yet."""
    _go(file_import, clock=clock, told=told, writes=True)
    _state(file_import, ImportState.DONE, now=clock())


def _go(
    file_import: FileImport, *, clock: Callable[[], datetime], told: Told, writes: bool
) -> None:
    tables = tables_of(file_import)
    dates = [dated(file_import, table) for table in file_import.tables]
    orders = OrderPlans(file_import, tables, dates)
    tickets = TicketPlans(file_import, tables, dates)
    left = ImportRow.objects.filter(file_import=file_import, written=False)
    FileImport.objects.filter(pk=file_import.pk).update(
        done=F("total") - (left.count() if writes else F("total")), seen_at=clock()
    )
    # Orders first: requests are about them.
    for of_order, plans in ((True, orders), (False, tickets)):
        rows = batches(file_import, of_order=of_order, size=BATCH, unwritten=writes)
        for batch in rows:
            beat()
            planned = plans.plan(batch)
            if writes:
                line_numbers.keep(file_import.shop_id, plans.numbers)
                write.save(file_import.shop, planned, now=clock())
            _keep(file_import, planned, batch, writes=writes, now=clock())
            told(planned)


def _keep(
    file_import: FileImport,
    planned: Sequence[Planned],
    batch: Sequence[ImportRow],
    *,
    writes: bool,
    now: datetime,
) -> None:
    for one in planned:
        for row in one.rows:
            before = row.outcome
            # Rows written before a kill show as unchanged now: they keep their results.
            again = writes and one.outcome == RowOutcome.UNCHANGED and before
            row.outcome = before if again else one.outcome.value
            row.note = one.notes.get(row.pk, "")
            row.written = writes
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE aftersale_importrow r
                  SET outcome = k.outcome, note = k.note, written = %s
                 FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS k (id, outcome, note)
                WHERE r.id = k.id""",
            [
                writes,
                numbers(row.pk for row in batch),
                texts(row.outcome for row in batch),
                texts(written(row.note) for row in batch),
            ],
        )
    FileImport.objects.filter(pk=file_import.pk).update(done=F("done") + len(batch), seen_at=now)


def _state(file_import: FileImport, state: ImportState, *, now: datetime) -> None:
    file_import.refresh_from_db()
    file_import.state = state
    file_import.counts = counted(file_import)
    file_import.finished_at = now if state == ImportState.DONE else None
    file_import.save(update_fields=["state", "counts", "finished_at"])


def counted(file_import: FileImport) -> dict[str, dict[str, int]]:
    """Records by kind and outcome: an order of several rows is one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT CASE WHEN of_order THEN 'order' ELSE 'ticket' END, outcome,
                      count(DISTINCT key)
                 FROM aftersale_importrow WHERE file_import_id = %s GROUP BY 1, 2""",
            [file_import.pk],
        )
        found: dict[str, dict[str, int]] = {}
        for kind, outcome, count in cursor.fetchall():
            found.setdefault(kind, Counter())[outcome] = count
    return found
