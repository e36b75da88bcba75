"""The lines of an ingest file: plain, gzipped, or standard input; never all of it in memory.

A file in another form than NDJSON gets one sentence that says what to do, not an error a line.
"""

import gzip
import sys
import zlib
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

# No record comes near it; a longer line is refused without being read into memory.
LONGEST_LINE = 8 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"
# Bytes from the beginning that are enough to tell the form of a file.
_HEAD = 64 * 1024


class Unreadable(Exception):
    """The file cannot be read, or not to its end; the text says what happened."""


class Source:
    """One file, `-` for standard input, open until its lines have been read."""

    def __init__(self, path: str) -> None:
        self.name = path
        self.size: int | None = None
        try:
            self._raw = self._open()
            self._stream = self._unzip()
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from error

    def _open(self) -> BinaryIO:
        if self.name == "-":
            return sys.stdin.buffer
        path = Path(self.name)
        raw = path.open("rb")
        self.size = path.stat().st_size
        return raw

    def _unzip(self) -> BinaryIO:
        if self.name == "-":
            peek = getattr(self._raw, "peek", None)
            zipped = peek is not None and peek(2)[:2] == _GZIP_MAGIC
        else:
            zipped = self.name.endswith(".gz")
        # GzipFile reads like any binary file.
        return gzip.GzipFile(fileobj=self._raw) if zipped else self._raw  # type: ignore[return-value]

    def position(self) -> int:
        """Bytes of the file read so far; compressed ones of a gzipped file."""
        return self._raw.tell() if self.size is not None else 0

    def lines(self) -> Generator[tuple[int, bytes | None], None, None]:
        """Each line with its number; None for a line that is too long; blank lines are skipped.

        Raises Unreadable after the last good line where the file breaks off, and at once for a file
        in another form.
        """
        numbered = self._numbered()
        head: list[tuple[int, bytes | None]] = []
        broken: Unreadable | None = None
        size = 0
        try:
            for number, line in numbered:
                head.append((number, line))
                size += len(line or b"")
                if size >= _HEAD:
                    break
        except Unreadable as error:
            broken = error
        _check_form([line for _number, line in head if line is not None])
        yield from head
        if broken is not None:
            raise broken
        yield from numbered

    def _numbered(self) -> Generator[tuple[int, bytes | None], None, None]:
        number = 0
        try:
            while line := self._stream.readline(LONGEST_LINE + 1):
                number += 1
                if number == 1:
                    line = line.removeprefix(_BYTE_ORDER_MARK)
                if len(line) <= LONGEST_LINE:
                    if line.strip():
                        yield number, line
                else:
                    while line and not line.endswith(b"\n"):
                        line = self._stream.readline(LONGEST_LINE)
                    yield number, None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Unreadable(
                _("damaged or cut-off gzip data after line %(number)s; those before are kept")
                % {"number": number}
            ) from error
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from error
        finally:
            if self.name != "-":
                self._raw.close()


def _check_form(lines: Sequence[bytes]) -> None:
    """Raises Unreadable where the first lines are those of another kind of file."""
    if not lines:
        return
    first = lines[0].strip()
    if first[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in first[:4]:
        raise Unreadable(_("the file is UTF-16: save it as UTF-8 and send it again"))
    if first.startswith(b"["):
        raise Unreadable(
            _(
                "the file is one JSON list: write each record on a line of its own, without the"
                " brackets around and the commas between them"
            )
        )
    if first.startswith(b"{") and first.endswith((b"{", b"[", b",")):
        raise Unreadable(
            _("a record goes over several lines: write each record on one line, without indents")
        )
    wide = [line for line in lines if not line.isascii()]
    if wide and all(_is_gbk(line) for line in wide):
        raise Unreadable(_("the file is GBK: save it as UTF-8 and send it again"))


def _is_gbk(line: bytes) -> bool:
    return not _decodes(line, "utf-8") and _decodes(line, "gb18030")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
