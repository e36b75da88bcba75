"""Calls of WeChat's API over HTTP: how they are made, and what their failures mean."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import said as _
from aftersale.platforms.answered_at import date_of
from aftersale.platforms.connection import Connection
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import Account, NotAuthorised, NotCarriedOut, Throttled
from aftersale.platforms.tls import tls

from .codes import NOT_AUTHORISED, NOT_PERMITTED, SYSTEM_ERRORS, THROTTLED

ADDRESS = "https://api.weixin.qq.com"
RETRY_SECONDS = 60.0

Answer = dict[str, Any]
T = TypeVar("T")


class NotPermitted(NotAuthorised):
    """The app may not make this one call; what else it may do goes on."""


class Refused(Exception):
    """The platform's own error code: it did not do what was asked."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


class _Authorised(httpx.HTTPTransport):
    """Adds the token where the request leaves, so that no log of an address has it."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        token = request.extensions.pop("access_token", "")
        query = {"access_token": token} if token else {}
        sent = httpx.Request(
            request.method,
            request.url.copy_merge_params(query),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return super().handle_request(sent)


class Client:
    """One shop's connection. Its calls raise what aftersale.platforms says, and Refused."""

    def __init__(self, account: Account) -> None:
        self._secrets = account.secrets
        self._address = (account.address or ADDRESS).rstrip("/")
        self.connection = Connection(
            account, gettext_lazy("WeChat"), transport=_Authorised(verify=tls())
        )

    def call(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        until: float | None = None,
        deadline: Deadline | None = None,
        token: str | None = None,
        method: str = "POST",
        query: Mapping[str, str] | None = None,
        files: Any = None,
    ) -> Answer:
        """The answer of one call; given up at `until` (monotonic) where several share a time.

        Not sent after `deadline`: NotCarriedOut.
        """
        token = self._secrets.get("access_token", "") if token is None else token
        if not token:
            raise NotAuthorised(_("There is no access token yet."))
        sent: dict[str, Any] = {
            "params": query,
            "extensions": {"access_token": token},
            "deadline": deadline,
        }
        if files:
            sent["files"] = files
        elif method == "POST":
            sent |= _json(body or {})
        return self._answer_to(method, path, until, sent)

    def content(self, path: str, query: Mapping[str, str]) -> bytes:
        """The bytes of a file; an answer in JSON in their place is an error."""
        sent: dict[str, Any] = {
            "params": query,
            "extensions": {"access_token": self._secrets["access_token"]},
        }
        response, body = self.connection.exchange("GET", self._address + path, **sent)
        _check(response)
        if "json" in response.headers.get("Content-Type", ""):
            _answer(response, body)
            raise TimedOut
        return body

    def new_token(self) -> Answer:
        """A token for the app's secret: the one in force, or a new one where that ran out."""
        body = {
            "grant_type": "client_credential",
            "appid": self._secrets.get("app_id", ""),
            "secret": self._secrets.get("app_secret", ""),
            "force_refresh": False,
        }
        return self._answer_to("POST", "/cgi-bin/stable_token", None, _json(body))

    def component_call(self, path: str, body: Mapping[str, Any], token: str = "") -> Answer:
        """A call of a service provider's platform, with its own token where there is one."""
        query = {"params": {"component_access_token": token}} if token else {}
        return self._answer_to("POST", "/cgi-bin/component/" + path, None, {**_json(body), **query})

    def _answer_to(
        self, method: str, path: str, until: float | None, sent: Mapping[str, Any]
    ) -> Answer:
        response, body = self.connection.exchange(method, self._address + path, until=until, **sent)
        _check(response)
        return _answer(response, body)


def _json(body: Mapping[str, Any]) -> dict[str, Any]:
    # Not escaped: the platform may count characters as they are sent. A lone surrogate, which can't
    # be encoded, becomes a question mark.
    content = json.dumps(body, ensure_ascii=False).encode(errors="replace")
    return {"content": content, "headers": {"Content-Type": "application/json"}}


def _check(response: httpx.Response) -> None:
    if response.status_code == 429:
        raise Throttled(_("The platform asks for fewer calls."), RETRY_SECONDS)
    if response.status_code >= 500:
        raise TimedOut
    if response.status_code == 403:
        # Without any code: where this machine's address is not on the app's list.
        raise NotAuthorised(
            _("The platform refuses this machine's address: put it on the app's list of addresses.")
        )
    if response.status_code != 200:
        raise NotCarriedOut(_("The platform answers HTTP %d.") % response.status_code)


def _answer(response: httpx.Response, body: bytes) -> Answer:
    try:
        answer = json.loads(body)
        code = int(answer.get("errcode") or 0)
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise TimedOut from error
    if code:
        raise _failure(code, str(answer.get("errmsg") or ""))
    # Remaining times count from the platform's own clock.
    answer["answered_at"] = _answered_at(response)
    return answer


def _failure(code: int, message: str) -> Exception:
    if code in SYSTEM_ERRORS:
        return TimedOut()
    if code in THROTTLED:
        return Throttled(_("The platform asks for fewer calls."), *THROTTLED[code])
    if code in NOT_PERMITTED:
        return NotPermitted(
            _("The app has no right to this at the platform: %(message)s (%(code)d)")
            % {"message": message, "code": code}
        )
    if code in NOT_AUTHORISED:
        return NotAuthorised(
            _("The platform refuses the credentials: %(message)s (%(code)d)")
            % {"message": message, "code": code}
        )
    return Refused(code, message)


def _answered_at(response: httpx.Response) -> datetime:
    return date_of(response) or datetime.now(UTC)
