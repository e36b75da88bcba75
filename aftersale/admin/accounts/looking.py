"""Middleware: says who looks, so that buyers' numbers are masked for viewers (SPEC P1)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from aftersale.services.access import masks


class Looking:
    """After the one that finds the user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with masks.looking(request.user):
            return self.get_response(request)
