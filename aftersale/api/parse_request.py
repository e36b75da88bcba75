"""Body and query of a call as pydantic records."""

import json
import re
from typing import Any, NamedTuple, TypeVar

from django.http import QueryDict
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError
from rest_framework.request import Request

from aftersale.api.call import body
from aftersale.api.problems import Invalid
from aftersale.records.errors import FieldError, explain, mark_repeated
from aftersale.services.access.masks import sees_buyers
from aftersale.services.shared.errors import NotAllowed

R = TypeVar("R", bound=BaseModel)

# Python's json takes lone surrogates from escapes, which no database text can hold.
_SURROGATE = re.compile("[\ud800-\udfff]")


def json_of(request: Request, *, surrogates: bool = False) -> Any:
    """The body as JSON, each repeated key marked; raises Invalid or TooLarge.

    `surrogates`: the caller looks for them itself (`surrogate_in`), to lose less of the body.
    """
    raw = body(request)
    if not raw.strip():
        raise Invalid([FieldError("", _("expected a JSON body"))])
    try:
        text = raw.decode("utf-8-sig")
        content = json.loads(text, object_pairs_hook=mark_repeated, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise Invalid([FieldError("", _("the body is not valid UTF-8"))]) from None
    except (ValueError, RecursionError):
        raise Invalid([FieldError("", _("not valid JSON"))]) from None
    if not surrogates and "\\u" in text and (found := surrogate_in(content)):
        raise Invalid([found])
    return content


def _no_constant(name: str) -> Any:
    raise ValueError(name)


class _Place(NamedTuple):
    """Path of a value in a body."""

    inside: "_Place | None"
    part: str

    def __str__(self) -> str:
        parts = []
        place: _Place | None = self
        while place is not None:
            parts.append(place.part)
            place = place.inside
        return "".join(reversed(parts)).removeprefix(".")


def surrogate_in(content: Any) -> FieldError | None:
    """The error for text that is not valid Unicode; for a key, at the object around it.

    Written without recursion, since a body may be nested as deep as Python's json reads.
    """
    left: list[tuple[_Place | None, Any]] = [(None, content)]
    while left:
        place, value = left.pop()
        texts = (
            value.keys() if isinstance(value, dict) else [value] if isinstance(value, str) else []
        )
        if any(_SURROGATE.search(text) for text in texts):
            return FieldError(str(place or ""), _("expected a text in valid Unicode"))
        if isinstance(value, dict):
            left += [(_Place(place, f".{key}"), entry) for key, entry in value.items()]
        elif isinstance(value, list):
            left += [(_Place(place, f"[{at}]"), entry) for at, entry in enumerate(value)]
    return None


def read(request: Request, record: type[R], **known: Any) -> R:
    """The body as a record; `known` are keys that the address or the token already gives."""
    content = json_of(request)
    if not isinstance(content, dict):
        raise Invalid([FieldError("", _("expected a JSON object"))])
    return validated(record, {**content, **known})


def read_optional(request: Request, record: type[R]) -> R:
    """As `read`, of a call that may have no body at all."""
    return validated(record, {}) if not body(request).strip() else read(request, record)


def validated(record: type[R], content: Any) -> R:
    try:
        return record.model_validate(content)
    except ValidationError as error:
        raise Invalid(explain(error)) from None


def query(request: Request, record: type[R]) -> R:
    """The query as a record: unknown keys and near misses are refused as in a body.

    A key that its record declares as a list may be given several times.
    """
    given: QueryDict = request._request.GET
    content: dict[str, Any] = {}
    for key in given:
        values = given.getlist(key)
        content[key] = values if len(values) > 1 else values[0]
    asked = validated(record, content)
    if getattr(asked, "buyer", None) is not None and not sees_buyers():
        # No filter by buyer for tokens that see numbers masked: it would tell each number.
        raise NotAllowed(_("Your role in this shop does not allow this."))
    return asked
