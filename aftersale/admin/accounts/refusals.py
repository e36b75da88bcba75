"""Middleware: steps refused to a person who is logged in, for the audit trail (SPEC P6)."""

from collections.abc import Callable

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from aftersale.services.access import refusals


class Refusals:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Programs' calls are told of by the API itself.
        of_program = request.path_info.startswith("/api/")
        if response.status_code == 403 and not of_program and isinstance(request.user, User):
            match = request.resolver_match
            step = f"{request.method} /{match.route if match else '?'}"
            refusals.of_person(user=request.user, step=step, now=timezone.now())
        return response
