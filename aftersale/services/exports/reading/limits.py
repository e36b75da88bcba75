"""Limits of a file, checked before anything of it is parsed (SPEC O11)."""

import re
import zipfile
import zlib
from typing import IO

from aftersale.domain.multilingual import said as _

LARGEST = 50 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 250
MOST_MEMBERS = 50
# Of a workbook: sheets, styles, pictures.
_MOST_PARTS = 500
# The members of a zip together: all of them are kept until they are read.
LARGEST_TOGETHER = 2 * LARGEST
# Unpacked: zip and xlsx are packed, and a small one may unpack to anything.
LARGEST_UNPACKED = 400 * 1024 * 1024
_MOST_RATIO = 300
_SMALL = 1024 * 1024
# Hash rounds of a workbook's password: usually 100,000; the file itself says how many.
MOST_ROUNDS = 1_000_000
# A row or cell that has content, and where it says that it stands.
_PLACE = re.compile(
    rb"""<(?:\w+:)?(?:row|c)\s[^>]*?\br=["']([A-Z]{0,3})([0-9]{1,7})["'][^>]*(?<!/)>"""
)
_CHUNK = 1024 * 1024
_LONGEST_TAG = 512
_LETTERS = 26


class WrongFile(Exception):
    """The file as a whole can't be taken; the text is for the person."""


class UnknownHead(WrongFile):
    """No layout has these columns: a person may map them."""


def check_size(size: int, *, most: int = LARGEST) -> None:
    if size > most:
        raise WrongFile(_("The file is larger than %d MB.") % (most // 1024 // 1024))


def too_many_rows() -> WrongFile:
    return WrongFile(_("The file has more than %d rows: split it.") % MOST_ROWS)


def too_many_columns() -> WrongFile:
    return WrongFile(_("The file has more than %d columns.") % MOST_COLUMNS)


def check_sheet_size(rows: int, columns: int) -> None:
    # Notes and sums stand around the rows.
    if rows > MOST_ROWS + 50:
        raise too_many_rows()
    if columns > MOST_COLUMNS:
        raise too_many_columns()


def check_packed(packed: zipfile.ZipFile) -> None:
    """Members, unpacked size and ratio of a zip file, by what it says itself."""
    parts = packed.infolist()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS:
        raise WrongFile(_("The file has too many parts."))
    if unpacked > LARGEST_UNPACKED:
        raise WrongFile(
            _("Unpacked, the file is larger than %d MB.") % (LARGEST_UNPACKED // 1024 // 1024)
        )
    if any(
        part.file_size > _SMALL and part.file_size > _MOST_RATIO * max(part.compress_size, 1)
        for part in parts
    ):
        raise WrongFile(_("The file unpacks to many times its size, which no export does."))


def check_places(packed: zipfile.ZipFile) -> None:
    """The reader makes room for all cells up to the last that has content, however far away."""
    for part in packed.infolist():
        if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
            with packed.open(part) as sheet:
                _check_sheet(sheet, part.file_size)


def _check_sheet(sheet: IO[bytes], said: int) -> None:
    kept, read = b"", 0
    try:
        while chunk := sheet.read(_CHUNK):
            read += len(chunk)
            if read > said:
                raise WrongFile(_("The Excel file is damaged."))
            text = kept + chunk
            for letters, row in _PLACE.findall(text):
                check_sheet_size(int(row), _column(letters))
            kept = text[-_LONGEST_TAG:]
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error):
        raise WrongFile(_("The Excel file is damaged.")) from None


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number
