"""An endpoint's changes in the audit trail."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils.functional import Promise

from aftersale.domain.multilingual import joined
from aftersale.domain.punctuation import COLON
from aftersale.models import AuditKind, WebhookEndpoint
from aftersale.services.shared import trail


def write(
    endpoint: WebhookEndpoint, note: str | Promise, *, user: User | None, now: datetime
) -> None:
    """Writes an entry with the host only: the rest of an address may be secret."""
    trail.record(
        AuditKind.WEBHOOK,
        shop_id=endpoint.shop_id,
        user=user,
        now=now,
        note=joined(COLON, [endpoint.host, note]),
    )
