"""The log of messages: sending again, testing, deleting old ones. For owners only (SPEC P1)."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from aftersale.models import TEST_TYPE, MessageState, WebhookEndpoint, WebhookMessage
from aftersale.services.outbox.wake_webhooks import wake_teller
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotFound, Refused

from . import endpoints, events

KEPT = timedelta(days=30)
_AT_A_TIME = 10_000


def messages_of(endpoint: WebhookEndpoint, *, state: str = "") -> QuerySet[WebhookMessage]:
    """An endpoint's messages, newest first."""
    found = WebhookMessage.objects.filter(endpoint=endpoint).order_by("-id")
    return found.filter(state=state) if state in MessageState.values else found


def send_test(*, endpoint_id: int, user: User, now: datetime) -> WebhookMessage:
    """Sends the endpoint a test event, whatever its chosen events are."""
    endpoint = _open(endpoint_id, user)
    with transaction.atomic():
        _ready(endpoint)
        message = WebhookMessage.objects.create(
            endpoint=endpoint,
            type=TEST_TYPE,
            subject=f"test:{now.timestamp()}",
            at=now,
            data={"shop": endpoint.shop.code, "sent_by": user.get_username()},
        )
        wake_teller([endpoint.shop_id])
    return message


def send_again(*, message_id: int, user: User, now: datetime) -> WebhookMessage:
    """Sends the same message again at once, under the same id."""
    found = WebhookMessage.objects.filter(pk=message_id).values_list("endpoint", flat=True).first()
    if found is None:
        raise NotFound(_("There is no such message."))
    endpoint = _open(found, user)
    with transaction.atomic():
        _ready(endpoint)
        message = locks.lock_webhook_message(message_id)
        if message is None:
            raise NotFound(_("There is no such message."))
        _wait_again(WebhookMessage.objects.filter(pk=message_id), now)
        events.write(
            endpoint, _("%s sent again") % f"{message.name} ({message.type})", user=user, now=now
        )
        wake_teller([endpoint.shop_id])
    message.refresh_from_db()
    return message


def send_failed_again(*, endpoint_id: int, since: datetime, user: User, now: datetime) -> int:
    """Sends all messages again that were given up since then, in their order; returns how many."""
    endpoint = _open(endpoint_id, user)
    with transaction.atomic():
        _ready(endpoint)
        failed = WebhookMessage.objects.filter(
            endpoint=endpoint, state=MessageState.FAILED, finished_at__gte=since
        )
        count = _wait_again(failed, now)
        if count:
            note = _("%d messages sent again") % count
            events.write(endpoint, note, user=user, now=now)
            wake_teller([endpoint.shop_id])
    return count


def clear(*, now: datetime) -> int:
    """Deletes messages finished 30 days ago, and those without an endpoint; returns how many.

    In portions, so that nobody waits for the removal of a million rows.
    """
    known = WebhookEndpoint.objects.filter(pk=OuterRef("endpoint_id"))
    old = WebhookMessage.objects.filter(Q(finished_at__lt=now - KEPT) | ~Exists(known))
    removed = 0
    while pks := list(old.order_by().values_list("pk", flat=True)[:_AT_A_TIME]):
        removed += WebhookMessage.objects.filter(pk__in=pks).delete()[0]
    return removed


def _open(endpoint_id: int, user: User) -> WebhookEndpoint:
    endpoint = endpoints.find(endpoint_id=endpoint_id, user=user)
    if not endpoint.enabled:
        raise Refused(_("The webhook is switched off: switch it on first."))
    return endpoint


def _ready(endpoint: WebhookEndpoint) -> None:
    """Ends the endpoint's pause: somebody waits, so it is tried at once."""
    locked = locks.lock_webhook_endpoint(endpoint.pk)
    if locked is None:
        raise NotFound(_("There is no such webhook."))
    locked.next_try_at = None
    locked.save(update_fields=["next_try_at"])


def _wait_again(messages: QuerySet[WebhookMessage], now: datetime) -> int:
    # Messages being sent at this moment are left alone.
    free = messages.filter(Q(leased_until=None) | Q(leased_until__lte=now))
    return free.update(
        state=MessageState.WAITING,
        attempts=0,
        next_try_at=None,
        leased_until=None,
        finished_at=None,
    )
