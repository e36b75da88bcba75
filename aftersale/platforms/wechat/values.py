"""Single values of WeChat's answers: moments, amounts, texts, parts."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aftersale.domain.money import plain_yuan

Raw = Mapping[str, Any]


def part(raw: Raw, key: str) -> Raw:
    value = raw.get(key)
    return value if isinstance(value, Mapping) else {}


def rows(raw: Raw, key: str) -> list[Raw]:
    value = raw.get(key)
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def present(order: Raw, name: str) -> Any:
    """A value of an order for somebody else; sources differ on where in it they stand."""
    detail = part(order, "order_detail")
    places = (order, detail, part(detail, "ext_info"))
    told = (*places, *(part(place, "order_present_info") for place in places))
    return next((place[name] for place in told if place.get(name)), None)


def texts(raw: Raw, key: str) -> list[str]:
    value = raw.get(key)
    return [one for one in map(text, value) if one] if isinstance(value, list) else []


def text(value: Any) -> str:
    """Without what the database can't store."""
    if value is None or isinstance(value, bool):
        return ""
    return str(value).encode(errors="ignore").decode().replace("\x00", "").strip()


def placed(raw: Raw, key: str) -> list[Raw]:
    """All entries of a list, each in its place: one that can't be read is empty."""
    value = raw.get(key)
    listed = value if isinstance(value, list) else []
    return [row if isinstance(row, Mapping) else {} for row in listed]


def identity(raw: Raw, key: str) -> str:
    """A number that names something; raises ValueError where it names nothing."""
    value = raw[key]
    if isinstance(value, bool) or not isinstance(value, int | str) or not text(value):
        raise ValueError(key)
    return text(value)


def iso(seconds: Any) -> str | None:
    """None for no moment, which an answer may have as text."""
    at = int(seconds or 0)
    return datetime.fromtimestamp(at, UTC).isoformat() if at > 0 else None


def moment(seconds: Any) -> datetime | None:
    """A moment that is only shown; None for a value that is no moment."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if int(seconds or 0) > 0 else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def fen(value: Any) -> int:
    """An amount; 0 for none. Raises ValueError for anything that is no whole number: a part of it,
    or 0, in its place would be money that nobody knows of."""
    if value is None:
        return 0
    if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,20}", str(value)):
        raise ValueError(type(value).__name__)
    return int(value)


def yuan(amount: Any) -> str:
    return plain_yuan(fen(amount))
