"""Strangers upload nothing: a large form of theirs is not even read."""

from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Log-in and the links of invitations are forms of a few short fields. Programs send JSON, which
# has its own limit (DATA_UPLOAD_MAX_MEMORY_SIZE).
MOST_OF_STRANGERS = 64 * 1024


class Uploads:
    """Middleware: leads strangers with a large multipart form to the log-in page.

    Django's check against forged forms would read all of it first, pictures and files included.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            request.content_type == "multipart/form-data"
            and int(request.META.get("CONTENT_LENGTH") or 0) > MOST_OF_STRANGERS
            and not request.user.is_authenticated
        ):
            return redirect_to_login(request.get_full_path())
        return self.get_response(request)
