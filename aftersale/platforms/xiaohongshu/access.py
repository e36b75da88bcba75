"""Tokens: by the code that the authorisation page gives once, and by refreshing (OAuth)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from aftersale.domain.multilingual import said as _
from aftersale.platforms.authorisation import Authorisation, Granted, held_until
from aftersale.platforms.protocol import Account, NotAuthorised
from aftersale.platforms.xiaohongshu.values import Row, clean, identity, moment, number

from .api import Api
from .secrets import SECRETS

PAGE = "https://ark.xiaohongshu.com"
APP = ("app_id", "app_secret", "push_key")

# Earlier than half an hour before its end the platform hands out the same token again.
BEFORE = timedelta(minutes=25)


def renewed(
    api: Api, secrets: Mapping[str, str], *, now: datetime, refused: bool
) -> Mapping[str, str] | None:
    """All secrets with the new tokens; None where there is time, or nothing to renew with."""
    if code := secrets.get("code"):
        # Entered just now: it comes before tokens of an earlier authorisation.
        return _kept(secrets, api.token("oauth.getAccessToken", {"code": code}))
    refresh_token = secrets.get("refresh_token")
    if not refresh_token:
        return None
    at_hand = bool(secrets.get("access_token"))
    if at_hand and not refused and not _runs_out(secrets.get("expires_at", ""), now):
        return None
    return _kept(secrets, api.token("oauth.refreshToken", {"refreshToken": refresh_token}))


def _page(secrets: Mapping[str, str], address: str, redirect: str, state: str) -> str:
    asked = {"appId": secrets.get("app_id", ""), "redirectUri": redirect, "state": state}
    return f"{(address or PAGE).rstrip('/')}/ark/authorization?{urlencode(asked)}"


def _exchange(account: Account, code: str, now: datetime) -> Mapping[str, str]:
    return _kept(account.secrets, Api(account).token("oauth.getAccessToken", {"code": code}))


AUTHORISATION = Authorisation(
    app=tuple(secret for secret in SECRETS if secret.name in APP), page=_page, exchange=_exchange
)


def granted(secrets: Mapping[str, str]) -> Granted:
    """A refresh token lasts 14 days and is replaced after seven: warned of once that fails."""
    renewable = bool(secrets.get("refresh_token"))
    until = secrets.get("refresh_expires_at" if renewable else "expires_at", "")
    warn = timedelta(days=6)
    return Granted(shop=secrets.get("seller_id", ""), until=held_until(until), warn=warn)


def _kept(secrets: Mapping[str, str], answer: Row) -> Mapping[str, str]:
    token = identity(answer, "accessToken")
    if not token:
        raise NotAuthorised(_("Xiaohongshu does not grant the access: %s") % _("no token"))
    return {
        **secrets,
        # It holds once.
        "code": "",
        "access_token": token,
        "refresh_token": identity(answer, "refreshToken") or secrets.get("refresh_token", ""),
        "expires_at": _until(answer, "accessTokenExpiresAt"),
        # At its end an owner has to authorise the app again.
        "refresh_expires_at": _until(answer, "refreshTokenExpiresAt"),
        # The seller's id, by which messages name the shop.
        "seller_id": identity(answer, "sellerId") or secrets.get("seller_id", ""),
        "seller_name": clean(answer.get("sellerName"))[:200] or secrets.get("seller_name", ""),
    }


def _until(answer: Row, name: str) -> str:
    """Empty where it is not told: then the token is renewed each time, which brings it."""
    at = moment(number(answer, name))
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""


def _runs_out(expires_at: str, now: datetime) -> bool:
    """Also where it is not known until when the token holds."""
    try:
        return datetime.fromisoformat(expires_at) - now < BEFORE
    except (ValueError, TypeError):
        return True
