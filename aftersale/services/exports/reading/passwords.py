"""Workbooks with a password (SPEC O11). It is used once and kept nowhere.

A back office that encrypts its exports takes the last six characters of the file's name.
"""

import io
import re
import zipfile
from pathlib import PurePath
from typing import Any

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


def is_encrypted(content: bytes) -> bool:
    """For a file that begins as OLE does: an encrypted xlsx, and no older xls."""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as parts:
            return bool(parts.exists("EncryptedPackage"))
    except OSError:
        raise WrongFile(_("The Excel file is damaged.")) from None


def decrypted(content: bytes, *, name: str, given: str) -> bytes:
    """Raises WrongFile where none that is known opens it."""
    _check_rounds(content)
    for password in to_try(name, given):
        out = io.BytesIO()
        try:
            workbook: Any = msoffcrypto.OfficeFile(io.BytesIO(content))
            workbook.load_key(password=password, verify_password=True)
            workbook.decrypt(out)
        except (InvalidKeyError, DecryptionError):
            continue
        except (FileFormatError, ParseError, ValueError, KeyError, OSError, zipfile.BadZipFile):
            raise WrongFile(_("The Excel file is damaged.")) from None
        if out.getbuffer().nbytes > limits.LARGEST:
            raise WrongFile(_("The file is larger than %d MB.") % (limits.LARGEST // 1024 // 1024))
        return out.getvalue()
    raise wrong()


def _check_rounds(content: bytes) -> None:
    """The file says itself how often a password is hashed: it could say a day's worth."""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as parts:
            info = parts.openstream("EncryptionInfo").read(64 * 1024)
    except OSError:
        raise WrongFile(_("The Excel file is damaged.")) from None
    if any(int(rounds[:12]) > limits.MOST_ROUNDS for rounds in _ROUNDS.findall(info)):
        raise WrongFile(_("The file's password takes longer to check than any export's does."))
