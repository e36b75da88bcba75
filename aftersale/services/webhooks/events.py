"""An endpoint's changes in the shop's history."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils.functional import Promise

from aftersale.domain.multilingual import joined
from aftersale.models import Shop, ShopEvent, ShopEventKind, WebhookEndpoint


def write(
    endpoint: WebhookEndpoint, note: str | Promise, *, user: User | None, now: datetime
) -> None:
    """Writes an event with the host only: the rest of an address may be secret."""
    ShopEvent.objects.create(
        shop=Shop(pk=endpoint.shop_id),
        at=now,
        user=user,
        kind=ShopEventKind.WEBHOOK,
        note=joined(": ", [endpoint.host, note]),
    )
