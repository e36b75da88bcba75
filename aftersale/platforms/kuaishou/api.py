"""One signed call to Kuaishou, and what its answer or its silence means.

The SDK's client is not used, only its signature (docs/adr/0009): it repeats a POST that was not
answered, takes an error for a success, and doubles a part of the address.
"""

import json
import time
import warnings
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from aftersale.domain.multilingual import said as _
from aftersale.platforms import payments
from aftersale.platforms.answered_at import clocks_apart, date_of
from aftersale.platforms.deadline import Deadline, traced
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import (
    Account,
    NotAuthorised,
    NotCarriedOut,
    Picture,
    Throttled,
)
from aftersale.platforms.tls import tls

from . import codes

ADDRESS = "https://openapi.kwaixiaodian.com"
LONGEST_ANSWER = 20_000_000
# How long to leave a platform alone that has too many calls; the day's quota comes back slowly.
PAUSE, QUOTA_PAUSE = 2.0, 600.0

# None of these has sent anything.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


class Refused(NotCarriedOut):
    """The platform understood the call and did not do it; the text is the platform's own."""


class Api:
    """The calls of one account. Keeps connections, nothing else."""

    def __init__(self, account: Account) -> None:
        self._secrets = account.secrets
        self._address = (account.address or ADDRESS).rstrip("/")
        self.answered_at: datetime | None = None
        self._client: httpx.Client | None = None

    def read(self, method: str, param: Mapping[str, Any]) -> Any:
        """The answer's data. Whatever goes wrong, nothing was changed."""
        try:
            return self._data(self._signed("GET", method, param))
        except TimedOut:
            raise NotCarriedOut(_("Kuaishou did not answer. Nothing was changed.")) from None

    def send(
        self, method: str, param: Mapping[str, Any], *, deadline: Deadline | None = None
    ) -> None:
        """Carries out a step, once: a call without an answer raises TimedOut and is not repeated.

        Not sent after `deadline`: NotCarriedOut.
        """
        self._data(self._signed("POST", method, param, deadline=deadline))

    def upload(self, method: str, param: Mapping[str, Any], name: str, picture: Picture) -> Any:
        """Hands a file over, which changes nothing of any ticket; the answer's data."""
        file = {name: (picture.name, picture.content, picture.content_type)}
        try:
            return self._data(self._signed("POST", method, param, file))
        except TimedOut:
            raise NotCarriedOut(_("Kuaishou did not answer. Nothing was changed.")) from None

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The OAuth address's answer to a refresh."""
        text = _("Kuaishou does not renew the access: %s")
        return self._tokens("POST", "refresh_token", form, text)

    def first_token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Its answer to the code of an authorisation."""
        text = _("Kuaishou does not grant the access: %s")
        return self._tokens("GET", "access_token", form, text)

    def _tokens(self, verb: str, name: str, form: Mapping[str, str], text: str) -> dict[str, Any]:
        response, body = self._exchange(verb, f"{self._address}/oauth2/{name}", form)
        answer = _object(response, body)
        if _code(answer, "result") not in codes.SUCCEEDED:
            self._raise_grouped(answer, response)
            raise NotAuthorised(text % _said(answer))
        data = answer.get("data")
        return data if isinstance(data, dict) else answer

    def _signed(
        self,
        verb: str,
        method: str,
        param: Mapping[str, Any],
        file: Any = None,
        *,
        deadline: Deadline | None = None,
    ) -> tuple[httpx.Response, bytes]:
        # Escaped, so that no text can fail to be signed.
        text = json.dumps(param, separators=(",", ":"))
        fields = _signed_fields(
            self._secrets, method=method, param=text, timestamp=int(time.time() * 1000)
        )
        address = f"{self._address}/{method.replace('.', '/')}"
        return self._exchange(verb, address, fields, file, deadline=deadline)

    def _exchange(
        self,
        verb: str,
        address: str,
        fields: Mapping[str, str],
        file: Any = None,
        *,
        deadline: Deadline | None = None,
    ) -> tuple[httpx.Response, bytes]:
        seconds = payments.CALL_TIMEOUT_SECONDS
        if self._client is None:
            self._client = httpx.Client(follow_redirects=False, verify=tls())
        query, form = (fields, None) if verb == "GET" else (None, fields)
        until = time.monotonic() + seconds
        try:
            with self._client.stream(
                verb,
                address,
                params=query,
                data=form,
                files=file,
                timeout=seconds,
                extensions=traced(deadline),
            ) as response:
                self.answered_at = date_of(response) or self.answered_at
                return response, _body(response, until)
        # The exceptions name the address, and with it the token: they are told on by nothing.
        except _NEVER_SENT:
            pass
        except httpx.HTTPError:
            raise TimedOut from None
        raise NotCarriedOut(_("Kuaishou can't be reached."))

    def _data(self, exchanged: tuple[httpx.Response, bytes]) -> Any:
        response, body = exchanged
        answer = _object(response, body)
        code = _code(answer, "result")
        if code in codes.SUCCEEDED:
            return answer.get("data")
        self._raise_grouped(answer, response)
        if code is None or _inside_trouble(answer):
            # The call got no answer, so it may have been carried out.
            raise TimedOut
        raise Refused(_said(answer))

    def _raise_grouped(self, answer: dict[str, Any], response: httpx.Response) -> None:
        found = {_code(answer, name) for name in ("result", "code")}
        if found & codes.THROTTLED:
            raise Throttled(_("Kuaishou has had too many calls."), PAUSE)
        if (found | {_code(answer, "sub_code")}) & codes.QUOTA_SPENT:
            raise Throttled(_("The app's calls of the day are used up."), QUOTA_PAUSE)
        if found & codes.NOT_AUTHENTICATED:
            text = _("Kuaishou does not accept the access token: %s")
        elif found & codes.NOT_PERMITTED:
            text = _("The app may not do this at Kuaishou: %s")
        elif found & codes.BAD_SIGNATURE:
            text = _("Kuaishou does not accept the signature: %s")
            if clocks_apart(response):
                text = _("Kuaishou does not accept the signature; the clocks differ: %s")
        else:
            return
        raise NotAuthorised(text % _said(answer))


def _signed_fields(
    secrets: Mapping[str, str], *, method: str, param: str, timestamp: int
) -> dict[str, str]:
    # Imported here, as it takes most of a second and only calls to Kuaishou need it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from kwaixiaodian.auth.signature import SignatureManager
        from kwaixiaodian.auth.types import AuthConfig, SignatureParams

    try:
        config = AuthConfig(
            app_key=secrets["app_key"],
            app_secret=secrets.get("app_secret", ""),
            sign_secret=secrets["sign_secret"],
        )
        params = SignatureParams(
            method=method,
            app_key=config.app_key,
            access_token=secrets["access_token"],
            timestamp=str(timestamp),
            param=param,
        )
    except KeyError as error:
        raise NotAuthorised(_("The access to Kuaishou lacks: %s") % error.args[0]) from None
    return {**params.to_dict(), "sign": SignatureManager(config).sign_request(params)}


def _body(response: httpx.Response, until: float) -> bytes:
    """The whole answer, unless it comes too slowly or is too long."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LONGEST_ANSWER or time.monotonic() > until:
            raise TimedOut
    return bytes(body)


