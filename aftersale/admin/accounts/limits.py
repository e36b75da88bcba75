"""Guessing is slowed by name and by address, and no stranger shuts a person out (SPEC P5).

A place that the person has logged in from before has a count of its own: a browser is known by a
signed cookie, whatever address it shows, and an address for 90 days. All other places together
have one count for the name, and each address one for all names. Counting is done by django-allauth,
in the cache that all processes share, before a password is looked at.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac

from config.login import address_of

COOKIE = "known_browser"
_SALT = "known browser"
_NAMES_KEPT = 8
_KNOWN_SECONDS = 90 * 24 * 60 * 60
# Attempts that may fail in a time, in the notation of django-allauth.
RATES = {
    "here": "5/15m/key",
    "known_browser": "10/15m/key",
    "name_elsewhere": "20/15m/key,200/d/key",
    "address": "30/15m/key",
}


class TooManyGuesses(Exception):
    """No password is looked at any more from here, for a while."""


@dataclass
class Attempt:
    """One attempt to log in under a name; counted from the start as one that fails."""

    request: HttpRequest
    name: str
    _counted: list[ratelimit.RateLimitUsage] = field(default_factory=list)

    def begin(self) -> None:
        """Raises TooManyGuesses."""
        for action, key in self._counts():
            usage = ratelimit.consume(
                self.request, app="afterdesk", action=action, config=RATES, key=key
            )
            if usage is None:
                self._take_back()
                raise TooManyGuesses
            self._counted.append(usage)

    def succeeded(self) -> None:
        """The right password forgives the wrong ones from this place, and no others."""
        self._take_back()
        action, key = next(self._counts())
        ratelimit.clear(self.request, app="afterdesk", action=action, config=RATES, key=key)

    def _take_back(self) -> None:
        for usage in self._counted:
            usage.rollback()
        self._counted.clear()

    def _counts(self) -> Iterator[tuple[str, str]]:
        browser = _browsers(self.request).get(_hidden(self.name))
        if browser is not None:
            yield "known_browser", f"{self.name} {browser}"
            return
        address = address_of(self.request) or ""
        yield "here", f"{self.name} {address}"
        if cache.get(_known_address(self.name, address)) is None:
            yield "name_elsewhere", self.name
            yield "address", address


def remember(request: HttpRequest, response: HttpResponseBase, name: str) -> None:
    """Browser and address are known as the person's from now on."""
    cache.set(_known_address(name, address_of(request) or ""), True, _KNOWN_SECONDS)
    browsers = {_hidden(name): secrets.token_urlsafe(12)} | _browsers(request)
    kept = dict(list(browsers.items())[-_NAMES_KEPT:])
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=_SALT),
        max_age=_KNOWN_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _browsers(request: HttpRequest) -> dict[str, str]:
    """The browser's signed marks, by the names that logged in with it."""
    try:
        return signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_KNOWN_SECONDS)
    except signing.BadSignature:
        return {}


def _hidden(name: str) -> str:
    """The name, for a cookie that others at the browser may read."""
    return salted_hmac(_SALT, name).hexdigest()[:16]


def _known_address(name: str, address: str) -> str:
    return "known:" + hashlib.sha256(f"{name} {address}".encode()).hexdigest()
