"""One call of the API: who may make it, how often, and only once per Idempotency-Key."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from aftersale.models import ApiToken, IdempotentCall, Scope
from aftersale.records.errors import FieldError
from aftersale.services.access import rights, tokens
from aftersale.services.access.idempotent_calls import KEPT
from aftersale.services.shared.errors import NotAllowed

from . import audit
from .etags import are_same_facts, etag, is_same_answer
from .problem_codes import ProblemCode
from .problems import CONTENT_TYPE, Failed, Invalid, TooLarge, answer_to, problem

KEY_HEADER = "Idempotency-Key"
_LONGEST_KEY = 128
_SAFE = {"GET", "HEAD", "OPTIONS"}
# A call that waits for locked rows gives up before its client does.
_LOCK_TIMEOUT = "10s"


class Answer(HttpResponse):
    """`changed_nothing`: no step, and not kept for its Idempotency-Key, so that the call may be
    made again."""

    changed_nothing = False
    # The note on the call in the audit trail.
    told = ""


def answer(
    content: BaseModel | None, status: int = 200, *, facts: str = "", location: str = ""
) -> Answer:
    """A record as the body; `content` None is an empty body, 204.

    `facts` go into the ETag of what a later write may name in If-Match; `location` is the address
    of what was made.
    """
    if content is None:
        return nothing()
    body = content.model_dump_json().encode()
    response = Answer(body, status=status, content_type="application/json")
    if facts:
        response["ETag"] = etag(body, facts)
    if location:
        response["Location"] = location
    return response


def nothing(**headers: str) -> Answer:
    """204 has no body, and so no content type."""
    response = Answer(status=204, headers=headers)
    del response["Content-Type"]
    return response


class Call(APIView):
    """A view names in `scopes` the scopes of each method, of which a token needs one, and writes
    those methods."""

    scopes: ClassVar[Mapping[str, Scope | tuple[Scope, ...]]]
    guarded: ClassVar[Collection[str]] = ()
    """Methods that take If-Match."""
    is_step: ClassVar[bool] = False
    """Whether what it writes is an entry of the audit trail, where no service writes its own. Then
    all of the call's work is one transaction, with or without a key."""

    request: Request

    @property
    def token(self) -> ApiToken:
        return self.request.auth

    @property
    def shop_id(self) -> int:
        """The one shop that the token is for: every look-up starts from it (SPEC P1)."""
        return self.token.shop_id

    @property
    def user(self) -> User:
        """The token's maker: services check this person's right again."""
        return self.request.user

    @property
    def key(self) -> str | None:
        """With a key, all of the call's work is one transaction (`once`)."""
        return self.request.headers.get(KEY_HEADER)

    @property
    def now(self) -> datetime:
        return timezone.now()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            # A redirect would hide that the token crossed the network for all to read.
            raise Failed(
                403,
                ProblemCode.NEEDS_HTTPS,
                _("Only over HTTPS: others may have read the token, so make a new one."),
            )
        super().initial(request, *args, **kwargs)
        if not isinstance(request.auth, ApiToken):
            raise NotAuthenticated
        if not request.token_use.allowed:
            raise Failed(
                429,
                ProblemCode.RATE_LIMITED,
                _("Too many calls with this token: wait and try again."),
            )
        # PATCH or TRACE of a view without them is answered as not allowed, not as forbidden.
        method = "GET" if request.method in _SAFE else request.method
        wanted = self.scopes.get(method)
        if wanted is None:
            return
        scopes = (wanted,) if isinstance(wanted, Scope) else wanted
        granted = [scope for scope in scopes if scope in self.token.scopes]
        if not granted:
            raise Failed(
                403,
                ProblemCode.SCOPE_MISSING,
                _("The token lacks the scope “%(scope)s”.") % {"scope": scopes[0].value},
            )
        if not any(
            rights.may(self.user, self.shop_id, tokens.RIGHT_OF[scope]) for scope in granted
        ):
            raise NotAllowed(_("Whoever made the token may not do this in the shop any more."))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        use = getattr(self.request, "token_use", None)
        if use is not None:
            limit = settings.API_CALLS_PER_MINUTE
            left = max(0, limit - use.calls)
            response["RateLimit-Policy"] = f'"token";q={limit};w=60'
            response["RateLimit"] = f'"token";r={left};t={use.seconds_left}'
            if not use.allowed:
                response["Retry-After"] = str(use.seconds_left)
        # Answers hold orders and buyers: no cache may keep them.
        response["Cache-Control"] = "no-store"
        return response

    def handle_exception(self, exc: Exception) -> HttpResponseBase:
        if isinstance(exc, NotAuthenticated):
            exc.auth_header = self.get_authenticate_header(self.request)
            exc.status_code = 401
        found = answer_to(exc)
        if found is None:
            raise exc
        if found.status_code == 401:
            found["WWW-Authenticate"] = "Bearer"
        if found.status_code == 405:
            found["Allow"] = ", ".join(self.allowed_methods)
        return found

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        # All answers are plain HttpResponses: nothing to negotiate or to render.
        if response.status_code == 403 and isinstance(request.auth, ApiToken):
            audit.note_refusal(request, request.auth, response)
        if request.method in _SAFE and response.status_code == 200:
            response = self._tagged(request, response)
        return _gzip.process_response(request._request, response)

    def _tagged(self, request: Request, response: HttpResponse) -> HttpResponse:
        """With its ETag, unless the view has set one of its own; 304 where the program has it."""
        response.setdefault("ETag", etag(response.content))
        if is_same_answer(request.headers.get("If-None-Match", ""), response["ETag"]):
            return HttpResponse(status=304, headers={"ETag": response["ETag"]})
        return response

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return None, None

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The allowed methods; the OpenAPI document describes them."""
        return nothing(Allow=", ".join(self.allowed_methods))

    def once(
        self, work: Callable[[], HttpResponse], *, facts: Callable[[], str] | None = None
    ) -> HttpResponse:
        """Carries out a write; with an Idempotency-Key, once for its key and content.

        With a key the work and its answer are one transaction. The same call sent meanwhile waits
        for it and gets the same answer. After a crash there is neither work nor answer, and the
        call may be made again. So may one that was refused or changed nothing: only answers of
        writes are kept. `facts` locks what is written and returns its present facts, for If-Match.
        """
        if self.is_step:
            work = self._noted(work)
        if (wanted := self.request.headers.get("If-Match")) is not None:
            work = _if_match(wanted, facts, work)
        key = self.key
        if key is None:
            return work()
        if not 0 < len(key) <= _LONGEST_KEY or not key.isprintable():
            raise Invalid(
                [],
                _("%(header)s: expected 1 to %(most)d printable characters.")
                % {"header": KEY_HEADER, "most": _LONGEST_KEY},
            )
        fingerprint = self._fingerprint()
        with transaction.atomic():
            with connection.cursor() as cur:
                cur.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            call = IdempotentCall(token=self.token, key=key, fingerprint=fingerprint, at=self.now)
            # Waits for a call under way with the same key, and locks the stored row.
            IdempotentCall.objects.bulk_create(
                [call],
                update_conflicts=True,
                unique_fields=["token", "key"],
                update_fields=["key"],
            )
            stored = IdempotentCall.objects.get(token=self.token, key=key)
            if stored.status and self.now - stored.at < KEPT:
                return self._again(stored, fingerprint)
            try:
                with transaction.atomic():
                    response = work()
            except Exception as error:
                found = answer_to(error)
                if found is None or found.status_code >= 500:
                    raise
                response = found
            if response.status_code >= 300 or getattr(response, "changed_nothing", False):
                IdempotentCall.objects.filter(pk=stored.pk).delete()
                return response
            # Replaces one that has expired and only waits for its deletion.
            IdempotentCall.objects.filter(pk=stored.pk).update(
                fingerprint=fingerprint,
                at=call.at,
                status=response.status_code,
                answer=response.content,
                content_type=response.get("Content-Type", ""),
                location=response.get("Location", ""),
            )
            return response

    def _noted(self, work: Callable[[], HttpResponse]) -> Callable[[], HttpResponse]:
        """`work` with its entry, both or neither: no step without an entry (SPEC P6)."""

        @transaction.atomic
        def noted() -> HttpResponse:
            response = work()
            if response.status_code < 300 and not getattr(response, "changed_nothing", False):
                told = getattr(response, "told", "")
                audit.note_step(self.request, self.token, self.user, told)
            return response

        return noted

    def _fingerprint(self) -> str:
        request = self.request
        parts = [request.method or "", request.get_full_path()]
        head = "\n".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.sha256(head + b"\n" + _canonical(body(request))).hexdigest()

    def _again(self, stored: IdempotentCall, fingerprint: str) -> HttpResponse:
        if stored.fingerprint != fingerprint:
            return problem(
                422,
                ProblemCode.KEY_REUSED,
                _("This %(header)s was used for another call: take a new one.")
                % {"header": KEY_HEADER},
            )
        response = HttpResponse(
            bytes(stored.answer), status=stored.status, content_type=stored.content_type
        )
        if stored.status == 204:
            del response["Content-Type"]
        if stored.location:
            response["Location"] = stored.location
        response["Idempotency-Replayed"] = "true"
        return response


@method_decorator(csrf_exempt, name="dispatch")
class NoSuchCall(View):
    """404 as problem+json for unknown paths under /api/v1/."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return problem(404, ProblemCode.NO_SUCH_CALL, _("There is no such call."))


