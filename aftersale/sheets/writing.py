"""Rows as CSV and as XLSX. No text in them is ever taken for a formula."""

import csv
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

Cell = str | Decimal | datetime

# What a sheet of Excel holds, its head included.
MOST_ROWS = 1_048_576
LONGEST = 32_767
BOM = "\ufeff"
# Also the wide forms, which spreadsheets in Chinese read as the narrow ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    """csv writes into a file; this one hands back what was written."""

    def write(self, text: str) -> str:
        return text


def csv_lines(headers: list[str], rows: Iterable[list[Cell]]) -> Iterator[str]:
    """With a byte order mark: Excel takes it for another encoding otherwise."""
    writer = csv.writer(_Echo())
    yield BOM + writer.writerow(headers)
    for row in rows:
        yield writer.writerow([_text(cell) for cell in row])


def _text(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:.2f}"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def xlsx(headers: list[str], rows: Iterable[list[Cell]]) -> IO[bytes]:
    """A temporary file, to be read from its start; rows go to it one by one."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Afterdesk")
    sheet.freeze_panes = "A2"
    sheet.append(headers)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever sends it closes it)
    book.save(file)
    file.seek(0)
    return file


def _cell(sheet: object, value: Cell) -> object:
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST]
    if not text.startswith(FORMULA):
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell
