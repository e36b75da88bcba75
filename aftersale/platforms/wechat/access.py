"""The access token of a WeChat shop: its own app's, or the one that a provider's app is given."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from aftersale.platforms.payments import TimedOut
from aftersale.platforms.wechat import component
from aftersale.platforms.wechat.values import text

from .client import Client
from .lookup import BAD_ANSWER, reads

# The platform hands out the next token in the last five minutes of the one before.
RENEW_BEFORE = timedelta(minutes=10)

Secrets = Mapping[str, str]


def renewed(
    client: Client, secrets: Secrets, *, now: datetime, refused: bool
) -> Mapping[str, str] | None:
    at_hand = secrets.get("access_token")
    if at_hand and not refused and _ends(secrets, now) - now > RENEW_BEFORE:
        return None
    with reads():
        if component.acts_for(secrets):
            return component.renewed(client, secrets, now=now, early=RENEW_BEFORE)
        answer = client.new_token()
    try:
        ends = now + timedelta(seconds=int(answer["expires_in"]))
        token = text(answer["access_token"])
    except BAD_ANSWER as error:
        raise TimedOut from error
    if not token:
        # Kept, it would be refused, and the shop stopped for people.
        raise TimedOut
    return {"access_token": token, "expires_at": ends.isoformat()}


def fresh_token(client: Client, secrets: Secrets) -> str:
    """Tests the credentials themselves: a stale token's answer would be no test of them."""
    if component.acts_for(secrets):
        found = renewed(client, secrets, now=datetime.now(UTC), refused=True) or {}
        return found["access_token"]
    with reads():
        return text(client.new_token().get("access_token"))


def _ends(secrets: Secrets, now: datetime) -> datetime:
    try:
        ends = datetime.fromisoformat(secrets.get("expires_at", ""))
    except ValueError:
        return now
    return ends.astimezone(now.tzinfo)
