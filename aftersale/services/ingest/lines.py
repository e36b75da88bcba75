"""One line of a file as a record of its kind, or what is wrong with it."""

import json
import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from aftersale.records import FieldError, explain

from .kinds import Kind, registered

# Cheaper than reading the line twice. Inside a text the quotes would be escaped, so the first
# match is a key; the record then checks that it is the right one.
_KIND = re.compile(rb'"kind"\s*:\s*"([a-z_]+)"')


class WrongLine(Exception):
    """`name` is what the line calls itself, as in `ticket AS1`; empty if it does not say."""

    def __init__(self, kind: str, name: str, errors: Sequence[FieldError]) -> None:
        super().__init__(kind, name, errors)
        self.kind, self.name, self.errors = kind, name, errors


def read_line(line: bytes | None) -> tuple[Kind, Any]:
    """The kind and the record; raises WrongLine."""
    if line is None:
        raise _wrong(_("the line is too long for a record"))
    match = _KIND.search(line)
    kind = registered().get(match[1].decode()) if match else None
    if kind is not None:
        try:
            return kind, kind.read(line)
        except ValidationError as error:
            raise _explained(kind, line, error) from None
    raise _no_kind(line)


def _wrong(message: str, pointer: str = "") -> WrongLine:
    return WrongLine("", "", [FieldError(pointer, message)])


def _object(line: bytes) -> dict[str, Any]:
    """Raises WrongLine where the line is no JSON object."""
    if not line.strip():
        raise _wrong(_("the line is empty"))
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise _wrong(_("the line is not valid UTF-8")) from None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise _wrong(_("the line is not valid JSON")) from None
    if not isinstance(content, dict):
        raise _wrong(_("expected a JSON object"))
    return content


def _explained(kind: Kind, line: bytes, error: ValidationError) -> WrongLine:
    try:
        content = _object(line)
    except WrongLine as wrong:
        return wrong
    return WrongLine(kind.name, name_of(kind, content.get(kind.number)), explain(error))


def _no_kind(line: bytes) -> WrongLine:
    try:
        _object(line)
    except WrongLine as wrong:
        return wrong
    message = _("expected one of %(choices)s") % {"choices": ", ".join(registered())}
    return _wrong(message, "kind")


def name_of(kind: Kind, number: object) -> str:
    """The record in a message; what the file says is shortened and kept on one line."""
    text = number if isinstance(number, str) else ""
    plain = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
    return f"{kind.name} {plain[:64]}".strip()
