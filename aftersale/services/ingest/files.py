"""The lines of an ingest file: plain, gzipped, or standard input; never more than one in memory."""

import gzip
import sys
import zlib
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

# No record comes near it; a longer line is refused without being read into memory.
LONGEST_LINE = 8 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"


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
        """Bytes of the file read so far, zipped ones where it is zipped."""
        return self._raw.tell() if self.size is not None else 0

    def lines(self) -> Generator[tuple[int, bytes | None], None, None]:
        """Each line with its number, None in place of one that is too long.

        Raises Unreadable where the file breaks off; the lines before it have been given.
        """
        number = 0
        try:
            while line := self._stream.readline(LONGEST_LINE + 1):
                number += 1
                if number == 1:
                    line = line.removeprefix(_BYTE_ORDER_MARK)
                if len(line) <= LONGEST_LINE:
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
