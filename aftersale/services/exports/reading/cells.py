"""The cells of an export: empty words, amounts, numbers of pieces, times (SPEC O9, O11)."""

import re
import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aftersale.domain.digits import narrow_digits, whole_number
from aftersale.domain.identifiers import clean_identifier
from aftersale.domain.money import NotYuan, parse_yuan
from aftersale.domain.multilingual import said as _
from aftersale.services.sheets.cells import InexactNumber

_EMPTY = frozenset(("", "-", "--", "—", "——", "/", "无", "null", "n/a", "暂无", "(无)"))
_TIME = re.compile(
    r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?"
    r"(?:[ tT]*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?)?"
)
# Separators between the digits of 2026-11-21 23:05:00.
_USUAL, _USUAL_LENGTH = "-- ::", 19
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 60_000
_SERIALS_FROM = datetime(1899, 12, 30)
_MOST_PIECES = 1_000_000


class WrongCell(ValueError):
    """The text says what was expected."""


def word(text: str) -> str:
    """A word of a fixed vocabulary, as tables of words have it."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def is_empty(text: str) -> bool:
    return word(text).casefold() in _EMPTY


def filled(text: str) -> str:
    """The text, "" where it is one of the words for nothing."""
    return "" if is_empty(text) else text.strip()


def number(text: str) -> str:
    """A number that names something: as everywhere, and full-width letters and digits as ordinary
    ones."""
    return clean_identifier(word(filled(text)))


def check_exact(text: str) -> None:
    """Raises WrongCell for a long number that a spreadsheet program has damaged."""
    if isinstance(text, InexactNumber):
        raise WrongCell(
            _(
                "the number %(text)s was damaged when the file was opened and saved in Excel:"
                " export it again and bring it without opening it"
            )
            % {"text": str(text)}
        )


def amount(text: str) -> int | None:
    """In fen; None where nothing stands there."""
    if is_empty(text):
        return None
    try:
        fen = parse_yuan(word(text))
    except NotYuan:
        raise WrongCell(_("expected yuan with at most two decimals, e.g. 59.90")) from None
    if fen < 0:
        raise WrongCell(_("expected an amount that is not below zero"))
    return fen


def pieces(text: str) -> int | None:
    if is_empty(text):
        return None
    found = whole_number(narrow_digits(word(text)))
    if found is None or not 1 <= found <= _MOST_PIECES:
        raise WrongCell(_("expected a whole number of pieces, from 1"))
    return found


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A time on the shop's wall clock, as texts, dates and Excel's serial numbers write it; a date
    alone is its midnight."""
    text = filled(text)
    if not text:
        return None
    try:
        naive = _naive(word(text))
    except (ValueError, OverflowError):
        naive = None
    if naive is None:
        raise WrongCell(_("expected a date and time, e.g. 2026/11/21 23:05"))
    return naive.replace(tzinfo=zone)


def _naive(text: str) -> datetime | None:
    # As nearly all files write it; what follows takes five times as long.
    if len(text) == _USUAL_LENGTH and text[4:17:3] == _USUAL:
        return datetime.fromisoformat(text)
    if match := _TIME.fullmatch(text):
        return datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]
    if _SERIAL.fullmatch(text) and _FIRST_SERIAL <= float(text) <= _LAST_SERIAL:
        seconds = round(float(text) * 86_400)
        return _SERIALS_FROM + timedelta(seconds=seconds)
    return None
