"""Workbooks with a password (SPEC O11). It is used once and kept nowhere.

A back office that encrypts its exports takes the last six characters of the file's name.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import IO, Any

import msoffcrypto
import olefile
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

from aftersale.domain.multilingual import said as _

from . import limits
from .limits import WrongFile

_FROM_NAME = 6
_ROUNDS = re.compile(rb'spinCount="(\d+)"')


def to_try(name: str, given: str) -> list[str]:
    return [word for word in (given, PurePath(name).stem[-_FROM_NAME:]) if word]


def wrong() -> WrongFile:
    return WrongFile(_("The file has a password, and the one given does not open it."))


def is_encrypted(content: IO[bytes]) -> bool:
    """For a file that begins as OLE does: an encrypted xlsx, and no older xls."""
    with _parts(content) as parts:
        return bool(parts.exists("EncryptedPackage"))


def decrypt(content: IO[bytes], into: IO[bytes], *, name: str, given: str) -> None:
    """Raises WrongFile where none that is known opens it."""
    _check_rounds(content)
    for password in to_try(name, given):
        into.seek(0)
        into.truncate()
        content.seek(0)
        try:
            workbook: Any = msoffcrypto.OfficeFile(content)
            workbook.load_key(password=password, verify_password=True)
            workbook.decrypt(into)
        except (InvalidKeyError, DecryptionError):
            continue
        except (FileFormatError, ParseError, ValueError, KeyError, OSError, zipfile.BadZipFile):
            raise WrongFile(_("The Excel file is damaged.")) from None
        limits.check_size(into.seek(0, io.SEEK_END))
        return
    raise wrong()


def _check_rounds(content: IO[bytes]) -> None:
    """The file says itself how often a password is hashed: it could say a day's worth."""
    with _parts(content) as parts:
        info = parts.openstream("EncryptionInfo").read(64 * 1024)
    if any(int(rounds[:12]) > limits.MOST_ROUNDS for rounds in _ROUNDS.findall(info)):
        raise WrongFile(_("The file's password takes longer to check than any export's does."))


@contextmanager
def _parts(content: IO[bytes]) -> Iterator[Any]:
    content.seek(0)
    try:
        with olefile.OleFileIO(content) as parts:
            yield parts
    except OSError:
        raise WrongFile(_("The Excel file is damaged.")) from None
