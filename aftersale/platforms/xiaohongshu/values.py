"""Single values of Xiaohongshu's answers: numbers that may be text, yuan, moments, texts, parts."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Milliseconds between 2001 and 2286. Anything else in a time's place is no moment.
MOMENTS = range(10**12, 10**13)
# No amount has as many digits before its point.
_MOST_DIGITS = 12

Row = Mapping[str, Any]


def milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def whole(value: Any) -> int | None:
    """A whole number, also as text; None: it is none."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(row: Row, name: str) -> int:
    """A whole number; 0 if it is missing."""
    return whole(row.get(name)) or 0


def fen(row: Row, name: str) -> int | None:
    """An amount given in yuan, as fen; None if it is no amount or finer than a fen."""
    value = row.get(name)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", value):
        value = Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    exact = Decimal(value)
    if exact.is_zero():
        return 0
    if not exact.is_finite() or not -2 <= exact.adjusted() < _MOST_DIGITS:
        return None
    amount = exact * 100
    return int(amount) if amount == amount.to_integral_value() else None


def identity(row: Row, name: str) -> str:
    """A text that names something; some programs send it as a number."""
    value = row.get(name)
    if isinstance(value, bool) or value is None:
        return ""
    return clean(str(value)) if isinstance(value, int | str) and value != 0 else ""


def clean(value: Any) -> str:
    """Text without what the database can't store."""
    if not isinstance(value, str):
        return ""
    return value.encode(errors="ignore").decode().replace("\x00", "").strip()


def moment(milliseconds: int) -> datetime | None:
    if milliseconds not in MOMENTS:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)


def iso(milliseconds: int) -> str | None:
    at = moment(milliseconds)
    return None if at is None else at.isoformat(timespec="milliseconds")


def part(row: Row, name: str) -> Row:
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}


def rows(row: Row, name: str) -> list[Row]:
    value = row.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def placed(row: Row, name: str) -> list[Row]:
    """All entries of a list, each in its place: one that can't be read is empty."""
    value = row.get(name)
    listed = value if isinstance(value, list) else []
    return [one if isinstance(one, Mapping) else {} for one in listed]
