"""A cell of a spreadsheet as text: exactly what it stands for, or why that is not known (SPEC O9).

Spreadsheets keep 15 digits of a number and show long ones with an exponent, so numbers of orders
and buyers are damaged before they are saved. Such a cell is refused, never guessed.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from aftersale.services.sheets.write_file import FORMULA

_EXACT_DIGITS = 15
# As Excel shows and saves a number that is too long for it: 1.23E+18.
_EXPONENT = re.compile(r"[+-]?[0-9](\.[0-9]+)?E\+[0-9]{2,}", re.IGNORECASE)
# As back offices keep Excel from doing so: ="1234567890123456789".
_AS_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
# Also our own exports put an apostrophe before a text that looks like a formula.
_APOSTROPHE = re.compile(rf"^'(?='*[0-9{re.escape(''.join(FORMULA))}])")

_BEHIND_SEMICOLON = re.compile(rf";'(?=[\"']*[{re.escape(''.join(FORMULA))}])")


class InexactNumber(str):
    """A number that the spreadsheet has shortened: its text is not what was meant."""

    @property
    def message(self) -> str:
        return _(
            "the spreadsheet has shortened this number (%(text)s): format the column as text and"
            " enter the number again"
        ) % {"text": str(self)}


def text_cell(text: str) -> str:
    """A cell of a CSV file, or a text in a workbook."""
    text = text.strip()
    if match := _AS_FORMULA.fullmatch(text):
        return match[1].replace('""', '"').strip()
    if _EXPONENT.fullmatch(text):
        return InexactNumber(text)
    text = _APOSTROPHE.sub("", text)
    return _BEHIND_SEMICOLON.sub(";", text)


def value_cell(value: Any) -> str:
    """A typed value of a workbook as a person sees it: 200 rather than 200.0."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number(value)
        case datetime():
            return value.isoformat(" ", "seconds" if value.second else "minutes")
        case date():
            return value.isoformat()
        case time():
            return f"{value:%H:%M}"
        case timedelta():
            minutes = int(value.total_seconds()) // 60
            return f"{minutes // 60:02}:{minutes % 60:02}"
        case _:
            return text_cell(str(value))


def _number(value: float) -> str:
    # Fifteen digits are exact in a double; the sixteenth may be made up.
    shown = Decimal(f"{value:.{_EXACT_DIGITS}g}")
    # A file may hold NaN, too, which compares with nothing.
    if not shown.is_finite() or abs(shown) >= 10**_EXACT_DIGITS:
        return InexactNumber(f"{value:.0f}")
    return f"{shown.normalize():f}" if shown else "0"


def inexact(cells: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The columns whose numbers were shortened, each with its message."""
    return [(column, cell.message) for column, cell in cells if isinstance(cell, InexactNumber)]
