"""One signed call to Xiaohongshu, and the meaning of its answer or its silence.

All calls go to one address; the fields of a call stand beside its name and its signature, which
does not cover them. There is no published table of errors: what is not certainly a refusal of a
step counts as no answer, so that the ticket is read back.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx

from aftersale.domain.multilingual import said as _
from aftersale.platforms import payments
from aftersale.platforms.answered_at import date_of
from aftersale.platforms.deadline import Deadline, traced
from aftersale.platforms.payments import Limit, TimedOut
from aftersale.platforms.protocol import Account, NotAuthorised, NotCarriedOut, Throttled
from aftersale.platforms.tls import tls
from aftersale.platforms.xiaohongshu import codes
from aftersale.platforms.xiaohongshu.values import clean, whole

ADDRESS = "https://ark.xiaohongshu.com"
PATH = "/ark/open_api/v3/common_controller"
VERSION = "2.0"
LONGEST_ANSWER = 20_000_000
# It does not say how long to wait.
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
# The platform failed within, rather than refuse.
_TROUBLE = ("系统", "超时", "服务异常", "服务器", "稍后", "繁忙")


class Refused(NotCarriedOut):
    """The platform understood the call and did not do it; the text is the platform's own."""

    limit = Limit.ORDER

    def __init__(self, text: str, code: int | None) -> None:
        super().__init__(text)
        self.code = code


class Api:
    """The calls of one account. Keeps connections, nothing else."""

    def __init__(self, account: Account) -> None:
        self._secrets = account.secrets
        self._address = (account.address or ADDRESS).rstrip("/") + PATH
        self.answered_at: datetime | None = None
        self._client: httpx.Client | None = None

    def read(self, method: str, fields: Mapping[str, Any]) -> Any:
        """The answer's data. Whatever goes wrong, nothing was changed."""
        try:
            return self._data(self._call(method, fields))
        except TimedOut:
            raise NotCarriedOut(_("Xiaohongshu did not answer. Nothing was changed.")) from None

    def send(
        self, method: str, fields: Mapping[str, Any], *, deadline: Deadline | None = None
    ) -> None:
        """Carries out a step, once: a call without an answer raises TimedOut and is not repeated.

        Not sent after `deadline`: NotCarriedOut.
        """
        self._data(self._call(method, fields, deadline=deadline))

    def token(self, method: str, fields: Mapping[str, str]) -> Mapping[str, Any]:
        """What the two OAuth calls answer, which take no access token.

        Raises TimedOut where the platform may have given new tokens that did not arrive.
        """
        try:
            data = self._data(self._call(method, fields, token=False))
        except Refused as refused:
            text = _("Xiaohongshu does not grant the access: %s")
            raise NotAuthorised(text % refused) from refused
        return data if isinstance(data, Mapping) else {}

    def _call(
        self,
        method: str,
        fields: Mapping[str, Any],
        *,
        token: bool = True,
        deadline: Deadline | None = None,
    ) -> dict[str, Any]:
        timestamp = str(int(time.time()))
        call: dict[str, Any] = {
            "appId": self._secret("app_id"),
            "method": method,
            "version": VERSION,
            "timestamp": timestamp,
            "sign": signature(
                method, self._secret("app_id"), timestamp, self._secret("app_secret")
            ),
        }
        if token:
            call["accessToken"] = self._secret("access_token")
        return _object(*self._exchange({**fields, **call}, deadline))

    def _secret(self, name: str) -> str:
        if value := self._secrets.get(name):
            return value
        raise NotAuthorised(_("The access to Xiaohongshu lacks: %s") % name)

    def _exchange(self, call: Mapping[str, Any], deadline: Deadline | None) -> tuple[int, bytes]:
        seconds = payments.CALL_TIMEOUT_SECONDS
        if self._client is None:
            self._client = httpx.Client(follow_redirects=False, verify=tls())
        # Escaped, so that no text can fail to be sent.
        content = json.dumps(call, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json;charset=utf-8"}
        until = time.monotonic() + seconds
        try:
            with self._client.stream(
                "POST",
                self._address,
                content=content,
                headers=headers,
                timeout=seconds,
                extensions=traced(deadline),
            ) as response:
                self.answered_at = date_of(response) or self.answered_at
                return response.status_code, _body(response, until)
        except _NEVER_SENT:
            pass
        except httpx.HTTPError:
            raise TimedOut from None
        raise NotCarriedOut(_("Xiaohongshu can't be reached."))

    def _data(self, answer: Mapping[str, Any]) -> Any:
        """The content of both envelopes: newer calls put a second one into the first one's data."""
        _raise_for(answer, whole(answer.get("error_code")), clean(answer.get("error_msg")))
        data = answer.get("data")
        if isinstance(data, Mapping) and "success" in data and ("data" in data or "code" in data):
            code = whole(data["code"]) if data.get("code") is not None else codes.SUCCEEDED
            _raise_for(data, code, clean(data.get("msg")))
            return data.get("data")
        return data


def signature(method: str, app_id: str, timestamp: str, secret: str) -> str:
    text = f"{method}?appId={app_id}&timestamp={timestamp}&version={VERSION}{secret}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _raise_for(envelope: Mapping[str, Any], code: int | None, text: str) -> None:
    success = envelope.get("success")
    if success is True and code == codes.SUCCEEDED:
        return
    if code == codes.THROTTLED or "限流" in text:
        limit = Limit.CALL if "method" in text.lower() else Limit.SHOP
        raise Throttled(_("Xiaohongshu has had too many calls."), PAUSE, limit)
    said = f"{text[:200]} ({code})" if text else str(code)
    if code == codes.NOT_AUTHENTICATED:
        raise NotAuthorised(_("Xiaohongshu does not accept the access token: %s") % said)
    if success is not False or any(word in text for word in _TROUBLE):
        # Neither a success nor a refusal: it may have been carried out.
        raise TimedOut
    raise Refused(said, code)


def _body(response: httpx.Response, until: float) -> bytes:
    """The whole answer, unless it comes too slowly or is too long."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LONGEST_ANSWER or time.monotonic() > until:
            raise TimedOut
    return bytes(body)


def _object(status: int, body: bytes) -> dict[str, Any]:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise Throttled(_("Xiaohongshu has had too many calls."), PAUSE)
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise NotAuthorised(_("Xiaohongshu refuses the call (HTTP %s).") % status)
    if 400 <= status < 500:
        raise NotCarriedOut(_("Xiaohongshu refuses the call (HTTP %s).") % status)
    if status != httpx.codes.OK:
        raise TimedOut
    try:
        # Yuan are decimals, and no float comes near money.
        answer = json.loads(body, parse_float=Decimal, parse_int=_int, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise TimedOut from None
    if not isinstance(answer, dict):
        raise TimedOut
    return answer


def _int(digits: str) -> int | None:
    """None for a number that nothing there can have; Python refuses to read the longest."""
    return int(digits) if len(digits) <= 40 else None


def _no_number(name: str) -> None:
    return None
