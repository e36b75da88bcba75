"""Single values of Douyin's answers: numbers that may be text, moments, texts, parts."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from hashlib import blake2b
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds between 2001 and 2286. Anything else in a time's place is no moment; 0 stands for none.
MOMENTS = range(10**9, 10**10)
# Texts with a time have Beijing's.
_BEIJING = timezone(timedelta(hours=8))
# Digits of a number of an order or ticket; today they have 19.
LONGEST_NUMBER = 32
_LONGEST_NAME = 64


def seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)


def whole(row: Mapping[str, Any], name: str) -> int | None:
    """A whole number, as a number or as text; None where it is absent or something else: fields
    that an app has no right to are left out, and that is no zero."""
    value = row.get(name)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(row: Mapping[str, Any], name: str) -> int:
    return whole(row, name) or 0


def identity(row: Mapping[str, Any], name: str) -> str:
    """A number that names something: a JSON number in some answers, text in others."""
    value = row.get(name)
    if isinstance(value, bool) or value is None:
        return ""
    # One sample has an id with a second pair of quotes.
    return clean(str(value)).strip('"') if isinstance(value, int | str) and value != 0 else ""


def short(name: str) -> str:
    """A buyer's name there may be longer than a record takes: its digest stands for it."""
    if len(name) <= _LONGEST_NAME:
        return name
    return blake2b(name.encode(), digest_size=24).hexdigest()


def clean(value: Any) -> str:
    """Text without what the database can't store."""
    if not isinstance(value, str):
        return ""
    return value.encode(errors="ignore").decode().replace("\x00", "").strip()


def moment(at: int) -> datetime | None:
    return _EPOCH + timedelta(seconds=at) if at in MOMENTS else None


def iso(at: int) -> str | None:
    found = moment(at)
    return None if found is None else found.isoformat(timespec="seconds")


def written(text: Any) -> datetime | None:
    """A moment as the history has it: 2025-12-01 08:00:00."""
    try:
        return datetime.strptime(clean(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=_BEIJING)
    except ValueError:
        return None


def part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}


def rows(row: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = row.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