def _if_match(
    header: str, facts: Callable[[], str] | None, work: Callable[[], HttpResponse]
) -> Callable[[], HttpResponse]:
    """`work`, done only if what it changes is as the program has read it (RFC 9110, 13.1.1)."""
    if facts is None:
        raise Invalid([], _("This call takes no If-Match."))

    def guarded() -> HttpResponse:
        with transaction.atomic():
            if not are_same_facts(header, facts()):
                raise Failed(
                    412,
                    ProblemCode.PRECONDITION_FAILED,
                    _("It has changed since it was read: read it again, then decide."),
                )
            return work()

    return guarded


def _canonical(content: bytes) -> bytes:
    """JSON however it is written: the order of keys and blanks make no other call.

    Numbers stay as they were written. Anything else, a key given twice among it, is compared as
    it was sent.
    """

    def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        found = json.loads(
            content, object_pairs_hook=once_each, parse_float=_Written, parse_int=_Written
        )
        return json.dumps(found, sort_keys=True, default=str, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return content


class _Written:
    """A number as it was written; a lone surrogate, which no text has, marks it."""

    def __init__(self, digits: str) -> None:
        self.digits = digits

    def __str__(self) -> str:
        return f"\ud800{self.digits}"


_gzip = GZipMiddleware(lambda request: HttpResponse())


def body(request: Request) -> bytes:
    """The body as it was sent; raises TooLarge above DATA_UPLOAD_MAX_MEMORY_SIZE."""
    return request._request.body


def not_json() -> Invalid:
    return Invalid([FieldError("", _("expected a JSON object"))])


__all__ = ["CONTENT_TYPE", "Call", "TooLarge", "answer", "body", "not_json"]
