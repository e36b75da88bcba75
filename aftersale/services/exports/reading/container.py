"""A file as sheets of cells: xlsx, xls, csv in UTF-8 or GBK, a zip of these (SPEC O11)."""

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from aftersale.domain.multilingual import said as _
from aftersale.services.sheets.cells import text_cell, value_cell
from aftersale.services.sheets.workbook_area import OLE, ZIP, WrongWorkbook, require_area

from . import limits, passwords
from .limits import WrongFile

Row = Sequence[Any]
_CONTENT_TYPES = "[Content_Types].xml"
_MODIFIED = re.compile(rb"<dcterms:modified[^>]*>([^<]{10,40})</dcterms:modified>")
# The lines among which the separator is looked for: notes may stand above the head.
_FIRST_LINES = 20
_BEGINNING = 256 * 1024
_PROPERTIES = 64 * 1024


class Plain(NamedTuple):
    """A file without password or zip around it. `saved_at` is when it says that it was written, in
    its own time zone or none."""

    name: str
    content: bytes
    saved_at: datetime | None = None


class Sheet(NamedTuple):
    """`rows` may be read once; a cell is turned into text by `text`."""

    file: str
    name: str
    rows: Iterator[Row]
    text: Callable[[Any], str]
    saved_at: datetime | None


def opened(name: str, content: bytes, *, password: str = "") -> list[Plain]:
    """The files that a file holds: itself, or the members of a zip. Raises WrongFile."""
    limits.check_size(len(content))
    if not content.strip():
        raise WrongFile(_("The file is empty."))
    if content.startswith(OLE) and passwords.is_encrypted(content):
        content = passwords.decrypted(content, name=name, given=password)
    if not content.startswith(ZIP):
        return [Plain(name, content)]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            limits.check_packed(packed)
            if _CONTENT_TYPES not in packed.namelist():
                return list(_members(name, packed, password))
            limits.check_places(packed)
            return [Plain(name, content, _modified(packed))]
    except (zipfile.BadZipFile, OSError, NotImplementedError, zlib.error):
        raise WrongFile(_("The zip file is damaged, or packed in a way not known here.")) from None


def sheets(plain: Plain) -> Iterator[Sheet]:
    """Raises WrongFile, also while rows are read."""
    if plain.content.startswith((ZIP, OLE)):
        return _workbook(plain)
    return _csv(plain)


def _members(name: str, packed: zipfile.ZipFile, password: str) -> Iterator[Plain]:
    members = [part for part in packed.infolist() if _is_export(part)]
    if not members:
        raise WrongFile(_("The zip file holds no export: no xlsx, xls or csv."))
    if len(members) > limits.MOST_MEMBERS:
        raise WrongFile(_("The zip file holds more than %d files.") % limits.MOST_MEMBERS)
    together = sum(part.file_size for part in members)
    limits.check_size(together, most=limits.LARGEST_TOGETHER)
    for part in members:
        inside = f"{name}/{PurePosixPath(_member_name(part)).name}"
        content = _unpacked(name, packed, part, password)
        if content.startswith(ZIP) and _is_zip(content):
            raise WrongFile(_("%s is a zip file within a zip file.") % inside)
        saved_at = datetime(*part.date_time)
        for plain in opened(inside, content, password=password):
            yield plain._replace(saved_at=saved_at)


def _is_zip(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return _CONTENT_TYPES not in packed.namelist()


def _is_export(part: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(_member_name(part))
    hidden = path.name.startswith(("~$", ".")) or "__MACOSX" in path.parts
    return not part.is_dir() and not hidden and path.suffix.lower() in (".xlsx", ".xls", ".csv")


def _member_name(part: zipfile.ZipInfo) -> str:
    """Chinese programs write names in GBK and say nothing of it."""
    if part.flag_bits & 0x800:
        return part.filename
    try:
        return part.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return part.filename


def _unpacked(name: str, packed: zipfile.ZipFile, part: zipfile.ZipInfo, password: str) -> bytes:
    limits.check_size(part.file_size)
    words: list[str | None] = [None]
    if part.flag_bits & 1:
        words = list(passwords.to_try(name, password))
    for word in words:
        try:
            with packed.open(part, pwd=word.encode() if word else None) as member:
                content = member.read(limits.LARGEST + 1)
        except RuntimeError:
            continue
        limits.check_size(len(content))
        return content
    raise passwords.wrong()


def _modified(packed: zipfile.ZipFile) -> datetime | None:
    try:
        with packed.open("docProps/core.xml") as properties:
            found = _MODIFIED.search(properties.read(_PROPERTIES))
        return datetime.fromisoformat(found[1].decode("ascii")) if found else None
    except (KeyError, ValueError, RuntimeError):
        return None


def _workbook(plain: Plain) -> Iterator[Sheet]:
    """All sheets, formulas as what they came to when the file was saved."""
    try:
        if plain.content.startswith(OLE):
            require_area(
                plain.content, most_rows=limits.MOST_ROWS, most_columns=limits.MOST_COLUMNS
            )
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(plain.content))
        for title in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(title)
            if sheet.total_height > limits.MOST_ROWS + 50:
                raise limits.too_many_rows()
            if sheet.total_width > limits.MOST_COLUMNS:
                raise WrongFile(_("The file has more than %d columns.") % limits.MOST_COLUMNS)
            # Rows above the first that is filled are left out, and count all the same.
            above: Iterator[Row] = iter([[]] * (sheet.start[0] if sheet.start else 0))
            rows = _both(above, sheet.iter_rows())
            yield Sheet(plain.name, title, rows, value_cell, plain.saved_at)
    except PasswordError:
        raise passwords.wrong() from None
    except WrongWorkbook as wrong:
        raise WrongFile(wrong.args[0]) from None
    except (CalamineError, ValueError, OSError):
        raise WrongFile(_("The Excel file is damaged.")) from None
    except BaseException as error:
        # A panic of the library, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise WrongFile(_("The Excel file is damaged.")) from None


def _both(above: Iterator[Row], rows: Iterator[Row]) -> Iterator[Row]:
    yield from above
    yield from rows


def _csv(plain: Plain) -> Iterator[Sheet]:
    if b"\0" in plain.content:
        raise WrongFile(_("This is no CSV or Excel file."))
    encoding = _encoding(plain.content)
    lines = plain.content[:_BEGINNING].decode(encoding, errors="ignore").split("\n")
    # The head has most of them, wherever it stands.
    delimiter = max(",;\t", key=lambda sign: max(line.count(sign) for line in lines[:_FIRST_LINES]))
    rows = _csv_rows(plain.content, encoding, delimiter)
    yield Sheet(plain.name, "", rows, text_cell, plain.saved_at)


def _csv_rows(content: bytes, encoding: str, delimiter: str) -> Iterator[Row]:
    # Decoded as it is read: a text of the whole would take many times the file's size.
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    try:
        for number, row in enumerate(csv.reader(text, delimiter=delimiter, strict=True)):
            if number > limits.MOST_ROWS + 50:
                raise limits.too_many_rows()
            if len(row) > limits.MOST_COLUMNS:
                raise WrongFile(_("The file has more than %d columns.") % limits.MOST_COLUMNS)
            yield row
    except csv.Error as error:
        raise WrongFile(_("The CSV file is damaged: %s") % error) from None


def _encoding(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for start in range(0, len(content), _BEGINNING):
                decoder.decode(content[start : start + _BEGINNING])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise WrongFile(_("The file's encoding is unknown: save it as UTF-8 or as XLSX."))
