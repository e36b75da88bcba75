"""The first sheet of an Excel file, XLSX or the older XLS, as rows of texts."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from .cells import value_cell

ZIP, OLE = b"PK", b"\xd0\xcf\x11\xe0"
_MOST_COLUMNS = 100
# Unpacked: an XLSX file is a zip, and a small one may unpack to anything.
_LARGEST_UNPACKED = 50 * 1024 * 1024
# A row or cell that has content, and where it says that it stands.
_PLACE = re.compile(rb'<(?:\w+:)?(?:row|c)\s[^>]*?\br="([A-Z]{0,3})([0-9]{1,7})"[^>]*(?<!/)>')
_LETTERS = 26


class WrongWorkbook(Exception):
    """The text says why it can't be read."""


def read_rows(content: bytes, *, most_rows: int) -> Iterable[list[str]]:
    """Formulas as what they came to when the file was saved; raises WrongWorkbook."""
    if content.startswith(ZIP):
        _check_size(content, most_rows)
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False, nrows=most_rows + 1)
    except PasswordError:
        raise WrongWorkbook(_("The file has a password: save it without one.")) from None
    except (CalamineError, ValueError, OSError):
        raise WrongWorkbook(_("The Excel file is damaged.")) from None
    return [[value_cell(value) for value in row] for row in rows]


def _check_size(content: bytes, most_rows: int) -> None:
    """The reader makes room for all cells up to the last one that has content, however far away."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if sum(part.file_size for part in parts) > _LARGEST_UNPACKED:
                raise WrongWorkbook(_("The file is larger than 2 MB."))
            names = [part.filename for part in parts]
            sheets = [packed.read(name) for name in names if name.startswith("xl/worksheets/")]
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error):
        raise WrongWorkbook(_("The Excel file is damaged.")) from None
    if "xl/workbook.xml" not in names:
        raise WrongWorkbook(_("This is no CSV or Excel file."))
    for sheet in sheets:
        for letters, row in _PLACE.findall(sheet):
            if int(row) > most_rows + 1:
                raise WrongWorkbook(_("The file has more than %d rows: split it.") % most_rows)
            if _column(letters) > _MOST_COLUMNS:
                raise WrongWorkbook(_("The file has more than %d columns.") % _MOST_COLUMNS)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number
