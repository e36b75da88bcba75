"""One HTTP call to a platform: sent once, given up in time, never read beyond a size."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
from django.utils.functional import Promise

from aftersale.domain.multilingual import said as _
from aftersale.platforms import payments
from aftersale.platforms.answered_at import date_of
from aftersale.platforms.deadline import Deadline, traced
from aftersale.platforms.payments import Limit, TimedOut
from aftersale.platforms.protocol import Account, NotAuthorised, NotCarriedOut, Throttled
from aftersale.platforms.tls import tls
from config import traces

# A detail has a few kilobytes; more than this is not an answer.
LONGEST_ANSWER = 20_000_000
# How long to leave a platform alone that has too many calls and names no time of its own.
PAUSE = 2.0

# None of these has sent anything.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


class Connection:
    """An account's connections to its platform, `name`; keeps them open, nothing else."""

    def __init__(
        self, account: Account, name: Promise, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.name = name
        # By the platform's clock, when it last answered.
        self.answered_at: datetime | None = None
        self._count = account.count
        self._transport = transport
        self._client: httpx.Client | None = None

    def exchange(
        self,
        verb: str,
        address: str,
        *,
        until: float | None = None,
        deadline: Deadline | None = None,
        extensions: dict[str, object] | None = None,
        **sent: Any,
    ) -> tuple[httpx.Response, bytes]:
        """An answer of any status; given up at `until` (monotonic) where calls share a time.

        Not sent after `deadline`: NotCarriedOut. TimedOut where nobody knows what it did.
        """
        until = until or time.monotonic() + payments.CALL_TIMEOUT_SECONDS
        left = until - time.monotonic()
        if left <= 0:
            raise NotCarriedOut(_("%s is too slow; nothing was sent.") % self.name)
        try:
            with (
                traces.call(httpx.URL(address).host, verb),
                self._opened().stream(
                    verb,
                    address,
                    timeout=left,
                    extensions={**(extensions or {}), **traced(deadline)},
                    **sent,
                ) as response,
            ):
                self.answered_at = date_of(response) or self.answered_at
                return response, _whole(response, until)
        # The exceptions name the address, and with it the token: they are told on by nothing.
        except _NEVER_SENT:
            pass
        except httpx.HTTPError:
            raise TimedOut from None
        finally:
            self._count()
        raise NotCarriedOut(_("%s can't be reached.") % self.name)

    def json(
        self,
        verb: str,
        address: str,
        *,
        load: Callable[[bytes], Any] = json.loads,
        **sent: Any,
    ) -> tuple[httpx.Response, dict[str, Any]]:
        """The answer's JSON; raises for HTTP statuses, each by its meaning."""
        response, body = self.exchange(verb, address, **sent)
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise too_many(self.name)
        refuses = _("%(platform)s refuses the call (HTTP %(status)s).")
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise NotAuthorised(refuses % {"platform": self.name, "status": status})
        if 400 <= status < 500:
            raise NotCarriedOut(refuses % {"platform": self.name, "status": status})
        if status != httpx.codes.OK:
            raise TimedOut
        try:
            answer = load(body)
        except (ValueError, RecursionError):
            raise TimedOut from None
        if not isinstance(answer, dict):
            raise TimedOut
        return response, answer

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A call that only reads: whatever goes wrong, nothing was changed."""
        try:
            yield
        except TimedOut:
            text = _("%s did not answer. Nothing was changed.") % self.name
            raise NotCarriedOut(text) from None

    def _opened(self) -> httpx.Client:
        if self._client is None:
            transport = {"transport": self._transport} if self._transport else {"verify": tls()}
            self._client = httpx.Client(follow_redirects=False, **transport)
        return self._client


def too_many(platform: Promise, limit: Limit = Limit.SHOP) -> Throttled:
    return Throttled(_("%s has had too many calls.") % platform, PAUSE, limit)


def _whole(response: httpx.Response, until: float) -> bytes:
    """The whole answer, unless it comes too slowly or is too long."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LONGEST_ANSWER or time.monotonic() > until:
            raise TimedOut
    return bytes(body)
