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
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from aftersale.domain.multilingual import said as _
from aftersale.services.sheets.cells import text_cell, value_cell
from aftersale.services.sheets.workbook_area import OLE, ZIP, WrongWorkbook, require_area

from . import limits, parts, passwords
from .limits import WrongFile

Row = Sequence[Any]
_CONTENT_TYPES = "[Content_Types].xml"
_MODIFIED = re.compile(rb"<dcterms:modified[^>]*>([^<]{10,40})</dcterms:modified>")
# The lines among which the separator is looked for: notes may stand above the head.
_FIRST_LINES = 20
_CHUNK = 256 * 1024
_PROPERTIES = 64 * 1024


class Plain(NamedTuple):
    """A file without password or zip around it. `saved_at` is when it says that it was written, in
    its own time zone or none."""

    name: str
    content: IO[bytes]
    saved_at: datetime | None = None


class Sheet(NamedTuple):
    """`rows` may be read once; a cell is turned into text by `text`."""

    file: str
    name: str
    rows: Iterator[Row]
    text: Callable[[Any], str]
    saved_at: datetime | None


def opened(name: str, content: IO[bytes], *, password: str = "") -> Iterator[Plain]:
    """The files that a file holds: itself, or the members of a zip, each open until the next one.
    Raises WrongFile."""
    limits.check_size(content.seek(0, io.SEEK_END))
    if not any(chunk.strip() for chunk in _chunks(content)):
        raise WrongFile(_("The file is empty."))
    with TemporaryFile() as plain:
        if _begins(content, OLE) and passwords.is_encrypted(content):
            passwords.decrypt(content, plain, name=name, given=password)
            content = plain
        if not _begins(content, ZIP):
            yield Plain(name, content)
            return
        try:
            with zipfile.ZipFile(content) as packed:
                limits.check_packed(packed)
                if _CONTENT_TYPES not in packed.namelist():
                    yield from _members(name, packed, password)
                    return
                limits.check_places(packed)
                saved_at = _modified(packed)
        except (zipfile.BadZipFile, OSError, NotImplementedError, zlib.error):
            raise WrongFile(
                _("The zip file is damaged, or packed in a way not known here.")
            ) from None
        yield Plain(name, content, saved_at)


def sheets(plain: Plain) -> Iterator[Sheet]:
    """Raises WrongFile, also while rows are read."""
    if _begins(plain.content, ZIP, OLE):
        return _workbook(plain)
    return _csv(plain)


def _begins(content: IO[bytes], *signs: bytes) -> bool:
    content.seek(0)
    return content.read(len(OLE)).startswith(signs)


def _chunks(content: IO[bytes]) -> Iterator[bytes]:
    content.seek(0)
    while chunk := content.read(_CHUNK):
        yield chunk


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
        with TemporaryFile() as content:
            _unpack(name, packed, part, password, content)
            if _begins(content, ZIP) and _is_zip(content):
                raise WrongFile(_("%s is a zip file within a zip file.") % inside)
            saved_at = datetime(*part.date_time)
            for plain in opened(inside, content, password=password):
                yield plain._replace(saved_at=saved_at)


def _is_zip(content: IO[bytes]) -> bool:
    with zipfile.ZipFile(content) as packed:
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


def _unpack(
    name: str, packed: zipfile.ZipFile, part: zipfile.ZipInfo, password: str, into: IO[bytes]
) -> None:
    limits.check_size(part.file_size)
    words: list[str | None] = [None]
    if part.flag_bits & 1:
        words = list(passwords.to_try(name, password))
    for word in words:
        into.seek(0)
        into.truncate()
        try:
            with packed.open(part, pwd=word.encode() if word else None) as member:
                while chunk := member.read(_CHUNK):
                    into.write(chunk)
                    limits.check_size(into.tell())
        except RuntimeError:
            continue
        return
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
    content = plain.content
    try:
        if _begins(content, OLE):
            content.seek(0)
            require_area(
                content.read(), most_rows=limits.MOST_ROWS, most_columns=limits.MOST_COLUMNS
            )
            yield from _sheets(plain)
            return
        with zipfile.ZipFile(content) as packed:
            yield from _sheets(plain, packed)
    except PasswordError:
        raise passwords.wrong() from None
    except WrongWorkbook as wrong:
        raise WrongFile(wrong.args[0]) from None
    except (CalamineError, ValueError, OSError, zipfile.BadZipFile, zlib.error):
        raise WrongFile(_("The Excel file is damaged.")) from None
    except BaseException as error:
        # A panic of the library, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise WrongFile(_("The Excel file is damaged.")) from None


def _sheets(plain: Plain, packed: zipfile.ZipFile | None = None) -> Iterator[Sheet]:
    long = parts.long_sheets(packed) if packed else {}
    for title in _open(plain).sheet_names:
        if packed and title in long:
            rows: Iterator[Row] = parts.rows_of(packed, title, long)
        else:
            sheet = _open(plain).get_sheet_by_name(title)
            limits.check_sheet_size(sheet.total_height, sheet.total_width)
            rows = sheet.iter_rows()
        yield Sheet(plain.name, title, rows, value_cell, plain.saved_at)


def _open(plain: Plain) -> CalamineWorkbook:
    """Not kept for longer than needed: it holds the whole file, and all texts of its cells."""
    plain.content.seek(0)
    return CalamineWorkbook.from_filelike(plain.content)


def _csv(plain: Plain) -> Iterator[Sheet]:
    if any(b"\0" in chunk for chunk in _chunks(plain.content)):
        raise WrongFile(_("This is no CSV or Excel file."))
    encoding = _encoding(plain.content)
    lines = next(_chunks(plain.content)).decode(encoding, errors="ignore").split("\n")
    # The head has most of them, wherever it stands.
    delimiter = max(",;\t", key=lambda sign: max(line.count(sign) for line in lines[:_FIRST_LINES]))
    rows = _csv_rows(plain.content, encoding, delimiter)
    yield Sheet(plain.name, "", rows, text_cell, plain.saved_at)


def _csv_rows(content: IO[bytes], encoding: str, delimiter: str) -> Iterator[Row]:
    content.seek(0)
    # Decoded as it is read: a text of the whole would take many times the file's size.
    text = io.TextIOWrapper(content, encoding=encoding, newline="")
    try:
        for number, row in enumerate(csv.reader(text, delimiter=delimiter, strict=True)):
            limits.check_sheet_size(number, len(row))
            yield row
    except csv.Error as error:
        raise WrongFile(_("The CSV file is damaged: %s") % error) from None


def _encoding(content: IO[bytes]) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for chunk in _chunks(content):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise WrongFile(_("The file's encoding is unknown: save it as UTF-8 or as XLSX."))
