"""Single values of Kuaishou's answers: numbers that may be text, moments, texts, parts."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Milliseconds between 2001 and 2286. Anything else in a time's place is no moment.
MOMENTS = range(10**12, 10**13)


def milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def whole(row: Mapping[str, Any], name: str) -> int | None:
    """A whole number, as a number or as text; None where it is absent or something else."""
    value = row.get(name)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(row: Mapping[str, Any], name: str) -> int:
    """A whole number; 0 if it is missing, since the platform leaves out zeros."""
    return whole(row, name) or 0


def identity(row: Mapping[str, Any], name: str) -> str:
    """A number that names something; it may be longer than a float can hold."""
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


def part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}


def rows(row: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = row.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
