"""Rows as CSV and as XLSX. No text in them is ever taken for a formula."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import IO, cast
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

Cell = str | Decimal | datetime

# Rows that an Excel sheet can hold, its head included.
MOST_ROWS = 1_048_576
LONGEST = 32_767
BOM = "\ufeff"
# Also the wide forms, which spreadsheets in Chinese read as the narrow ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

# An apostrophe that reading would take for one that a back office has put before a number.
_KEPT_APOSTROPHE = re.compile(rf"'+[0-9{re.escape(''.join(FORMULA))}]")
_ROWS_A_PIECE = 500
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Days are counted from here, in fractions.
_DAY_0, _ONE_DAY = datetime(1899, 12, 30), timedelta(days=1)
# Places in the styles' cellXfs.
_TIME, _MONEY, _QUOTED = 1, 2, 3
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# A workbook of one sheet, with what its cells look like.
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels"'
    f' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Afterdesk" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="2" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>",
}
_SHEET_ENDS = "</sheetData></worksheet>"


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
    return f"'{cell}" if cell.startswith(FORMULA) or _KEPT_APOSTROPHE.match(cell) else cell


def xlsx(headers: list[str], rows: Iterable[list[Cell]]) -> Iterator[bytes]:
    """The pieces of the file, each as soon as there is enough of it."""
    out = _Pieces()
    with ZipFile(cast(IO[bytes], out), "w", ZIP_DEFLATED, compresslevel=1) as book:
        for name, text in _PARTS.items():
            book.writestr(name, _XML + text)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f"{_XML}{_sheet_begins(len(headers))}{_line(headers)}".encode())
            remaining = iter(rows)
            while some := list(islice(remaining, _ROWS_A_PIECE)):
                sheet.write("".join(map(_line, some)).encode())
                yield out.take()
            sheet.write(_SHEET_ENDS.encode())
    yield out.take()


class _Pieces:
    """A write-only file whose content is taken out piece by piece."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        piece = bytes(self._written)
        self._written.clear()
        return piece


def _sheet_begins(columns: int) -> str:
    """The head stays in view; columns are wide enough for a time, which is ##### otherwise."""
    return (
        f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f'</sheetView></sheetViews><cols><col min="1" max="{columns}" width="20" customWidth="1"/>'
        "</cols><sheetData>"
    )


def _line(cells: Iterable[Cell]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(value: Cell) -> str:
    """Texts stand in their cells: a table of them would have to be kept until the end."""
    if isinstance(value, Decimal):
        return f'<c s="{_MONEY}"><v>{value}</v></c>'
    if isinstance(value, datetime):
        return f'<c s="{_TIME}"><v>{(value - _DAY_0) / _ONE_DAY:.10f}</v></c>'
    if _KEPT_APOSTROPHE.match(value):
        value = f"'{value}"
    text = escape(_ILLEGAL.sub("", value)[:LONGEST]).replace("\r", "&#13;")
    style = f' s="{_QUOTED}"' if value.startswith(FORMULA) else ""
    return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{text}</t></is></c>'
