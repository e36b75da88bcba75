"""How far the sheets of an Excel file reach, found without laying them out."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

import olefile
from django.utils.translation import gettext as _

ZIP, OLE = b"PK", b"\xd0\xcf\x11\xe0"
# Unpacked: an XLSX file is a zip, and a small one may unpack to anything.
_LARGEST_UNPACKED = 50 * 1024 * 1024
# A row or cell that has content, and where it says that it stands.
_PLACE = re.compile(
    rb"""<(?:\w+:)?(?:row|c)\s[^>]*?\br=["']([A-Z]{0,3})([0-9]{1,7})["'][^>]*(?<!/)>"""
)
_LETTERS = 26
# Records of an XLS stream: how far a sheet says that it reaches, and cells with content (several
# numbers in a row end with their last column).
_DIMENSIONS, _NUMBERS = 0x0200, 0x00BD
_CELLS = {0x0006, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E, _NUMBERS}


class WrongWorkbook(Exception):
    """The text says why it can't be read."""


def require_area(content: bytes, *, most_rows: int, most_columns: int) -> None:
    """Refuses a file with a sheet that reaches further: room is made for all cells up to the last
    one, however far away."""
    try:
        places = _of_zip(content) if content.startswith(ZIP) else _of_ole(content)
        for row, column in places:
            if row > most_rows or column > most_columns:
                raise WrongWorkbook(
                    _(
                        "A sheet of the file reaches to row %(row)d, column %(column)d; at most"
                        " %(rows)d rows and %(columns)d columns are read. Delete what is further"
                        " down or right, empty rows and columns too, or split the file."
                    )
                    % {"row": row, "column": column, "rows": most_rows, "columns": most_columns}
                )
    except WrongWorkbook:
        raise
    # Libraries raise any of these on hostile files; the file is at fault each time.
    except (OSError, ValueError, LookupError, RuntimeError, struct.error, zlib.error,
            zipfile.BadZipFile) as error:  # fmt: skip
        raise damaged() from error


def damaged() -> WrongWorkbook:
    return WrongWorkbook(_("The Excel file is damaged."))


def _of_zip(content: bytes) -> Iterator[tuple[int, int]]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = packed.infolist()
        if sum(part.file_size for part in parts) > _LARGEST_UNPACKED:
            raise WrongWorkbook(
                _("Unpacked, the file is larger than 50 MB: copy the rows into a new one.")
            )
        names = [part.filename for part in parts]
        if "xl/workbook.xml" not in names:
            raise WrongWorkbook(_("This is no CSV or Excel file."))
        for name in names:
            if name.startswith("xl/worksheets/"):
                for letters, row in _PLACE.findall(packed.read(name)):
                    yield int(row), _column(letters or b"A")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number


def _of_ole(content: bytes) -> Iterator[tuple[int, int]]:
    """Yields nothing for a file that is no sheet, such as a package with a password."""
    with olefile.OleFileIO(io.BytesIO(content)) as packed:
        for name in ("Workbook", "Book"):
            if packed.exists(name):
                yield from _of_records(packed.openstream(name).read())


def _of_records(stream: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        at += 4
        if kind == _DIMENSIONS:
            # Since Excel 97 rows have four bytes.
            form = "<4xI2xH" if length >= 14 else "<2xH2xH"
            yield struct.unpack_from(form, stream, at)
        elif kind in _CELLS:
            row, column = struct.unpack_from("<HH", stream, at)
            if kind == _NUMBERS:
                (column,) = struct.unpack_from("<H", stream, at + length - 2)
            yield row + 1, column + 1
        at += length
