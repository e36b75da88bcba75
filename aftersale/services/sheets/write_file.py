"""Rows as CSV and as XLSX. No text in them is ever taken for a formula (SPEC O9)."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Cell = str | Decimal | datetime

# Limits of Excel: rows of a sheet with its head, and UTF-16 units of a cell's text.
MOST_ROWS = 1_048_576
LONGEST = 32_767
BOM = "\ufeff"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The content type of a workbook."""
# Also the wide forms, which spreadsheets in Chinese read as the narrow ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_SIGNS = re.escape("".join(FORMULA))
# An apostrophe that reading would take for a back office's mark before a number.
_KEPT_APOSTROPHE = re.compile(rf"'+[0-9{_SIGNS}]")
# Spreadsheets that separate cells by semicolons would find a formula behind one.
_BEHIND_SEMICOLON = re.compile(rf";(?=[\"']*[{_SIGNS}])")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A number of a spreadsheet has 15 digits; it rounds longer ones without a word.
_MOST_DIGITS = 15
_PIECE = 64 * 1024


class _Echo:
    """A file for csv that returns each written line."""

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
    text = _BEHIND_SEMICOLON.sub(";'", cell)
    return f"'{text}" if text.startswith(FORMULA) or _KEPT_APOSTROPHE.match(text) else text


def xlsx(headers: list[str], rows: Iterable[list[Cell]]) -> Iterator[bytes]:
    """The file in pieces, the first one after the last row: a zip's directory needs all sizes.

    Rows go to a temporary file one by one, so memory stays flat. Whatever ends the writing, the
    temporary files go with it.
    """
    with TemporaryDirectory(prefix="afterdesk-") as folder:
        path = Path(folder) / "sheet.xlsx"
        book = Workbook(str(path), {"constant_memory": True, "tmpdir": folder})
        book.use_zip64()  # a million wide rows are more than 4 GB before they are packed
        _write_sheet(book, headers, rows)
        book.close()
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def _write_sheet(book: Workbook, headers: list[str], rows: Iterable[list[Cell]]) -> None:
    """The head stays in view; columns are wide enough for a time, which is ##### otherwise."""
    sheet = book.add_worksheet("Afterdesk")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(headers) - 1, 20)
    time = book.add_format({"num_format": "yyyy\\-mm\\-dd hh:mm:ss"})
    money = book.add_format({"num_format": "0.00"})
    quoted = book.add_format({"num_format": "@", "quote_prefix": True})
    for column, header in enumerate(headers):
        _write_text(sheet, 0, column, header, quoted)
    for row, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells):
            if isinstance(cell, datetime):
                sheet.write_datetime(row, column, cell, time)
            elif isinstance(cell, str):
                _write_text(sheet, row, column, cell, quoted)
            elif len(cell.as_tuple().digits) > _MOST_DIGITS:
                sheet.write_string(row, column, f"{cell:.2f}")
            else:
                sheet.write_number(row, column, cell, money)


def _write_text(sheet: Worksheet, row: int, column: int, text: str, quoted: Format) -> None:
    """Shown as typed after an apostrophe if it looks like a formula."""
    if _KEPT_APOSTROPHE.match(text):
        text = f"'{text}"
    text = _ILLEGAL.sub("", text)
    if 2 * len(text) > LONGEST:
        text = text.encode("utf-16-le")[: 2 * LONGEST].decode("utf-16-le", "ignore")
    if text.startswith("<r>") and text.endswith("</r>"):
        # The library would take it for XML of its own. Two pieces are escaped; it spoils a "\r".
        sheet.write_rich_string(row, column, "<", "r", text[2:].replace("\r", ""))
        return
    sheet.write_string(row, column, text, quoted if text.startswith(FORMULA) else None)
