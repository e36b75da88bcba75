"""Panels at the side of a case that other apps add: the desk itself knows no strategies."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from aftersale.models import Ticket


@dataclass(frozen=True)
class Panel:
    """A heading, and a template with its context."""

    title: Any
    template: str
    context: dict[str, Any] = field(default_factory=dict)


Show = Callable[[HttpRequest, Ticket], Panel | None]
_shows: list[Show] = []


def register(show: Show) -> Show:
    """`show` is called for every case; it returns None where it has nothing to show."""
    if show not in _shows:
        _shows.append(show)
    return show


def panels_of(request: HttpRequest, ticket: Ticket) -> list[Panel]:
    return [panel for show in _shows if (panel := show(request, ticket)) is not None]
