"""One line of a file as a record of its kind, or what is wrong with it."""

import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from aftersale.domain.identifiers import show_invisible
from aftersale.records.as_read import with_value
from aftersale.records.errors import mark_repeated
from aftersale.records.schemas import FieldError, explain

from .kinds import Kind, registered

# Made once: `json.loads` with a hook would make one for each line, at half the speed.
_JSON = json.JSONDecoder(object_pairs_hook=mark_repeated)


class WrongLine(Exception):
    """`name`: the record as the line names it, as in `ticket AS1`; empty if it does not."""

    def __init__(self, kind: str, name: str, errors: Sequence[FieldError]) -> None:
        super().__init__(kind, name, errors)
        self.kind, self.name, self.errors = kind, name, errors


def read_line(line: bytes | None) -> tuple[Kind, Any]:
    """The kind and the record; raises WrongLine."""
    if line is None:
        raise _wrong(_("the line is too long for a record"))
    content = _object(line)
    name = content.get("kind")
    kind = registered().get(name) if isinstance(name, str) else None
    if kind is None:
        message = _("expected one of %(choices)s") % {"choices": ", ".join(registered())}
        raise _wrong(with_value(message, name) if "kind" in content else message, "kind")
    try:
        return kind, kind.read(content)
    except ValidationError as error:
        number = name_of(kind, content.get(kind.number))
        raise WrongLine(kind.name, number, explain(error)) from None


def _wrong(message: str, pointer: str = "") -> WrongLine:
    return WrongLine("", "", [FieldError(pointer, message)])


def _object(line: bytes) -> dict[str, Any]:
    """Raises WrongLine where the line is no JSON object."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise _wrong(_("the line is not valid UTF-8")) from None
    try:
        content = _JSON.decode(text)
    except (ValueError, RecursionError):
        raise _wrong(_("the line is not valid JSON")) from None
    if not isinstance(content, dict):
        raise _wrong(_("expected a JSON object"))
    return content


def name_of(kind: Kind, number: object) -> str:
    """The record in a message."""
    return f"{kind.name} {show_invisible(number) if isinstance(number, str) else ''}".strip()
