"""One signed call to Xiaohongshu, and the meaning of its answer or its silence.

All calls go to one address; the fields of a call stand beside its name and its signature, which
does not cover them. There is no published table of errors: what is not certainly a refusal of a
step counts as no answer, so that the ticket is read back.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import said as _
from aftersale.platforms.connection import Connection, too_many
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.payments import Limit, TimedOut
from aftersale.platforms.protocol import Account, NotAuthorised, NotCarriedOut
from aftersale.platforms.xiaohongshu import codes
from aftersale.platforms.xiaohongshu.values import clean, whole

NAME = gettext_lazy("Xiaohongshu")
ADDRESS = "https://ark.xiaohongshu.com"
PATH = "/ark/open_api/v3/common_controller"
VERSION = "2.0"
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
        self.connection = Connection(account, NAME)

    def read(self, method: str, fields: Mapping[str, Any]) -> Any:
        """The answer's data. Whatever goes wrong, nothing was changed."""
        with self.connection.reading():
            return self._data(self._call(method, fields))

    def send(
        self, method: str, fields: Mapping[str, Any], *, deadline: Deadline | None = None
    ) -> None:
        """Carries out a step, once: a call without an answer raises TimedOut and is not repeated.

        Not sent after `deadline`: NotCarriedOut.
        """
        self._data(self._call(method, fields, deadline=deadline))

    def token(self, method: str, fields: Mapping[str, str]) -> Mapping[str, Any]:
        """The answer of the two OAuth calls, which take no access token.

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
        # Escaped, so that no text can fail to be sent.
        content = json.dumps({**fields, **call}, separators=(",", ":")).encode()
        _response, answer = self.connection.json(
            "POST",
            self._address,
            load=loaded,
            content=content,
            headers={"Content-Type": "application/json;charset=utf-8"},
            deadline=deadline,
        )
        return answer

    def _secret(self, name: str) -> str:
        if value := self._secrets.get(name):
            return value
        raise NotAuthorised(_("The access to Xiaohongshu lacks: %s") % name)

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
        raise too_many(NAME, limit)
    said = f"{text[:200]} ({code})" if text else str(code)
    if code == codes.NOT_AUTHENTICATED:
        raise NotAuthorised(_("Xiaohongshu does not accept the access token: %s") % said)
    if success is not False or any(word in text for word in _TROUBLE):
        # Neither a success nor a refusal: it may have been carried out.
        raise TimedOut
    raise Refused(said, code)


def loaded(body: bytes) -> Any:
    """Yuan are decimals, and no float comes near money."""
    return json.loads(body, parse_float=Decimal, parse_int=_int, parse_constant=_no_number)


def _int(digits: str) -> int | None:
    """None for a number that nothing there can have; Python refuses to read the longest."""
    return int(digits) if len(digits) <= 40 else None


def _no_number(name: str) -> None:
    return None
