"""Texts of buyers never become formulas in a spreadsheet, and come back as they were (SPEC O9)."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersale.services.sheets.cells import text_cell
from aftersale.services.sheets.write_file import csv_lines


def written(text: str) -> str:
    return list(csv_lines(["note"], [[text]]))[1].removesuffix("\r\n")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("late;=1+1", "late;'=1+1"),
        ("late;'=1+1", "late;''=1+1"),
        ("a;+1;@b;c", "a;'+1;'@b;c"),
        ("＝1;＝2", "'＝1;'＝2"),
        ("red; large", "red; large"),
    ],
)
def test_no_formula_behind_a_semicolon_either(text: str, cell: str) -> None:
    assert written(text) == cell
    assert text_cell(cell) == text


@given(st.text(alphabet="a;'\"=-1 ", max_size=12))
def test_what_was_written_is_read(text: str) -> None:
    """Where cells are separated by commas, as we write them, and by semicolons."""
    line = written(text)
    (cells,) = csv.reader([line])
    if not text.strip().startswith('="') and text == text.strip():
        assert text_cell("".join(cells)) == text
    for cell in next(csv.reader([line], delimiter=";"), []):
        assert not cell.startswith(("=", "-"))
