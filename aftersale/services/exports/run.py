"""An import at work: read, previewed, taken in (SPEC O11).

Whatever kills it, the rows say what is left: it goes on there. One import of a shop at a time.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from aftersale.models import FileImport, ImportRow, ImportState, RowOutcome
from aftersale.services.shared.errors import Refused

from . import line_numbers, write
from .moments import dated
from .plan import Planned
from .plan_orders import OrderPlans
from .plan_tickets import TicketPlans
from .staging import batches, stage, tables_of

BATCH = 1_000
# The first half of the advisory lock's keys; the shop is the other.
_LOCK = 7_002
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
            # What was written before a kill shows as unchanged now: it stays what it was.
            again = writes and one.outcome == RowOutcome.UNCHANGED and before
            row.outcome = before if again else one.outcome.value
            row.note = one.notes.get(row.pk, "")
            row.written = writes
    ImportRow.objects.bulk_update(batch, ["outcome", "note", "written"], batch_size=500)
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
