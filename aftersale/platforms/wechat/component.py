"""A service provider's app acts for a shop that has authorised it (third-party platform).

The provider's platform has a token of its own, for its secret and a ticket that is pushed to it
every ten minutes; with it the shop's token is renewed. All calls are as before with that one.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from aftersale.domain.multilingual import said as _
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import NotAuthorised, WaitsForPush

from .client import Client
from .values import text

_TICKET = re.compile(
    rb"<ComponentVerifyTicket>\s*(?:<!\[CDATA\[)?([\x21-\x3b\x3d-\x5c\x5e-\x7e]{1,512})"
)

Secrets = Mapping[str, str]


def acts_for(secrets: Secrets) -> bool:
    """True if a provider's app acts for the shop."""
    return bool(secrets.get("component_app_id"))


def renewed(client: Client, secrets: Secrets, *, now: datetime, early: timedelta) -> dict[str, str]:
    """The shop's new token; the refresh token that comes with it replaces the one before."""
    if not secrets.get("authorizer_refresh_token"):
        raise NotAuthorised(_("The shop has not authorised the service provider's app yet."))
    component = _component_token(client, secrets, now=now, early=early)
    answer = client.component_call(
        "api_authorizer_token",
        {
            "component_appid": secrets["component_app_id"],
            "authorizer_appid": secrets.get("app_id", ""),
            "authorizer_refresh_token": secrets["authorizer_refresh_token"],
        },
        component["component_access_token"],
    )
    token = text(answer.get("authorizer_access_token"))
    if not token:
        raise TimedOut
    refresh = text(answer.get("authorizer_refresh_token"))
    return {
        **component,
        "access_token": token,
        "expires_at": _after(answer.get("expires_in"), now),
        "authorizer_refresh_token": refresh or secrets["authorizer_refresh_token"],
    }


def verify_ticket(message: bytes) -> str | None:
    """The ticket in a deciphered push; None: it is about something else."""
    found = _TICKET.search(message)
    return found.group(1).decode() if found else None


def _component_token(
    client: Client, secrets: Secrets, *, now: datetime, early: timedelta
) -> dict[str, str]:
    held, until = secrets.get("component_access_token", ""), secrets.get("component_expires_at", "")
    if held and _holds(until, now + early):
        return {"component_access_token": held, "component_expires_at": until}
    if not secrets.get("component_verify_ticket"):
        raise WaitsForPush(
            _("The platform has not pushed the service provider's verify ticket yet.")
        )
    answer = client.component_call(
        "api_component_token",
        {
            "component_appid": secrets["component_app_id"],
            "component_appsecret": secrets.get("component_app_secret", ""),
            "component_verify_ticket": secrets["component_verify_ticket"],
        },
    )
    token = text(answer.get("component_access_token"))
    if not token:
        raise TimedOut
    return {
        "component_access_token": token,
        "component_expires_at": _after(answer.get("expires_in"), now),
    }


def _holds(until: str, moment: datetime) -> bool:
    try:
        return datetime.fromisoformat(until) > moment
    except (ValueError, TypeError):
        return False


def _after(seconds: object, now: datetime) -> str:
    try:
        return (now + timedelta(seconds=int(str(seconds)))).isoformat()
    except (ValueError, OverflowError) as error:
        raise TimedOut from error
