"""What is written down of an endpoint's changes in the shop's history."""

from datetime import datetime

from django.contrib.auth.models import User

from aftersale.domain.multilingual import joined
from aftersale.models import Shop, ShopEvent, ShopEventKind, WebhookEndpoint


def write(endpoint: WebhookEndpoint, note: str, *, user: User | None, now: datetime) -> None:
    """With the host only: what follows it in an address may be a secret."""
    ShopEvent.objects.create(
        shop=Shop(pk=endpoint.shop_id),
        at=now,
        user=user,
        kind=ShopEventKind.WEBHOOK,
        note=joined(": ", [endpoint.host, note]),
    )
