"""One signed call, and what its answer or its silence means."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from django.utils.functional import lazystr

from aftersale.domain.multilingual import said as _
from aftersale.platforms.connection import Connection, too_many
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.payments import Limit, TimedOut
from aftersale.platforms.protocol import Account, NotAuthorised, NotCarriedOut

NAME = lazystr("Sample")
ADDRESS = "https://open.example.com"
SUCCEEDED, NO_TOKEN, MISSING, BUSY = 0, 401, 404, 429
# Codes that certainly changed nothing; any other one may have been carried out.
REFUSALS = {MISSING, 400}


class Refused(NotCarriedOut):
    """The platform understood the call and did not do it."""

    limit = Limit.ORDER

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Api:
    """The calls of one account. Keeps connections, nothing else."""

    def __init__(self, account: Account) -> None:
        self._secrets = account.secrets
        self._address = (account.address or ADDRESS).rstrip("/")
        self.connection = Connection(account, NAME)

    def read(self, method: str, param: Mapping[str, Any]) -> Any:
        """The answer's data. Whatever goes wrong, nothing was changed."""
        with self.connection.reading():
            return self.send(method, param)

    def send(
        self, method: str, param: Mapping[str, Any], *, deadline: Deadline | None = None
    ) -> Any:
        """Carries out a step, once: what was not answered raises TimedOut and is not repeated."""
        if not self._secrets.get("access_token"):
            raise NotAuthorised(_("There is no access token yet."))
        content = json.dumps(param, separators=(",", ":")).encode()
        sign = hmac.new(self._secrets["app_secret"].encode(), content, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Token": self._secrets["access_token"],
            "Sign": sign,
        }
        _response, answer = self.connection.json(
            "POST", f"{self._address}/{method}", content=content, headers=headers, deadline=deadline
        )
        code, said = answer.get("code"), str(answer.get("message") or "")[:200]
        if code == SUCCEEDED:
            return answer.get("data")
        if code == BUSY:
            raise too_many(NAME)
        if code == NO_TOKEN:
            raise NotAuthorised(said)
        if code in REFUSALS:
            raise Refused(f"{said} ({code})", int(code))
        raise TimedOut
