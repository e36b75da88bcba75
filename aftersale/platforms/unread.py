"""Records that a platform's list names and that can't be read: one holds up no other (SPEC O6)."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aftersale.domain.multilingual import said as _
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import (
    NotAuthorised,
    NotCarriedOut,
    OrderNow,
    Throttled,
    Unreadable,
)

T = TypeVar("T")

# Longer answers are cut: what is wrong stands near the beginning, or was named already.
LONGEST = 6000
_DEEPEST = 12
# Codes, and amounts and counts: no telephone or parcel number is as short. A parcel's number may
# begin with letters, and be called a code (`logistics_code`).
_CODE = re.compile(r"(?!.*[0-9]{5})[A-Z][A-Z0-9_]{1,39}")
_NUMBER = re.compile(r"-?[0-9]{1,7}(\.[0-9]{1,4})?")
_OF_CODE = re.compile(r"status|state|type|reason|code|scene|method|way|kind|flag", re.IGNORECASE)
# Whatever stands under such a name may be a buyer's.
_OF_PEOPLE = re.compile(
    r"name|nick|addr|phone|tel|mobile|mail|receiver|buyer|user|openid|unionid|open_id|account|card"
    r"|identity|desc|remark|note|word|content|text|msg|province|city|district|county|town|street"
    r"|detail",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T0-9:.+Z-]{0,22}")
_OF_TIME = re.compile(r"time|date|deadline|stamp|expire", re.IGNORECASE)
# Seconds and milliseconds of this century.
_EPOCHS = (range(10**9, 5 * 10**9), range(10**12, 5 * 10**12))


def answered(number: str, fetch: Callable[[], T]) -> T | Unreadable:
    """A record, or that the platform said nothing about it for now. What stops every call does so
    here too."""
    try:
        return fetch()
    except (Throttled, NotAuthorised):
        raise
    except (TimedOut, NotCarriedOut) as error:
        return Unreadable(number, silence(error), for_now=True)


def unlisted(order_no: str, raw: Any) -> OrderNow:
    """An order that does not say which tickets it has: one of them may have been paid already, so
    nothing is paid on it unseen (SPEC O2)."""
    reason = _("The platform does not say which requests the order has.")
    return OrderNow(Unreadable(order_no, reason, raw), [])


def silence(error: Exception) -> str:
    """A call that got no answer, in words."""
    if isinstance(error, TimedOut):
        return _("The platform did not answer in time, or not in a form that can be read.")
    return str(error)


def without_people(raw: Any) -> str:
    """An answer with its names, codes, amounts and moments; of all other texts (…) and
    numbers (#…) the length alone, as each of them may be a buyer's."""
    if raw is None:
        return ""
    text = json.dumps(_shown(raw, "", 0), ensure_ascii=False, indent=1, default=str)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _shown(value: Any, name: str, depth: int) -> Any:
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {str(key)[:64]: _shown(inner, str(key), depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(inner, name, depth + 1) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if not _OF_PEOPLE.search(name) and _tells_nobody(text, name):
        return value if isinstance(value, int | float | str) else text
    # Signs, not words: it is kept in one form for readers of every language.
    return f"{'' if isinstance(value, str) else '#'}…×{len(text)}"


def _tells_nobody(text: str, name: str) -> bool:
    if _NUMBER.fullmatch(text) or _is_moment(text, name):
        return True
    return bool(_OF_CODE.search(name) and _CODE.fullmatch(text))


def _is_moment(text: str, name: str) -> bool:
    if not _OF_TIME.search(name):
        return False
    epoch = int(text) if re.fullmatch(r"[0-9]{10,13}", text) else 0
    return bool(_MOMENT.fullmatch(text)) or any(epoch in range_ for range_ in _EPOCHS)
