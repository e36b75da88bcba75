"""Excel files that claim more than they hold: refused before room is made for it."""

import io
import zipfile
from datetime import datetime

import pytest
from xlsxwriter import Workbook

from aftersale.services.exports.reading import container
from aftersale.services.exports.reading.limits import WrongFile
from aftersale.services.sheets.cells import inexact
from aftersale.services.sheets.workbook import read_rows
from aftersale.services.sheets.workbook_area import WrongWorkbook

from .xls import xls

CELLS = [(0, 0, "buyer"), (0, 1, "note"), (1, 0, "b-1")]
FAR = "A sheet of the file reaches to row {}, column {}; at most 51 rows and 100 columns are read."


def xlsx(*values: object, row: int = 1) -> bytes:
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["buyer"])
        for column, value in enumerate(values):
            sheet.write(row, column, value)
    return file.getvalue()


# Its first record is too short: the library panics.
PANIC = xls(CELLS, rows=2, columns=2).replace(b"\x09\x08\x10\x00", b"\x09\x08\x01\x00", 1)


def repacked(content: bytes, old: bytes, new: bytes) -> bytes:
    """With other bytes in its sheet."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            part = before.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = part.replace(old, new)
            after.writestr(name, part)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (xls(CELLS, rows=2, columns=2), [["buyer", "note"], ["b-1", ""]]),
        # The library would make room for all texts that the file claims to have.
        (xls(CELLS, rows=2, columns=2, texts=2**31 - 1), [["buyer", "note"], ["b-1", ""]]),
        (
            xlsx("b-1", 5, 0.5, True, datetime(2026, 11, 1, 9, 0)),
            [["buyer", "", "", "", ""], ["b-1", "5", "0.5", "true", "2026-11-01 09:00"]],
        ),
    ],
)
def test_sheets_are_read(content: bytes, rows: list[list[str]]) -> None:
    assert read_rows(content, most_rows=50) == rows


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (xls(CELLS, rows=65_536, columns=256), FAR.format(65536, 256)),
        # Read by the library itself, this file ends the process.
        (xls(CELLS, rows=2**32 - 1, columns=65_535), FAR.format(2**32 - 1, 65535)),
        (xls([*CELLS, (65_535, 255, "x")], rows=2, columns=2), FAR.format(65536, 256)),
        (xlsx("x", row=1_048_575), FAR.format(1048576, 1)),
        (
            repacked(xlsx("x"), b"<sheetData>", b"<sheetData>" + b" " * 60_000_000),
            "Unpacked, the file is larger than 50 MB",
        ),
        (xls(CELLS, rows=2, columns=2)[:700], "The Excel file is damaged."),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "The Excel file is damaged."),
        (xlsx("x")[:700], "The Excel file is damaged."),
        (PANIC, "The Excel file is damaged."),
    ],
)
def test_what_a_file_claims_is_bounded(content: bytes, message: str) -> None:
    with pytest.raises(WrongWorkbook) as refused:
        read_rows(content, most_rows=50)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(("number", "text"), [("NaN", "nan"), ("inf", "inf"), ("1e999", "inf")])
def test_a_number_that_is_none_is_refused_as_its_cell(number: str, text: str) -> None:
    content = repacked(xlsx(7), b"<v>7</v>", f"<v>{number}</v>".encode())
    _heads, (cell,) = read_rows(content, most_rows=50)
    assert cell == text
    [(column, message)] = inexact([("amount", cell)])
    assert column == "amount" and f"shortened this number ({text})" in message


def test_a_panic_of_the_library_is_a_damaged_file_in_exports_too() -> None:
    with pytest.raises(WrongFile, match=r"The Excel file is damaged\."):
        for sheet in container.sheets(container.Plain("orders.xls", io.BytesIO(PANIC))):
            list(sheet.rows)
