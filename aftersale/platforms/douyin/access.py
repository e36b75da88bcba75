"""Tokens: by the code of an authorisation, by a refresh token, or by the app's own use."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import said as _
from aftersale.platforms.authorisation import Authorisation, Granted, held_until
from aftersale.platforms.protocol import Account, NotAuthorised, Secret

from .api import Api
from .secrets import SECRETS
from .values import clean, identity, number

PAGE = "https://fuwu.jinritemai.com"
REFRESH_LASTS = timedelta(days=14)

CREATE, REFRESH = "/token/create", "/token/refresh"
# A third of a token's life is kept in reserve: the platform's statements of it disagree.
RESERVE = 1 / 3


def renewed(
    api: Api, secrets: Mapping[str, str], *, now: datetime, refused: bool
) -> Mapping[str, str] | None:
    """All secrets with the new tokens; None where there is time."""
    if secrets.get("access_token") and not refused and not _runs_out(secrets, now):
        return None
    answer = _token(api, secrets)
    shop = identity(answer, "shop_id")
    if shop and shop != secrets.get("shop_id"):
        raise NotAuthorised(_("The authorisation is of another shop there: %s.") % shop)
    return _kept(secrets, answer, now)


def _page(secrets: Mapping[str, str], address: str, redirect: str, state: str) -> str:
    """The address to come back to stands in the service's settings there."""
    asked = {"service_id": secrets.get("service_id", ""), "state": state}
    return f"{(address or PAGE).rstrip('/')}/authorize?{urlencode(asked)}"


def _exchange(account: Account, code: str, now: datetime) -> Mapping[str, str]:
    asked = {"code": code, "grant_type": "authorization_code"}
    answer = Api(account).token(CREATE, asked)
    kept = _kept(account.secrets, answer, now)
    if not (shop := identity(answer, "shop_id")):
        raise NotAuthorised(_("Douyin does not give access: %s") % _("no shop number"))
    return {**kept, "shop_id": shop}


AUTHORISATION = Authorisation(
    app=(
        *(secret for secret in SECRETS if secret.name in ("app_key", "app_secret")),
        Secret(
            "service_id",
            gettext_lazy("Service number"),
            True,
            gettext_lazy("Of the app's service in Douyin's service market."),
        ),
    ),
    page=_page,
    exchange=_exchange,
)


def granted(secrets: Mapping[str, str]) -> Granted:
    """A refresh token lasts 14 days and is replaced every five: warned of once that fails."""
    until = secrets.get("refresh_expires_at", "") if secrets.get("refresh_token") else ""
    scopes = tuple(scope for scope in secrets.get("scope", "").split(",") if scope)
    return Granted(
        shop=secrets.get("shop_id", ""),
        scopes=scopes,
        until=held_until(until),
        warn=timedelta(days=7),
    )


def _kept(
    secrets: Mapping[str, str], answer: Mapping[str, Any], now: datetime
) -> Mapping[str, str]:
    token = identity(answer, "access_token")
    if not token:
        raise NotAuthorised(_("Douyin does not give access: %s") % _("no token"))
    lasts = timedelta(seconds=min(number(answer, "expires_in"), 10**8))
    return {
        **secrets,
        "access_token": token,
        "refresh_token": identity(answer, "refresh_token"),
        # It holds once.
        "code": "",
        "shop_name": clean(answer.get("shop_name")),
        "scope": clean(answer.get("scope")),
        "refresh_expires_at": _text(now + REFRESH_LASTS),
        "expires_at": _text(now + lasts),
        "renew_at": _text(now + lasts * (1 - RESERVE)),
    }


def _token(api: Api, secrets: Mapping[str, str]) -> Mapping[str, Any]:
    if secrets.get("code"):
        return api.token(CREATE, {"code": secrets["code"], "grant_type": "authorization_code"})
    if not secrets.get("refresh_token"):
        return _own(api, secrets)
    asked = {"grant_type": "refresh_token", "refresh_token": secrets["refresh_token"]}
    try:
        return api.token(REFRESH, asked)
    except NotAuthorised as refused:
        # It may have run out, which is no matter for an app for own use.
        with suppress(NotAuthorised):
            return _own(api, secrets)
        raise refused


def _own(api: Api, secrets: Mapping[str, str]) -> Mapping[str, Any]:
    """An app for own use may ask at any time; the shop is bound to it in the console."""
    shop = secrets.get("shop_id", "")
    return api.token(CREATE, {"code": "", "grant_type": "authorization_self", "shop_id": shop})


def _runs_out(secrets: Mapping[str, str], now: datetime) -> bool:
    """Also where it is not known until when the token holds."""
    try:
        return datetime.fromisoformat(secrets.get("renew_at", "")) <= now
    except (ValueError, TypeError):
        return True


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
