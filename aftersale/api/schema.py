"""The OpenAPI document: records as their calls read and write them, and the errors of all calls."""

import inspect
from typing import Any, Literal

from drf_spectacular.contrib.pydantic import PydanticExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from pydantic import BaseModel
from pydantic.json_schema import model_json_schema

from aftersale.models import WebhookType

from .call import KEY_HEADER
from .problems import CONTENT_TYPE, Conflict, Problem


class RecordSchema(PydanticExtension):
    """Splits request from response: keys with a default are required in responses only."""

    target_class = "pydantic.BaseModel"
    match_subclasses = True
    priority = 1

    def get_name(self, auto_schema: Any, direction: Any) -> str:
        return super().get_name(auto_schema, direction).replace("[", "Of").replace("]", "")

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema = model_json_schema(
            self.target,
            ref_template="#/components/schemas/{model}",
            mode="validation" if direction == "request" else "serialization",
        )
        for name, part in schema.pop("$defs", {}).items():
            auto_schema.registry.register_on_missing(
                ResolvedComponent(
                    name=name, type=ResolvedComponent.SCHEMA, object=name, schema=part
                )
            )
        return schema


class CallSchema(AutoSchema):
    """Adds to every operation what `call.Call` does for it: answers, headers, Idempotency-Key."""

    def get_override_parameters(self) -> list[Any]:
        sent = [] if self._is_read else [_KEY]
        if self.method in self.view.guarded:
            sent.append(_IF_MATCH)
        return [*super().get_override_parameters(), *sent, *_HEADERS]

    @property
    def _is_read(self) -> bool:
        return self.method in ("GET", "HEAD")

    def get_description(self) -> str:
        # The method's own words; a view's class says how it is made.
        return inspect.cleandoc(getattr(self.view, self.method.lower()).__doc__ or "")

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        expected = _OF_READING if self._is_read else _OF_WRITING
        if self.method in self.view.guarded:
            expected = (*expected, "412")
        for status in expected:
            kind = _CONFLICT if status == "409" else PROBLEM
            bodies.setdefault(
                status, self._get_response_for_code(kind, status, [CONTENT_TYPE], direction)
            )
        return bodies


_KEY = OpenApiParameter(
    KEY_HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The same key and JSON give the same answer for 24 hours, once something was"
    " changed; a refused call may be sent again under its key.",
)


def _header(name: str, description: str, *statuses: str) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        str,
        OpenApiParameter.HEADER,
        description=description,
        response=list(statuses) or True,
    )


_HEADERS = [
    _header("Request-Id", "This request's id, for questions about it"),
    _header("RateLimit", "What is left of the token's calls in this minute"),
    _header("Retry-After", "Seconds to wait", "429", "503"),
    _header("ETag", "For If-None-Match, and for If-Match of calls that take it", "200"),
    _header("Location", "The address of what was made", "201"),
]
_IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of what was read: 412 where its facts have changed since.",
)
PROBLEM = OpenApiResponse(Problem, "What is wrong")
_CONFLICT = OpenApiResponse(Conflict, "What is in its way")
_OF_READING = ("401", "403", "404", "422", "429", "503")
_OF_WRITING = (*_OF_READING, "409", "413")


def _in_place(part: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """The definition that a reference into the record's own schema names: the document has no such
    place."""
    if "$ref" not in part:
        return part
    found = {**named[part["$ref"].rpartition("/")[2]]}
    found.pop("title")
    return found


def parameters(record: type[BaseModel]) -> list[OpenApiParameter]:
    """The keys of a query record as parameters of its call."""
    schema = record.model_json_schema()
    found = []
    for name, part in schema.get("properties", {}).items():
        part = dict(part)
        description = part.pop("description", "")
        part.pop("title", None)
        default = part.pop("default", None)
        choices = [one for one in part.get("anyOf", []) if one.get("type") != "null"]
        if len(choices) == 1:
            part = choices[0]
        part = _in_place(part, schema.get("$defs", {}))
        if "items" in part:
            part["items"] = _in_place(part["items"], schema.get("$defs", {}))
        if default is not None:
            part["default"] = default
        found.append(
            OpenApiParameter(
                name,
                part,
                OpenApiParameter.QUERY,
                required=name in schema.get("required", []),
                description=description,
            )
        )
    return found


def with_webhooks(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Adds the events to the document, under `webhooks` (OpenAPI 3.1; docs/webhooks.md)."""
    headers = [
        {"in": "header", "name": name, "required": True, "schema": {"type": "string"}}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    ]
    result["webhooks"] = {
        kind.value: {
            "post": {
                "operationId": "on_" + kind.value.replace(".", "_"),
                "summary": str(kind.label),
                "tags": ["events"],
                "security": [],
                "parameters": headers,
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["type", "timestamp", "data"],
                                "properties": {
                                    "type": {"const": kind.value},
                                    "timestamp": {"type": "string", "format": "date-time"},
                                    "data": {"type": "object"},
                                },
                            }
                        }
                    },
                },
                "responses": {"2XX": {"description": "Received; only the status counts"}},
            }
        }
        for kind in WebhookType
    }
    return result
