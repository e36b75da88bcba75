"""A program that calls the API with a token of its own."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from aftersale.models import Scope, Shop
from aftersale.services.access import tokens

MADE_AT = datetime(2026, 11, 1, tzinfo=UTC)
ALL = tuple(scope.value for scope in Scope)


class Answer(NamedTuple):
    status: int
    content: Any
    response: HttpResponse


class Program:
    """`raise_request_exception` stays on: an unexpected error fails the test that caused it."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.client = Client()

    def call(
        self,
        method: str,
        path: str,
        content: Any = None,
        *,
        key: str = "",
        raw: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        headers = {**(headers or {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        body = raw or (b"" if content is None else json.dumps(content).encode())
        response = self.client.generic(
            method, f"/api/v1{path}", body, content_type="application/json", headers=headers
        )
        text = response.getvalue()
        return Answer(response.status_code, json.loads(text) if text else None, response)

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, content: Any = None, *, key: str = "") -> Answer:
        return self.call("POST", path, content, key=key)


def program(shop: Shop, owner: User, *scopes: str) -> Program:
    """A program with a token that `owner` made in `shop`; with all scopes where none is named."""
    _token, text = tokens.create(
        shop_id=shop.pk, name="ERP", scopes=scopes or ALL, user=owner, now=MADE_AT
    )
    return Program(text)
