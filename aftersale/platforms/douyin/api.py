"""One signed call to Douyin, and what its answer or its silence means.

Business values are one JSON object, the body; what is signed are exactly its bytes.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from typing import Any

import httpx
from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import said as _
from aftersale.platforms.answered_at import clocks_apart
from aftersale.platforms.connection import Connection, too_many
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.payments import Limit, TimedOut
from aftersale.platforms.protocol import Account, NotAuthorised, NotCarriedOut

from . import codes
from .values import clean, whole

NAME = gettext_lazy("Douyin")
ADDRESS = "https://openapi-fxg.jinritemai.com"


class Refused(NotCarriedOut):
    """The platform understood the call and did not do it: `number` of the sub code, 0 without."""

    limit = Limit.ORDER

    def __init__(self, text: str, number: int = 0) -> None:
        super().__init__(text)
        self.number = number


class Api:
    """The calls of one account. Keeps connections, nothing else."""

    def __init__(self, account: Account) -> None:
        self._secrets = account.secrets
        self._address = (account.address or ADDRESS).rstrip("/")
        self.connection = Connection(account, NAME)

    def read(self, path: str, param: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer's data. Whatever goes wrong, nothing was changed."""
        with self.connection.reading():
            return self._data(path, param)

    def send(
        self, path: str, param: Mapping[str, Any], *, deadline: Deadline | None = None
    ) -> Mapping[str, Any]:
        """Carries out a step, once: what was not answered raises TimedOut and is not repeated.

        Not sent after `deadline`: NotCarriedOut.
        """
        return self._data(path, param, deadline=deadline)

    def token(self, path: str, param: Mapping[str, Any]) -> Mapping[str, Any]:
        """The tokens for a code or a refresh token; needs no access token."""
        try:
            with self.connection.reading():
                return self._data(path, param, with_token=False)
        except Refused as refused:
            raise NotAuthorised(_("Douyin does not give access: %s") % refused) from refused

    def _data(
        self,
        path: str,
        param: Mapping[str, Any],
        *,
        with_token: bool = True,
        deadline: Deadline | None = None,
    ) -> Mapping[str, Any]:
        body = param_json(param)
        query = self._query(path, body, with_token)
        response, answer = self.connection.json(
            "POST",
            self._address + path,
            params=query,
            content=body.encode(),
            headers={"Content-Type": "application/json"},
            deadline=deadline,
        )
        code = _code(answer)
        if code == codes.SUCCEEDED:
            data = answer.get("data")
            return data if isinstance(data, Mapping) else {}
        _raise(code, answer, response)
        raise TimedOut

    def _query(self, path: str, body: str, with_token: bool) -> dict[str, str]:
        lacks = _("The access to Douyin lacks: %s")
        try:
            key, secret = self._secrets["app_key"], self._secrets["app_secret"]
            token = self._secrets["access_token"] if with_token else ""
        except KeyError as error:
            raise NotAuthorised(lacks % error.args[0]) from None
        if with_token and not token:
            raise NotAuthorised(lacks % "access_token")
        method, timestamp = path.strip("/").replace("/", "."), str(int(time.time()))
        sign = signature(secret, key=key, method=method, body=body, timestamp=timestamp)
        return {
            "method": method,
            "app_key": key,
            **({"access_token": token} if token else {}),
            "timestamp": timestamp,
            "v": "2",
            "sign": sign,
            "sign_method": "hmac-sha256",
        }


def param_json(param: Mapping[str, Any]) -> str:
    """Keys sorted at every depth, no spaces, nothing escaped that JSON does not want escaped."""
    text = json.dumps(param, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="ignore").decode()


def signature(secret: str, *, key: str, method: str, body: str, timestamp: str) -> str:
    text = f"{secret}app_key{key}method{method}param_json{body}timestamp{timestamp}v2{secret}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _raise(code: int | None, answer: Mapping[str, Any], response: httpx.Response) -> None:
    """Does nothing where it is open whether the call was carried out."""
    sub_code, words = clean(answer.get("sub_code")), _said(answer, code)
    number = re.search(r":(\d{1,10})$", sub_code)
    named = int(number[1]) if number else 0
    if code == codes.THROTTLED or sub_code.startswith("isv.traffic-limited"):
        # Each call has a limit a second.
        raise too_many(NAME, Limit.CALL)
    if sub_code.startswith(codes.BAD_SIGNATURE):
        text = _("Douyin does not accept the signature: %s")
        if clocks_apart(response):
            text = _("Douyin does not accept the signature; the clocks differ: %s")
        raise NotAuthorised(text % words)
    if code in (codes.NOT_PERMITTED, codes.NO_TOKEN) or sub_code.startswith(
        codes.NOT_AUTHENTICATED
    ):
        raise NotAuthorised(_("Douyin does not accept the access: %s") % words)
    if sub_code.startswith(codes.BLOCKED):
        raise NotAuthorised(_("Douyin blocks calls from here: %s") % words)
    if code in codes.REFUSALS and named not in codes.UNCERTAIN | codes.BUSY:
        raise Refused(words, named)


def _code(answer: Mapping[str, Any]) -> int | None:
    """Older answers have `err_no` instead of `code`, with 0 for success."""
    if "code" in answer:
        return whole(answer, "code")
    older = whole(answer, "err_no")
    return codes.SUCCEEDED if older == 0 else older


def _said(answer: Mapping[str, Any], code: int | None) -> str:
    """The platform's own words, with its codes and the number its support asks for."""
    texts = (clean(answer.get(name)) for name in ("sub_msg", "msg", "message"))
    words = next((text for text in texts if text), "")[:200]
    marks = [str(code), clean(answer.get("sub_code")), clean(answer.get("log_id"))]
    return f"{words} ({', '.join(mark for mark in marks if mark)})".strip()
