"""The refused value in an error's message: as it was read, invisible characters named (SPEC O9).

Values that may be a buyer's own are described, not quoted: messages reach terminals and logs (SPEC
P7).
"""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from aftersale.domain.identifiers import invisible, show_invisible

_BUYERS_OWN = frozenset((
    "account", "blocked_buyers", "buyer", "content", "evidence", "explanation", "message", "note",
    "tracking_no",
))  # fmt: skip


def with_value(message: str, value: Any, *, key: str = "") -> str:
    """A message with the value that it is about; `key`: the field that the value stood in."""
    return _("%(message)s (read: %(value)s)") % {
        "message": message,
        "value": _described(value) if key in _BUYERS_OWN else _quoted(value),
    }


def _quoted(value: Any) -> str:
    match value:
        case str():
            return f"“{show_invisible(value)}”"
        case Mapping() | list() | tuple():
            return _kind(value)
    return show_invisible(json.dumps(value, default=str))


def _described(value: Any) -> str:
    if not isinstance(value, str):
        return _kind(value)
    length = _("a text of length %(number)s") % {"number": len(value)}
    return ", ".join([length, *invisible(value)])


def _kind(value: Any) -> str:
    match value:
        case Mapping():
            return _("an object")
        case list() | tuple():
            return _("a list of length %(number)s") % {"number": len(value)}
        case bool() | None:
            return json.dumps(value)
    return _("a number")
