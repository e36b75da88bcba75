"""A small Excel file may claim much: it is read in a process of its own, within limits."""

import io
import zipfile

import pytest
from xlsxwriter import Workbook

from aftersale.services.sheets import parse_workbook, workbook
from aftersale.services.sheets.workbook_area import WrongWorkbook

STRINGS = 1_900_000


@pytest.fixture(scope="module")
def content() -> bytes:
    """121 kB with 1.9 million texts, one of which is in a cell: a server was busy for 60 s."""
    whole, file = io.BytesIO(), io.BytesIO()
    with Workbook(whole, {"in_memory": True}) as book:
        book.add_worksheet().write(0, 0, "buyer")
    with (
        zipfile.ZipFile(whole) as before,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as after,
    ):
        for name in before.namelist():
            part = before.read(name)
            if name == "xl/sharedStrings.xml":
                part = part.replace(b"</sst>", b"<si><t/></si>" * STRINGS + b"</sst>")
            after.writestr(name, part)
    return file.getvalue()


def test_texts_that_no_cell_has_cost_little(content: bytes) -> None:
    assert len(content) < 130_000
    assert workbook.read_rows(content, most_rows=50) == [["buyer"]]


def test_what_takes_too_long_is_a_damaged_file(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parse_workbook, "MOST_SECONDS", 0.01)
    with pytest.raises(WrongWorkbook, match="damaged"):
        workbook.read_rows(content, most_rows=50)
