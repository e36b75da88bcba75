"""An uploaded sheet as rows of texts; an unreadable one is refused in plain words."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from aftersale.domain.identifiers import clean_identifier, show_invisible
from aftersale.records.errors import FieldError

from .cells import inexact, text_cell
from .workbook import read_rows
from .workbook_area import OLE, ZIP, WrongWorkbook

LARGEST = 2 * 1024 * 1024
MOST_ROWS = 5_000
_MOST_COLUMNS = 100


class WrongSheet(Exception):
    """The file as a whole can't be taken; the text is for the person."""


class SheetRow(NamedTuple):
    """`line` counts as the spreadsheet does, its head is line 1. A column that the sheet does not
    have is not in `cells`; an empty cell is "". A row with `errors` can't be written."""

    line: int
    cells: Mapping[str, str]
    errors: Sequence[FieldError] = ()


def read_sheet(name: str, content: bytes, names: Mapping[str, str]) -> list[SheetRow]:
    """The rows that are not empty; `names` maps heads, in lower case, to columns.

    Raises WrongSheet for a file that is no sheet, is too large or has an unknown head.
    """
    if len(content) > LARGEST:
        raise WrongSheet(_("The file is larger than 2 MB."))
    if not content.strip():
        raise WrongSheet(_("The file is empty."))
    lines = _workbook(content) if content.startswith((ZIP, OLE)) else _csv(content)
    head: list[str] | None = None
    rows = []
    for number, cells in enumerate(lines, start=1):
        if not any(cells):
            continue
        if head is None:
            head = _head(cells, names)
            continue
        if any(cells[len(head) :]):
            raise WrongSheet(_("Line %d has more cells than the head.") % number)
        filled = [*cells, *[""] * (len(head) - len(cells))]
        named = dict(zip(head, filled, strict=False))
        errors = [FieldError(column, message) for column, message in inexact(named.items())]
        rows.append(SheetRow(number, named, errors))
        if len(rows) > MOST_ROWS:
            raise WrongSheet(_("The file has more than %d rows: split it.") % MOST_ROWS)
    if head is None:
        raise WrongSheet(_("The file is empty."))
    if not rows:
        raise WrongSheet(_("Below its head the file has no rows."))
    return rows


def _head(cells: Sequence[str], names: Mapping[str, str]) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    head = []
    for cell in cells[:_MOST_COLUMNS]:
        column = names.get(clean_identifier(cell).casefold())
        if column is None:
            raise WrongSheet(
                _("The head has “%(cell)s”, which is no column here. Known are: %(columns)s")
                % {
                    "cell": show_invisible(cell),
                    "columns": ", ".join(dict.fromkeys(names.values())),
                }
            )
        if column in head:
            raise WrongSheet(_("The head has the column “%s” twice.") % show_invisible(cell))
        head.append(column)
    return head


def _workbook(content: bytes) -> Iterable[list[str]]:
    try:
        return read_rows(content, most_rows=MOST_ROWS + 1_000)
    except WrongWorkbook as wrong:
        raise WrongSheet(str(wrong)) from None


def _csv(content: bytes) -> Iterable[list[str]]:
    text = _decoded(content)
    if "\0" in text:
        raise WrongSheet(_("This is no CSV or Excel file."))
    first = text.split("\n", 1)[0]
    # The separators of Excel where the comma is the decimal sign, and of cells copied from it.
    delimiter = max(",;\t", key=first.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [text_cell(cell) for cell in row]
    except csv.Error as error:
        raise WrongSheet(_("The CSV file is damaged: %s") % error) from None


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise WrongSheet(_("The file's encoding is unknown: save it as UTF-8 or as XLSX."))
