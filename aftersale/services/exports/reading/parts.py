"""A long sheet of an xlsx file, some of its rows at a time (SPEC O11).

The library that reads workbooks holds all cells of a sheet: about 70 bytes each, 400 MB for 100,000
rows of 60 columns. It is given a copy of the workbook that has the sheet's first rows only, then
the same with the next ones; the texts that all cells share it holds whole each time.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from itertools import chain
from tempfile import NamedTemporaryFile
from typing import IO, Any
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook

from .limits import check_sheet_size

PART = 8 * 1024 * 1024
"""Bytes of a sheet that are read at once: some 4,000 rows of 60 columns."""
_CHUNK = 1024 * 1024
_LARGEST_INDEX = 1024 * 1024
_BEGIN = re.compile(rb"<((?:\w+:)?)sheetData\s*>")
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_NUMBERED = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br=["'][0-9]""")
_RELATIONS = "xl/_rels/workbook.xml.rels"


def long_sheets(packed: zipfile.ZipFile) -> dict[str, str]:
    """The sheets that are too long to be read at once, by title: their parts of the zip file.

    One that can't be cut into parts is left out, and read as a whole.
    """
    long = {
        part.filename
        for part in packed.infolist()
        if part.filename.startswith("xl/worksheets/") and part.file_size > PART
    }
    if not long:
        return {}
    return {
        title: name
        for title, name in _titles(packed).items()
        if name in long and _can_be_cut(packed, name)
    }


def _titles(packed: zipfile.ZipFile) -> dict[str, str]:
    """Where each sheet is; nothing for a workbook that says it in some other way."""
    try:
        parts = [packed.getinfo(_RELATIONS), packed.getinfo("xl/workbook.xml")]
        if any(part.file_size > _LARGEST_INDEX for part in parts):
            return {}
        # Expat itself refuses what would unpack to many times its size.
        links, workbook = (ElementTree.fromstring(packed.read(part)) for part in parts)  # noqa: S314
    except (KeyError, ElementTree.ParseError):
        return {}
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    found = {}
    for sheet in workbook.iter():
        if sheet.tag.rpartition("}")[2] == "sheet":
            number = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), None)
            target = targets.get(number, "")
            path = target[1:] if target.startswith("/") else f"xl/{target}"
            found[sheet.get("name", "")] = path
    return found


def _can_be_cut(packed: zipfile.ZipFile, name: str) -> bool:
    """Rows and cells have to say their numbers: else a part would begin at the first row again."""
    with packed.open(name) as sheet:
        beginning = sheet.read(_CHUNK)
    begin = _BEGIN.search(beginning)
    return begin is not None and _NUMBERED.search(beginning, begin.end()) is not None


def rows_of(packed: zipfile.ZipFile, title: str, long: Mapping[str, str]) -> Iterator[list[Any]]:
    """All rows of a long sheet, from the first, empty ones too; each begins at column A."""
    with NamedTemporaryFile(suffix=".xlsx") as file:
        directory = _all_but_sheets(packed, file)
        next_row = 0
        for xml in _cut(packed, long[title]):
            with zipfile.ZipFile(file, "a") as part:
                part.writestr(long[title], xml)
            file.flush()
            sheet = CalamineWorkbook.from_path(file.name).get_sheet_by_name(title)
            first, left = sheet.start or (next_row, 0)
            if first < next_row:
                raise ValueError("rows out of order")
            check_sheet_size(sheet.total_height, sheet.total_width)
            empty: Iterator[list[Any]] = ([] for _row in range(first - next_row))
            rows = sheet.to_python(skip_empty_area=True)
            yield from chain(empty, ([""] * left + row for row in rows))
            next_row = first + len(rows)
            del sheet, rows  # before the next ones are read
            file.seek(directory[0])
            file.truncate()
            file.write(directory[1])


def _all_but_sheets(packed: zipfile.ZipFile, file: IO[bytes]) -> tuple[int, bytes]:
    """Copies the other parts; returns where the zip's list of contents is, and the list."""
    with zipfile.ZipFile(file, "w") as copy:
        for part in packed.infolist():
            if not part.filename.startswith(("xl/worksheets/", "xl/media/")):
                with packed.open(part) as old, copy.open(part.filename, "w") as new:
                    while chunk := old.read(_CHUNK):
                        new.write(chunk)
        at = copy.fp.tell() if copy.fp else 0
    file.seek(at)
    return at, file.read()


def _cut(packed: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The sheet as several with some of its rows, each with what stands above its rows."""
    with packed.open(name) as sheet:
        kept = sheet.read(_CHUNK)
        begin = _BEGIN.search(kept)
        if begin is None:
            raise ValueError("no rows")
        head, kept = kept[: begin.end()], kept[begin.end() :]
        prefix = begin[1]
        tail = b"</%bsheetData></%bworksheet>" % (prefix, prefix)
        while chunk := sheet.read(PART):
            # The last row of what was read goes on in the next part.
            ends = [match.end() for match in _ROW_END.finditer(chunk)]
            if ends:
                yield b"".join((head, kept, chunk[: ends[-1]], tail))
                kept = chunk[ends[-1] :]
            else:
                kept += chunk
        yield head + kept
