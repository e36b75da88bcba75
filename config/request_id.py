"""Each request has an id: in its answer, its log lines, and whatever it writes (SPEC P6)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from config.acting import acting
from config.login import address_of

HEADER = "Request-Id"


class RequestId:
    """Middleware: makes the id, which no caller can choose, and says what is at work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(address=address_of(request) or "") as request_id:
            response = self.get_response(request)
        response[HEADER] = request_id
        return response
