"""Rows of files, kept one by one until they are taken in: only the columns that are read.

Memory stays flat however long a file is, a run that was killed goes on where it was, and nothing
personal that no column asks for is ever kept (SPEC O11).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F, JSONField, Value
from django.db.models.expressions import CombinedExpression

from aftersale.domain.multilingual import read as read_said
from aftersale.domain.multilingual import written
from aftersale.models import FileImport, ImportRow
from aftersale.services.buyers.erased import stand_ins
from aftersale.services.shared import locks
from config.heartbeat import beat

from . import kept_files
from .mapping import fits, layout_of, remembered
from .reading import cells
from .reading.container import sheets
from .reading.layout import Kind, Layout
from .reading.layouts import recognised
from .reading.moment import UNKNOWN
from .reading.tables import Problem, Recognise, Table, TableRow, table_of

_LONGEST_KEY = 64
# In `cells`, beside the fields: what was wrong before any of it could be read.
_PROBLEMS = "!"
_COPY = "COPY aftersale_importrow (file_import_id, {}) FROM STDIN"
_BEAT_ROWS = 1_000
_COLUMNS = ('"table"', '"row"', "of_order", "key", "cells", "outcome", "note", "written")


def stage(file_import: FileImport) -> None:
    """Reads all files of an import into rows; raises WrongFile. In one transaction."""
    zone = ZoneInfo(file_import.shop.timezone)
    recognise = _recognise(file_import)
    tables: list[dict[str, Any]] = []
    total = 0
    with transaction.atomic():
        ImportRow.objects.filter(file_import=file_import).delete()
        for pk in kept_files.keys(file_import):
            with kept_files.kept(pk) as plain:
                for sheet in sheets(plain):
                    beat()
                    table = table_of(
                        sheet, recognise=recognise, zone=zone, now=file_import.created_at
                    )
                    if table is None:
                        continue
                    rows = _copy(file_import.pk, len(tables), table)
                    tables.append(_described(table, rows))
                    total += rows
        _keep_erased(file_import)
        file_import.tables, file_import.total, file_import.done = tables, total, 0
        file_import.save(update_fields=["tables", "total", "done"])
        file_import.files.all().delete()


def _recognise(file_import: FileImport) -> Recognise:
    """Tries a person's mapping of this file, then the shop's earlier ones, then known layouts."""
    platform = file_import.shop.platform
    kind = Kind(file_import.kind) if file_import.kind else None
    known = remembered(file_import.shop_id)

    def recognise(names: Sequence[str], place: int) -> Layout | None:
        there = set(names)
        mappings = [file_import.mapping] if file_import.mapping else known
        for kept in mappings:
            if fits(kept, there) and kept["head_row"] in (0, place + 1):
                return layout_of(kept, platform=platform)
        return None if file_import.mapping else recognised(names, platform=platform, kind=kind)

    return recognise


def _copy(import_pk: int, place: int, table: Table) -> int:
    of_order = table.layout.kind is not Kind.AFTER_SALES
    name = "order_no" if of_order else "ticket_no"
    count = 0
    with connection.cursor() as cursor, cursor.copy(_COPY.format(", ".join(_COLUMNS))) as copy:
        for row in table.rows:
            count += 1
            if count % _BEAT_ROWS == 0:
                beat()
            number = cells.number(row.cells.get(name, ""))
            # Rows without a number, or with one that is none, are answered for one by one.
            wrong = any(problem.head in table.fields[name] for problem in row.problems)
            right = 0 < len(number) <= _LONGEST_KEY and not wrong
            key = number if right else f"?{place}:{row.row}"
            kept: dict[str, Any] = {
                name: text.replace("\0", "") for name, text in row.cells.items()
            }
            if row.problems:
                kept[_PROBLEMS] = [[head, written(said)] for head, said, _row in row.problems]
            copy.write_row(
                (import_pk, place, row.row, of_order, key, json.dumps(kept), "", "", False)
            )
    return count


def _keep_erased(file_import: FileImport) -> None:
    """Erased buyers whom a file names again stay erased (SPEC P7)."""
    shop_pk = file_import.shop_id
    locks.lock_arrivals([shop_pk], shared=True)
    rows = ImportRow.objects.filter(file_import=file_import)
    named = rows.order_by().values_list("cells__buyer", flat=True).distinct()
    read = {text: cells.number(text) for text in named if text}
    found = stand_ins((shop_pk, buyer) for buyer in read.values())
    for text, buyer in read.items() if found else ():
        if (shop_pk, buyer) in found:
            named_so = Value({"buyer": found[shop_pk, buyer]}, JSONField())
            rows.filter(cells__buyer=text).update(
                cells=CombinedExpression(F("cells"), "||", named_so)
            )


def _described(table: Table, rows: int) -> dict[str, Any]:
    layout = table.layout
    return {
        "file": table.file,
        "sheet": table.sheet,
        "layout": layout.code,
        "platform": layout.platform,
        "kind": layout.kind.value,
        "mapping": layout.mapping,
        "revision": layout.revision,
        "fields": {name: list(heads) for name, heads in table.fields.items()},
        "marks": list(layout.marks),
        "at": table.exported.at.isoformat() if table.exported.at else None,
        "source": table.exported.source.value,
        "rows": rows,
        "totals": table.totals,
        "left_out": list(table.left_out),
        "written": [list(both) for both in table.written],
    }


def tables_of(file_import: FileImport) -> list[Table]:
    """The tables of an import as they were recognised, without their rows."""
    found = []
    for kept in file_import.tables:
        layout = layout_of(kept["mapping"] or kept["layout"], platform=kept["platform"])
        found.append(
            Table(kept["file"], kept["sheet"], layout, (), kept["fields"], UNKNOWN, iter(()))
        )
    return found


def table_row(row: ImportRow) -> TableRow:
    kept: Mapping[str, Any] = row.cells
    if _PROBLEMS not in kept:
        return TableRow(row.row, kept)
    wrong: Sequence[Any] = kept[_PROBLEMS]
    problems = [Problem(head, read_said(said), row.row) for head, said in wrong]
    texts = {name: text for name, text in kept.items() if name != _PROBLEMS}
    return TableRow(row.row, texts, problems)


def batches(
    file_import: FileImport, *, of_order: bool, size: int, unwritten: bool
) -> Iterator[list[ImportRow]]:
    """All rows of `size` numbers at a time, in the order of the numbers."""
    rows = ImportRow.objects.filter(file_import=file_import, of_order=of_order)
    if unwritten:
        rows = rows.filter(written=False)
    last = ""
    while True:
        keys = list(
            rows.filter(key__gt=last)
            .order_by("key")
            .values_list("key", flat=True)
            .distinct()[:size]
        )
        if not keys:
            return
        yield list(rows.filter(key__gt=last, key__lte=keys[-1]).order_by("key", "table", "row"))
        last = keys[-1]
