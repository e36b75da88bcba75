"""A sheet that somebody uploads, as rows of texts; what can't be read says so in words."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from aftersale.services.sheets.write_file import FORMULA

LARGEST = 2 * 1024 * 1024
# Unpacked: an XLSX file is a zip, and a small one may unpack to anything.
_LARGEST_UNPACKED = 50 * 1024 * 1024
MOST_ROWS = 5_000
_MOST_COLUMNS = 100


class WrongSheet(Exception):
    """The file as a whole can't be taken; the text is for the person."""


class SheetRow(NamedTuple):
    """`line` counts as the spreadsheet does, its head is line 1. A column that the sheet does not
    have is not in `cells`; an empty cell is ""."""

    line: int
    cells: Mapping[str, str]


def read_sheet(name: str, content: bytes, names: Mapping[str, str]) -> list[SheetRow]:
    """The rows that are not empty; `names` says which column a head stands for, in lower case.

    Raises WrongSheet where the file is none, is too large or has a head that is not known.
    """
    if len(content) > LARGEST:
        raise WrongSheet(_("The file is larger than 2 MB."))
    if not content.strip():
        raise WrongSheet(_("The file is empty."))
    lines = _xlsx(content) if content[:2] == b"PK" else _csv(content)
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
        rows.append(SheetRow(number, dict(zip(head, filled, strict=False))))
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
        column = names.get(cell.casefold())
        if column is None:
            raise WrongSheet(
                _("The head has “%(cell)s”, which is no column here. Known are: %(columns)s")
                % {"cell": cell[:64], "columns": ", ".join(dict.fromkeys(names.values()))}
            )
        if column in head:
            raise WrongSheet(_("The head has the column “%s” twice.") % cell[:64])
        head.append(column)
    return head


def _csv(content: bytes) -> Iterable[list[str]]:
    text = _decoded(content)
    if "\0" in text:
        raise WrongSheet(_("This is no CSV or XLSX file."))
    first = text.split("\n", 1)[0]
    # What Excel writes where the comma is the decimal sign, and what is copied out of it.
    delimiter = max(",;\t", key=first.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [_unguarded(cell.strip()) for cell in row]
    except csv.Error as error:
        raise WrongSheet(_("The CSV file is damaged: %s") % error) from None


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise WrongSheet(_("The file's encoding is unknown: save it as UTF-8 or as XLSX."))


def _unguarded(cell: str) -> str:
    """Without the apostrophe that our own exports put before what looks like a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def _xlsx(content: bytes) -> Iterable[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _LARGEST_UNPACKED:
                raise WrongSheet(_("The file is larger than 2 MB."))
        # Formulas as what they came to when the file was saved.
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [
            [_cell(value) for value in row]
            for row in sheet.iter_rows(
                values_only=True, max_row=MOST_ROWS + 1_000, max_col=_MOST_COLUMNS
            )
        ]
    except WrongSheet:
        raise
    # A damaged workbook fails in any of these ways inside the parsers of zip, XML and openpyxl.
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, TypeError, OSError, SyntaxError):
        raise WrongSheet(_("The XLSX file is damaged, or has a password.")) from None
    return rows


def _cell(value: Any) -> str:
    """As a person sees it: 200 rather than 200.0, and no formats of a country."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case float():
            return f"{value:.10f}".rstrip("0")
        case datetime():
            return value.isoformat(" ", "seconds" if value.second else "minutes")
        case time():
            return f"{value:%H:%M}"
        case _:
            return str(value).strip()
