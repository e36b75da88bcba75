"""Answers to requests of an open page after its user was logged out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse


class LoggedOut:
    """Middleware: 401 to htmx, in place of the way to the log-in page.

    htmx would follow it and put that page into a list or a dialog, over what was typed there;
    desk.js says instead where to log in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if "HX-Request" in request.headers:
            leads_to = response.headers.get("Location", "")
            if leads_to.partition("?")[0] == reverse("admin:login"):
                return HttpResponse(status=401)
        return response
