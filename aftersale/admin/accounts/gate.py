"""Middleware: sessions end, nothing is shown before a compulsory factor is set up, and dangerous
steps are confirmed first (SPEC P5)."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from . import session
from .confirm import ask_first
from .dangerous import DANGEROUS

# Requests that a page makes by itself name themselves, and keep no session alive.
UNATTENDED = "X-Unattended"
# The pages of a person without their second factor, and what these need.
_OPEN = {
    "account",
    "account_logout",
    "account_reauthenticate",
    "account_password",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "admin:logout",
    "admin:jsi18n",
    "set_language",
}

# Programs' calls, which no session opens.
_WITHOUT_SESSION = ("/api/", "/platforms/")


class SessionGate:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self._has_session(request) and session.is_over(request.session, now=timezone.now()):
            logout(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if not self._has_session(request) or request.path_info.startswith(_WITHOUT_SESSION):
            return None
        if UNATTENDED not in request.headers:
            session.note_presence(request.session, now=timezone.now())
        view_name = request.resolver_match.view_name if request.resolver_match else ""
        if session.lacks_factor(request.session) and view_name not in _OPEN:
            if UNATTENDED in request.headers:
                return HttpResponse(status=204)
            if "HX-Request" in request.headers:
                return HttpResponse(headers={"HX-Redirect": reverse("account")})
            return redirect("account")
        return ask_first(request, view_name) if view_name in DANGEROUS else None

    @staticmethod
    def _has_session(request: HttpRequest) -> bool:
        # Looking into the session would make every answer depend on cookies, those to programs too.
        return settings.SESSION_COOKIE_NAME in request.COOKIES and session.is_logged_in(
            request.session
        )
