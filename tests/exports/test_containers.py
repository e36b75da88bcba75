"""Files as sheets of cells, whatever their length (SPEC O11). No database."""

import io
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from aftersale.services.exports import kept_files
from aftersale.services.exports.reading import limits, parts
from aftersale.services.exports.reading.container import Plain, sheets
from aftersale.services.exports.reading.limits import WrongFile


def workbook(*cells: tuple[int, int, Any], sheet: str = "订单 & 明细") -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("说明").write(0, 0, "首页")
        page = book.add_worksheet(sheet)
        for row, column, value in cells:
            page.write(row, column, value)
    return out.getvalue()


def rows_of(content: bytes, place: int = 1) -> list[list[Any]]:
    found = []
    for sheet in sheets(Plain("f.xlsx", io.BytesIO(content))):
        found.append([list(row) for row in sheet.rows])
    return found[place]


@pytest.fixture
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART", 1_500)
    monkeypatch.setattr(parts, "_CHUNK", 1_000)


def test_rows_above_the_first_that_is_filled_count_once():
    assert rows_of(workbook((2, 0, "单号"), (4, 1, "1"))) == [
        ["", ""],
        ["", ""],
        ["单号", ""],
        ["", ""],
        ["", "1"],
    ]


@pytest.mark.usefixtures("short_parts")
def test_a_long_sheet_is_read_in_parts_as_at_once(monkeypatch):
    """Column A is empty in some parts, a hundred rows are empty between two of them, the second
    sheet has a name that XML writes otherwise, and texts are shared and numbers are not."""
    cells = [(0, 0, "单号"), (0, 2, "金额")]
    cells += [(row, 1, f"行 {row % 7}") for row in range(1, 60)]
    cells += [(row, column, row * column) for row in range(160, 240) for column in range(3)]
    content = workbook(*cells)
    asked: list[str] = []
    cut = parts.rows_of
    monkeypatch.setattr(parts, "rows_of", lambda *given: asked.append(given[1]) or cut(*given))
    found = rows_of(content)
    assert asked == ["订单 & 明细"]
    whole = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(1)
    expected = whole.to_python(skip_empty_area=False)
    assert len(found) == len(expected) == 240
    for place, (row, wanted) in enumerate(zip(found, expected, strict=True)):
        assert row + [""] * (3 - len(row)) == wanted, place


@pytest.mark.usefixtures("short_parts")
def test_limits_hold_for_a_sheet_in_parts(monkeypatch):
    monkeypatch.setattr(limits, "MOST_ROWS", 100)
    with pytest.raises(WrongFile, match="more than 100 rows"):
        rows_of(workbook(*((row, 0, f"行 {row}") for row in range(200))))
    monkeypatch.setattr(limits, "MOST_COLUMNS", 5)
    with pytest.raises(WrongFile, match="more than 5 columns"):
        rows_of(workbook(*((row, row // 10, f"行 {row}") for row in range(100))))


@pytest.mark.django_db
def test_a_file_of_several_pieces_comes_back_whole(bring, monkeypatch):
    from aftersale.models import FileImport, ImportPiece

    monkeypatch.setattr(kept_files, "_PIECE", 10)
    content = bytes(range(25))
    brought = FileImport.objects.create(
        shop=bring.shop, created_at=bring.shop.created_at, names=["a"], digests=["b"]
    )
    kept_files.keep(brought, Plain("a.csv", io.BytesIO(content)))
    assert [len(piece.content) for piece in ImportPiece.objects.order_by("place")] == [10, 10, 5]
    (key,) = kept_files.keys(brought)
    with kept_files.kept(key) as plain:
        plain.content.seek(0)
        assert (plain.name, plain.content.read()) == ("a.csv", content)
