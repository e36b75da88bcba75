"""Messages that a platform pushes: accepted at once, followed up by a task (SPEC E1)."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from aftersale.platforms.protocol import ForgedMessage
from aftersale.services.syncing import messages as received

# The platforms' messages are a few hundred bytes.
MOST_BYTES = 256 * 1024


@csrf_exempt
@require_http_methods(["GET", "POST"])
def messages(request: HttpRequest, platform: str, shop_code: str = "") -> HttpResponse:
    """A forged message and one for a shop that is not there get the same answer.

    Without a shop in the address, the secrets that fit tell the shop.
    """
    body = b""
    if request.method == "POST":
        body = request.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            return _answer("", 413)
    try:
        if request.method == "GET":
            reply = _challenged(request, platform, shop_code)
        else:
            reply = _received(request, platform, shop_code, body)
    except ForgedMessage:
        return _answer("", 403)
    return _answer(reply, 200)


def _challenged(request: HttpRequest, platform: str, shop_code: str) -> str:
    query = request.GET.dict()
    if shop_code:
        return received.challenge(platform=platform, shop_code=shop_code, query=query)
    return received.challenge_for_app(platform=platform, query=query)


def _received(request: HttpRequest, platform: str, shop_code: str, body: bytes) -> str:
    query, now = request.GET.dict(), timezone.now()
    if shop_code:
        return received.receive(
            platform=platform,
            shop_code=shop_code,
            body=body,
            headers=request.headers,
            query=query,
            now=now,
        )
    return received.receive_for_app(
        platform=platform, body=body, headers=request.headers, query=query, now=now
    )


def _answer(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
