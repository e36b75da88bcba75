"""One signed call to Kuaishou, and what its answer or its silence means.

The SDK's client is not used, only its signature (docs/adr/0009): it repeats a POST that was not
answered, takes an error for a success, and doubles a part of the address.
"""

import json
import time
import warnings
from collections.abc import Mapping
from typing import Any

import httpx
from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import said as _
from aftersale.platforms.answered_at import clocks_apart
from aftersale.platforms.connection import Connection, too_many
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.payments import Limit, TimedOut
from aftersale.platforms.protocol import (
    Account,
    NotAuthorised,
    NotCarriedOut,
    Picture,
    Throttled,
)

from . import codes

NAME = gettext_lazy("Kuaishou")
ADDRESS = "https://openapi.kwaixiaodian.com"
# The day's quota comes back slowly.
QUOTA_PAUSE = 600.0


class Refused(NotCarriedOut):
    """The platform understood the call and did not do it; the text is the platform's own."""

    limit = Limit.ORDER


class Api:
    """The calls of one account. Keeps connections, nothing else."""

    def __init__(self, account: Account) -> None:
        self._secrets = account.secrets
        self._address = (account.address or ADDRESS).rstrip("/")
        self.connection = Connection(account, NAME)

    def read(self, method: str, param: Mapping[str, Any]) -> Any:
        """The answer's data. Whatever goes wrong, nothing was changed."""
        with self.connection.reading():
            return self._data(self._signed("GET", method, param))

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
        with self.connection.reading():
            return self._data(self._signed("POST", method, param, file))

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The OAuth address's answer to a refresh."""
        text = _("Kuaishou does not renew the access: %s")
        return self._tokens("POST", "refresh_token", form, text)

    def first_token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Its answer to the code of an authorisation."""
        text = _("Kuaishou does not grant the access: %s")
        return self._tokens("GET", "access_token", form, text)

    def _tokens(self, verb: str, name: str, form: Mapping[str, str], text: str) -> dict[str, Any]:
        query, body = (form, None) if verb == "GET" else (None, form)
        address = f"{self._address}/oauth2/{name}"
        response, answer = self.connection.json(verb, address, params=query, data=body)
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
    ) -> tuple[httpx.Response, dict[str, Any]]:
        # Escaped, so that no text can fail to be signed.
        text = json.dumps(param, separators=(",", ":"))
        fields = _signed_fields(
            self._secrets, method=method, param=text, timestamp=int(time.time() * 1000)
        )
        address = f"{self._address}/{method.replace('.', '/')}"
        query, form = (fields, None) if verb == "GET" else (None, fields)
        return self.connection.json(
            verb, address, params=query, data=form, files=file, deadline=deadline
        )

    def _data(self, answered: tuple[httpx.Response, dict[str, Any]]) -> Any:
        response, answer = answered
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
            raise too_many(NAME)
        if (found | {_code(answer, "sub_code")}) & codes.QUOTA_SPENT:
            raise Throttled(_("The app's calls of the day are used up."), QUOTA_PAUSE, Limit.DAY)
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
            # The signature takes none of it: what need not be known is not told.
            app_secret="",
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
