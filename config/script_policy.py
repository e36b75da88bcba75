"""Pages on Unfold's Alpine evaluate expressions; nothing else may (docs/adr/0015)."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_PAGES = ("/admin/", "/account/")


class EvalOnUnfoldsPages:
    """Middleware, within that of django-csp: adds 'unsafe-eval' to the policy of these pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and request.path.startswith(_PAGES):
            known = getattr(response, "_csp_update", None) or {}
            response._csp_update = {**known, "script-src": ["'unsafe-eval'"]}  # type: ignore[attr-defined]
        return response
