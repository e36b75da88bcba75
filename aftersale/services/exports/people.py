"""Steps of people on brought files (SPEC O11, P1): bring, map, date, take in, put aside."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aftersale.domain.multilingual import said
from aftersale.models import AuditKind, FileImport, ImportRow, ImportState, RowOutcome, Shop
from aftersale.services.access.rights import Right, require, scoped, shops_of
from aftersale.services.shared import locks, trail
from aftersale.services.shared.errors import NotFound, Refused, Stale
from aftersale.signals import shop_changed
from config.queue import SLOW, wake

from . import kept_files
from .bring import bring
from .mapping import checked, remember
from .reading.container import sheets
from .reading.heads import of_row
from .run import TASK

# Rows of a file that a person maps the columns of.
SAMPLES = 20
_VALUES_SHOWN = 5


def of(user: User) -> QuerySet[FileImport]:
    return scoped(FileImport.objects.select_related("shop", "created_by"), user)


def one(*, pk: int, user: User) -> FileImport:
    found = of(user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such file."))
    return found


def bring_files(
    *,
    shop_id: int,
    files: Sequence[tuple[str, IO[bytes]]],
    password: str,
    user: User,
    now: datetime,
) -> FileImport:
    """Keeps files and has them read."""
    shop = shops_of(user).filter(pk=shop_id).first()
    if shop is None:
        raise NotFound(_("There is no such shop."))
    require(user, shop_id, Right.BRING_FILES)
    with transaction.atomic():
        brought = bring(shop=shop, files=files, user=user, now=now, password=password)
        wake(TASK, brought.pk, cluster=SLOW)
    return brought


def take_in(*, pk: int, user: User, now: datetime) -> None:
    """Has the rows written that can be."""
    _move(pk, user, now, ImportState.WRITING, from_=[ImportState.READY])


def put_aside(*, pk: int, user: User, now: datetime) -> None:
    """Nothing of it is taken in; nothing of it is kept."""
    open_states = [ImportState.READY, ImportState.MAPPING, ImportState.FAILED]
    with transaction.atomic():
        found = _move(pk, user, now, ImportState.CANCELLED, from_=open_states)
        found.files.all().delete()
        found.rows.all().delete()


def set_moment(*, pk: int, exported_at: datetime | None, user: User, now: datetime) -> None:
    """The person says when the file was exported; what its rows would do is worked out anew."""
    if exported_at is not None and exported_at > now:
        raise Refused(_("The moment of the export has not come yet."), pointer="exported_at")
    with transaction.atomic():
        found = _move(pk, user, now, ImportState.READING, from_=[ImportState.READY])
        found.exported_at = exported_at
        found.save(update_fields=["exported_at"])


def set_mapping(*, pk: int, content: Any, user: User, now: datetime) -> None:
    """The person says what the columns mean: remembered for the shop, and the file is read."""
    with transaction.atomic():
        found = _move(pk, user, now, ImportState.READING, from_=[ImportState.MAPPING])
        kept = remember(shop_id=found.shop_id, content=checked(content), user=user, now=now)
        found.mapping, found.kind, found.error = kept, kept["kind"], ""
        found.save(update_fields=["mapping", "kind", "error"])


def _move(
    pk: int, user: User, now: datetime, to: ImportState, *, from_: Sequence[ImportState]
) -> FileImport:
    found = one(pk=pk, user=user)
    require(user, found.shop_id, Right.BRING_FILES)
    with transaction.atomic():
        waiting = FileImport.objects.filter(pk=pk, state__in=from_)
        if not waiting.update(state=to, seen_at=now, done=0):
            raise Stale(_("Somebody else has gone on with this file. Look at it again."))
        if to in (ImportState.READING, ImportState.WRITING):
            wake(TASK, pk, cluster=SLOW)
    found.refresh_from_db()
    return found


def first_rows(brought: FileImport) -> list[list[str]]:
    """The beginning of the first sheet, as it is, for whoever maps its columns."""
    for pk in kept_files.keys(brought):
        with kept_files.kept(pk) as plain:
            for sheet in sheets(plain):
                rows = zip(range(SAMPLES), sheet.rows, strict=False)
                return [[sheet.text(cell) for cell in cells] for _place, cells in rows]
    return []


def heads_of(rows: Sequence[Sequence[str]], head_row: int) -> list[tuple[str, str, list[str]]]:
    """Each column of a head: as it is compared, as it is written, and the first values below."""
    if not 1 <= head_row <= len(rows):
        return []
    head, below = rows[head_row - 1], rows[head_row : head_row + _VALUES_SHOWN]
    return [
        (name, head[place], [row[place] for row in below if place < len(row) and row[place]])
        for place, name in enumerate(of_row(head))
        if name
    ]


def reason(row: ImportRow) -> str:
    """Why it is refused, or a note on it; an order is taken in whole or not at all."""
    if row.note or row.outcome != RowOutcome.REFUSED:
        return str(row.note)
    return _("not taken in because of another row of the same order")


def refused_rows(brought: FileImport) -> tuple[list[str], Iterator[list[str]]]:
    """The rows that were not taken, as a file to mend and bring again: what is wrong with each,
    then its columns under their own heads. Cells that are not read were never kept."""
    # As heads are compared, each as it is written: in the file's sequence, the others behind.
    heads: dict[str, str] = {}
    for table in brought.tables:
        heads |= {head: written for head, written in table.get("written", ()) if head not in heads}
    for table in brought.tables:
        for wanted in [*table["fields"].values(), table["marks"]]:
            heads |= {head: head for head in wanted if head not in heads}

    def rows() -> Iterator[list[str]]:
        found = ImportRow.objects.filter(file_import=brought, outcome=RowOutcome.REFUSED)
        for row in found.order_by("table", "row").iterator(1_000):
            fields = brought.tables[row.table]["fields"]
            by_head = {
                wanted[0]: row.cells.get(name, "") for name, wanted in reversed(fields.items())
            }
            yield [reason(row), *(by_head.get(head, "") for head in heads)]

    return [_("Error"), *heads.values()], rows()


def set_approves_exports(*, shop_id: int, on: bool, user: User, now: datetime) -> None:
    """An owner has fresh exports decided without a person, or not any more (SPEC O11)."""
    require(user, shop_id, Right.CHANGE_SHOP)
    with transaction.atomic():
        shop: Shop = locks.lock_shop(shop_id)
        if shop.approves_exports == on:
            return
        shop.approves_exports = on
        shop.save(update_fields=["approves_exports"])
        note = (
            said("Fresh exports are decided automatically.")
            if on
            else said("Exports are decided as suggestions only.")
        )
        trail.record(AuditKind.CHANGED, shop_id=shop_id, user=user, now=now, note=note)
        shop_changed.send(Shop, shop_id=shop_id, user=user, now=now)
