"""A sheet as a table: where its head is, which layout it has, and its rows (SPEC O11)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from aftersale.domain.multilingual import said as _
from aftersale.services.sheets.cells import InexactNumber

from . import heads
from .cells import WrongCell, check_exact, is_empty, word
from .container import Row, Sheet
from .layout import Kind, Layout
from .limits import UnknownHead
from .moment import Exported, exported

_HEAD_WITHIN = 20
_TOTAL = re.compile(r"(合计|总计|小计|总数|总和)[:：]?.*|共\s*\d+\s*(条|单|笔|行|个).*")
_NOTHING = frozenset(("暂无数据", "无数据", "没有数据"))


class Problem(NamedTuple):
    """A cell that can't be taken: the head of its column, and why."""

    head: str
    message: str
    row: int = 0


class TableRow(NamedTuple):
    """`cells`: texts by field, those that are filled. `row` counts as a spreadsheet does."""

    row: int
    cells: Mapping[str, str]
    problems: Sequence[Problem] = ()


@dataclass
class Table:
    """`rows` may be read once; `totals` counts the closing rows that were passed by so far."""

    file: str
    sheet: str
    layout: Layout
    heads: Sequence[str]
    fields: Mapping[str, Sequence[str]]
    exported: Exported
    rows: Iterator[TableRow]
    totals: int = 0
    left_out: Sequence[str] = field(default_factory=list)
    # The columns that are read, in the file's sequence: as heads are compared, and as written.
    written: Sequence[tuple[str, str]] = field(default_factory=list)


# Which layout a row of heads has, given the place of the row; None where it is no head.
Recognise = Callable[[Sequence[str], int], Layout | None]


def table_of(sheet: Sheet, *, recognise: Recognise, zone: ZoneInfo, now: datetime) -> Table | None:
    """None for a sheet that holds nothing; raises WrongFile where its head is not known."""
    first: list[list[str]] = []
    for _place, cells in zip(range(_HEAD_WITHIN), sheet.rows, strict=False):
        first.append([sheet.text(cell) for cell in cells])
    found: tuple[int, Layout] | None = None
    for place, texts in enumerate(first):
        layout = recognise(heads.of_row(texts), place)
        if layout is not None:
            found = place, layout
    if found is None:
        if not any(text for texts in first for text in texts) or _says_nothing(first):
            return None
        raise UnknownHead(
            _(
                "The file's head is not known: it is no export of orders or after-sale requests,"
                " or its columns have to be mapped by hand."
            )
        )
    place, layout = found
    names = heads.of_row(first[place])
    exported_at = exported(
        sheet.file,
        [" ".join(filter(None, texts)) for texts in first[:place]],
        sheet.saved_at,
        zone,
        now=now,
    )
    fields = {
        name: [head for head in wanted if head in names]
        for name, wanted in layout.columns.items()
        if any(head in names for head in wanted)
    }
    table = Table(sheet.file, sheet.name, layout, names, fields, exported_at, iter(()))
    used = {head for wanted in fields.values() for head in wanted}
    both = list(zip(names, first[place], strict=True))
    table.left_out = [written for head, written in both if head and head not in used]
    table.written = [(head, written) for head, written in both if head in used]
    rest: Iterator[Row] = chain(first[place + 1 :], sheet.rows)
    table.rows = _rows(table, rest, place + 2, len(first) - place - 1, sheet)
    return table


def _says_nothing(first: Sequence[Sequence[str]]) -> bool:
    filled = [text for texts in first for text in texts if text]
    return len(filled) == 1 and word(filled[0]) in _NOTHING


def _rows(
    table: Table, rows: Iterator[Row], number: int, texts: int, sheet: Sheet
) -> Iterator[TableRow]:
    places = {head: place for place, head in enumerate(table.heads) if head}
    columns = [
        (name, [(head, places[head]) for head in wanted]) for name, wanted in table.fields.items()
    ]
    key = "ticket_no" if table.layout.kind is Kind.AFTER_SALES else "order_no"
    ids = {key, "order_no", "line_key"}
    for count, row in enumerate(rows):
        cells: dict[str, str] = {}
        problems: list[Problem] = []
        width = len(row)
        for name, wanted in columns:
            for head, place in wanted:
                if place >= width:
                    continue
                value: Any = row[place]
                if value == "" or value is None:
                    continue
                text = value if count < texts else sheet.text(value)
                if not text or is_empty(text):
                    continue
                if isinstance(text, InexactNumber):
                    try:
                        check_exact(text)
                    except WrongCell as wrong:
                        problems.append(Problem(head, wrong.args[0], number + count))
                cells.setdefault(name, str(text))
        if not cells or word(cells.get(key, "")) in _NOTHING:
            continue
        if _TOTAL.fullmatch(word(cells.get(key, ""))) or not ids & cells.keys():
            table.totals += 1
            continue
        yield TableRow(number + count, cells, problems)
