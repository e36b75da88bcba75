"""Errors as problem+json (RFC 9457), each with pointers to the keys that are wrong."""

import json
import re
import sys
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Self

import psycopg
import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults
from pydantic import BaseModel, ConfigDict, Field
from rest_framework import exceptions

from aftersale.records.errors import FieldError
from aftersale.services.shared import errors
from aftersale.services.shared.outages import sqlstate

from .outages import RETRY_AFTER, outage
from .problem_codes import ProblemCode as Code

log = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"


class Wrong(BaseModel):
    """One thing that is wrong with what was sent."""

    pointer: str = Field(description="JSON pointer to the key (RFC 6901), `#` for the whole body")
    detail: str


class Problem(BaseModel):
    """RFC 9457. `type` is `about:blank`: `code` says which kind it is."""

    type: str = "about:blank"
    title: str
    status: int
    code: Code
    detail: str = Field(description="For people, in the language that was asked for")
    errors: list[Wrong] = []

    @classmethod
    def of(cls, status: int, code: Code, detail: str, **more: Any) -> Self:
        """`more` has the extra members of a particular kind of problem."""
        return cls(title=HTTPStatus(status).phrase, status=status, code=code, detail=detail, **more)


class Conflict(Problem):
    """A step that is not possible; `from` and `to` are the states of SPEC O4's table.

    Both are null where something else has changed meanwhile, or does not match; `code` says
    which.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    from_state: str | None = Field(serialization_alias="from")
    to_state: str | None = Field(serialization_alias="to")


class Invalid(Exception):
    """The body or the query does not have the form that it needs: 422."""

    def __init__(self, errors: Sequence[FieldError], detail: str = "") -> None:
        super().__init__(detail)
        self.errors, self.detail = errors, detail


class Failed(Exception):
    """A call that ends with this problem; nothing has been written."""

    def __init__(
        self, status: int, code: Code, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers


class TooLarge(Exception):
    """More than a call may carry: 413."""


def json_pointer(pointer: str) -> str:
    """`lines[0].paid_amount` as `#/lines/0/paid_amount`."""
    parts = re.findall(r"[^.\[\]]+", pointer)
    return "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def wrong(found: Sequence[FieldError]) -> list[Wrong]:
    return [Wrong(pointer=json_pointer(error.pointer), detail=error.message) for error in found]


def problem(
    status: int,
    code: Code,
    detail: str,
    found: Sequence[FieldError] = (),
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    return answer_with(Problem.of(status, code, detail, errors=wrong(found)), headers)


def answer_with(content: Problem, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(
        content.model_dump_json(),
        status=content.status,
        content_type=CONTENT_TYPE,
        headers=headers,
    )


def answer_to(error: Exception) -> HttpResponse | None:
    """The documented answer to an exception; None for an unexpected one."""
    match error:
        case Invalid():
            detail = error.detail or _("Something is missing or wrong in what was sent.")
            return problem(422, Code.INVALID, detail, error.errors)
        case Failed():
            return problem(error.status, error.code, error.detail, headers=error.headers)
        case Http404():
            return problem(404, Code.NOT_FOUND, _("There is no such thing."))
        case errors.Refused():
            return _refusal(error, Code(error.code))
        case TooLarge():
            return problem(413, Code.TOO_LARGE, str(error))
        case RequestDataTooBig():
            most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1_000_000
            return problem(
                413, Code.TOO_LARGE, _("At most %(most)g MB in one call.") % {"most": most}
            )
        case PermissionDenied():
            return problem(403, Code.NOT_ALLOWED, _("Your role in this shop does not allow this."))
        case exceptions.APIException():
            headers = {}
            if auth := getattr(error, "auth_header", None):
                headers["WWW-Authenticate"] = auth
            code = _CODES.get(error.status_code, Code.BAD_REQUEST)
            return problem(error.status_code, code, _text(error.detail), headers=headers)
        case DataError() | psycopg.DataError():
            log.warning("refused_by_the_database", error=type(error).__name__)
            return problem(422, Code.REFUSED, _("The database refuses a value of what was sent."))
        case _ if sqlstate(error) in _BUSY:
            return problem(
                503,
                Code.BUSY,
                _("Busy just now: try again in a moment."),
                headers={"Retry-After": "1"},
            )
    if (found := outage(error)) is not None:
        return problem(503, *found, headers=RETRY_AFTER)
    return None


# Lock timeout, or a deadlock that this call lost.
_BUSY = ("55P03", "40P01", "40001")
# Of DRF's own exceptions.
_CODES = {401: Code.NO_TOKEN, 403: Code.NOT_ALLOWED, 405: Code.METHOD_NOT_ALLOWED}


def _refusal(error: errors.Refused, code: Code) -> HttpResponse:
    found = [FieldError(error.pointer, error.message)] if error.pointer else []
    match error:
        case errors.NotFound():
            return problem(404, code, error.message or _("There is no such thing."), found)
        case errors.NotAllowed():
            return problem(403, code, error.message, found)
        case errors.WrongStep():
            states = {"from_state": error.from_state, "to_state": error.to_state}
            return answer_with(Conflict.of(409, code, error.message, **states))
        case errors.Stale() | errors.WaitsForSecondPerson():
            states = {"from_state": None, "to_state": None}
            return answer_with(Conflict.of(409, code, error.message, **states))
        case errors.NotKept():
            return problem(503, code, error.message, found, headers=RETRY_AFTER)
        case errors.OtherPayment():
            states = {"from_state": None, "to_state": None}
            named = wrong(found)
            return answer_with(Conflict.of(409, code, error.message, errors=named, **states))
    return problem(422, code, error.message, found)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer to an unexpected error (`handler500`): a page for people, a problem for programs."""
    found = outage(sys.exc_info()[1])
    if request.path.startswith("/api/"):
        if found is not None:
            return problem(503, *found, headers=RETRY_AFTER)
        said = _(
            "It is written down for the operators. Look before you try again: what you did may"
            " have been done."
        )
        return problem(500, Code.SERVER_ERROR, said)
    if found is not None:
        page = render_to_string("503.html", {"said": found[1]})
        return HttpResponse(page, status=503, headers=RETRY_AFTER)
    return defaults.server_error(request)


def _text(detail: Any) -> str:
    return detail if isinstance(detail, str) else json.dumps(detail, ensure_ascii=False)
