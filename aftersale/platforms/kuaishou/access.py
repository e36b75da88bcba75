"""The authorisation of a shop, and a new access token before the old one runs out (OAuth)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aftersale.domain.multilingual import said as _
from aftersale.platforms.authorisation import Authorisation, Granted, held_until
from aftersale.platforms.kuaishou.values import identity, number
from aftersale.platforms.protocol import Account, NotAuthorised

from .api import Api
from .secrets import SECRETS

PAGE = "https://open.kwaixiaodian.com"
# Orders and after-sale: nothing else is asked for.
SCOPES = ("merchant_order", "merchant_refund")
APP = ("app_key", "app_secret", "sign_secret", "message_secret")

# An access token lasts two days there.
BEFORE = timedelta(hours=6)


def renewed(
    api: Api, secrets: Mapping[str, str], *, now: datetime, refused: bool
) -> Mapping[str, str] | None:
    """All secrets with the new tokens; None where there is time, or nothing to renew with."""
    if not secrets.get("refresh_token"):
        return None
    if not refused and not _runs_out(secrets.get("expires_at", ""), now):
        return None
    answer = api.token(
        {
            "grant_type": "refresh_token",
            "refresh_token": secrets["refresh_token"],
            "app_id": secrets.get("app_key", ""),
            "app_secret": secrets.get("app_secret", ""),
        }
    )
    if not identity(answer, "access_token"):
        raise NotAuthorised(_("Kuaishou does not renew the access: %s") % _("no token"))
    return _kept(secrets, answer, now)


def _page(secrets: Mapping[str, str], address: str, redirect: str, state: str) -> str:
    asked = {
        "app_id": secrets.get("app_key", ""),
        "redirect_uri": redirect,
        "scope": ",".join(SCOPES),
        "response_type": "code",
        "state": state,
    }
    return f"{(address or PAGE).rstrip('/')}/oauth/authorize?{urlencode(asked)}"


def _exchange(account: Account, code: str, now: datetime) -> Mapping[str, str]:
    secrets = account.secrets
    answer = Api(account).first_token(
        {
            "app_id": secrets.get("app_key", ""),
            "app_secret": secrets.get("app_secret", ""),
            "grant_type": "code",
            "code": code,
        }
    )
    if not identity(answer, "access_token"):
        raise NotAuthorised(_("Kuaishou does not grant the access: %s") % _("no token"))
    told = answer.get("scopes")
    if isinstance(told, list) and (lacks := [scope for scope in SCOPES if scope not in told]):
        text = _("The shop has not let the app do this on Kuaishou: %s. Authorise it again.")
        raise NotAuthorised(text % ", ".join(lacks))
    return _kept(secrets, answer, now)


AUTHORISATION = Authorisation(
    app=tuple(secret for secret in SECRETS if secret.name in APP), page=_page, exchange=_exchange
)


def granted(secrets: Mapping[str, str]) -> Granted:
    """Each renewal starts the 180 days of the refresh token anew."""
    renewable = bool(secrets.get("refresh_token"))
    until = secrets.get("refresh_expires_at" if renewable else "expires_at", "")
    scopes = tuple(scope for scope in secrets.get("scopes", "").split(",") if scope)
    return Granted(shop=secrets.get("open_id", ""), scopes=scopes, until=held_until(until))


def _kept(
    secrets: Mapping[str, str], answer: Mapping[str, Any], now: datetime
) -> Mapping[str, str]:
    kept = {
        **secrets,
        "access_token": identity(answer, "access_token"),
        "refresh_token": identity(answer, "refresh_token") or secrets.get("refresh_token", ""),
        "expires_at": _after(number(answer, "expires_in"), now),
    }
    if number(answer, "refresh_token_expires_in"):
        kept["refresh_expires_at"] = _after(number(answer, "refresh_token_expires_in"), now)
    if open_id := identity(answer, "open_id"):
        # The seller's id, by which orders and pushes name the shop.
        kept["open_id"] = open_id
    if isinstance(told := answer.get("scopes"), list):
        kept["scopes"] = ",".join(str(scope) for scope in told)
    return kept


def _after(seconds: int, now: datetime) -> str:
    return (now + timedelta(seconds=seconds)).astimezone(UTC).isoformat(timespec="seconds")


def _runs_out(expires_at: str, now: datetime) -> bool:
    """Also where it is not known until when the token holds."""
    try:
        until = datetime.fromisoformat(expires_at)
        return until - now < BEFORE
    except (ValueError, TypeError):
        return True
