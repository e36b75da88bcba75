"""The request or task at work: its id, address and token, for entries, events and log lines."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import structlog


@dataclass(frozen=True)
class Acting:
    """`token` is the key of the API token that a program called with."""

    request_id: str = ""
    address: str = ""
    token: int | None = None


_NOBODY = Acting()
_acting: ContextVar[Acting] = ContextVar("acting", default=_NOBODY)


@contextmanager
def acting(*, address: str = "", request_id: str = "") -> Iterator[str]:
    """The work inside is one request, task or command; yields its id, which no caller chooses."""
    request_id = request_id or uuid.uuid4().hex
    before = _acting.set(Acting(request_id, address))
    try:
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            yield request_id
    finally:
        structlog.contextvars.unbind_contextvars("token")
        _acting.reset(before)


def by_token(token: int) -> None:
    """The request is a program's, with this token, until it ends."""
    _acting.set(replace(_acting.get(), token=token))
    structlog.contextvars.bind_contextvars(token=token)


@contextmanager
def as_token(token: int | None) -> Iterator[None]:
    """Steps inside count as the program's with this token, which asked for them earlier; None: a
    person's."""
    before = _acting.set(replace(_acting.get(), token=token))
    try:
        yield
    finally:
        _acting.reset(before)


def task_begins(task: dict[str, Any], **_signal: Any) -> None:
    """Receiver of the queue's signal before each task: its id is that of what it writes."""
    _acting.set(Acting(task["id"]))
    structlog.contextvars.bind_contextvars(request_id=task["id"])


def task_ends(**_signal: Any) -> None:
    _acting.set(_NOBODY)
    structlog.contextvars.unbind_contextvars("request_id")


# Defaults of columns: whatever is written says by which request, from where, and with which token.
def request_id() -> str:
    return _acting.get().request_id


def address() -> str:
    return _acting.get().address


def token() -> int | None:
    return _acting.get().token
