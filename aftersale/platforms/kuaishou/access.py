"""A new access token before the old one runs out (OAuth)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from aftersale.domain.multilingual import said as _
from aftersale.platforms.kuaishou.values import identity, number
from aftersale.platforms.protocol import NotAuthorised

from .api import Api

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
    token = identity(answer, "access_token")
    if not token:
        raise NotAuthorised(_("Kuaishou does not renew the access: %s") % _("no token"))
    renewed = {
        **secrets,
        "access_token": token,
        "refresh_token": identity(answer, "refresh_token") or secrets["refresh_token"],
        "expires_at": _after(number(answer, "expires_in"), now),
    }
    if number(answer, "refresh_token_expires_in"):
        # Each renewal starts it anew; at its end an owner has to authorise the app again.
        renewed["refresh_expires_at"] = _after(number(answer, "refresh_token_expires_in"), now)
    if open_id := identity(answer, "open_id"):
        # The seller's id, by which orders and pushes name the shop.
        renewed["open_id"] = open_id
    return renewed


def _after(seconds: int, now: datetime) -> str:
    return (now + timedelta(seconds=seconds)).astimezone(UTC).isoformat(timespec="seconds")


def _runs_out(expires_at: str, now: datetime) -> bool:
    """Also where it is not known until when the token holds."""
    try:
        until = datetime.fromisoformat(expires_at)
        return until - now < BEFORE
    except (ValueError, TypeError):
        return True
