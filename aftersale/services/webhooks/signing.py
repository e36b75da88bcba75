"""A message's body, and the headers of Standard Webhooks that sign it."""

import base64
import json
import secrets
from datetime import UTC, datetime
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override
from standardwebhooks import Webhook

from aftersale.domain.multilingual import read
from aftersale.models import FeedEvent, WebhookEndpoint, WebhookMessage
from config.secrets import unseal

PREFIX = "whsec_"


class Parcel(NamedTuple):
    body: bytes
    headers: dict[str, str]


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def parcel(message: WebhookMessage, endpoint: WebhookEndpoint, *, now: datetime) -> Parcel:
    """The signed message; body and id are the same each time it is sent.

    Raises SecretUnreadable.
    """
    body = body_of(message)
    name = message.name
    sealed = [endpoint.secret]
    if endpoint.old_secret_until is not None and endpoint.old_secret_until > now:
        sealed.append(endpoint.old_secret)
    # The package reads the moment's digits as UTC, whatever its zone.
    moment = now.astimezone(UTC)
    signatures = [Webhook(unseal(secret)).sign(name, moment, body) for secret in sealed]
    return Parcel(
        body.encode(),
        {
            "content-type": "application/json",
            "user-agent": "Afterdesk-Webhooks/1",
            "webhook-id": name,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signatures),
        },
    )


def body_of(message: WebhookMessage | FeedEvent) -> str:
    """The JSON body of a message, and of the same event in the feed."""
    data = dict(message.data)
    if "failure" in data:
        # The row has every language; one fixed language is sent, so that the body never changes.
        with override(settings.LANGUAGE_CODE):
            data["failure"] = read(data["failure"])
    content = {
        "type": message.type,
        "timestamp": timezone.localtime(message.at).isoformat(),
        "data": data,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