def _object(response: httpx.Response, body: bytes) -> dict[str, Any]:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise Throttled(_("Kuaishou has had too many calls."), PAUSE)
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise NotAuthorised(_("Kuaishou refuses the call (HTTP %s).") % status)
    if 400 <= status < 500:
        raise NotCarriedOut(_("Kuaishou refuses the call (HTTP %s).") % status)
    if status != httpx.codes.OK:
        raise TimedOut
    try:
        answer = json.loads(body)
    except ValueError:
        raise TimedOut from None
    if not isinstance(answer, dict):
        raise TimedOut
    return answer


def _code(answer: Mapping[str, Any], name: str) -> int | None:
    value = answer.get(name)
    if isinstance(value, bool):
        return None
    try:
        return int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None


def _said(answer: Mapping[str, Any]) -> str:
    """The platform's own words, with its code."""
    for name in ("sub_msg", "error_msg", "msg"):
        text = answer.get(name)
        if isinstance(text, str) and text.strip():
            return f"{text.strip()[:200]} ({answer.get('result')})"
    return str(answer.get("result"))


def _inside_trouble(answer: Mapping[str, Any]) -> bool:
    """The platform failed within rather than refuse: which codes say so is not documented."""
    text = _said(answer)
    return any(word in text for word in ("系统", "请求超时", "服务异常", "服务器", "稍后", "繁忙"))
