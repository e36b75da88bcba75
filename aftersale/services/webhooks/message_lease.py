"""Leasing the next messages, and settling them (ARCHITECTURE idea 3).

Taking and settling are transactions of their own; between them, during the network call, nothing
is locked. A lease's token is `leased_until`. If a worker dies, its lease runs out and the message
is sent again: at least once.
"""

import random
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import connection, transaction

from aftersale.models import MessageState, Shop, SwitchedOff, WebhookEndpoint, WebhookMessage
from aftersale.services.shared import locks
from aftersale.services.webhooks import events
from aftersale.signals import to_be_told

log = structlog.get_logger(__name__)

# Longer than one call may take (http_post.SECONDS), with a margin.
LEASE = timedelta(seconds=60)
# Pauses after each failed try of a message, a day in all; there is one try more than pauses.
PAUSES = [
    *(timedelta(seconds=seconds) for seconds in (5, 30)),
    *(timedelta(minutes=minutes) for minutes in (2, 10, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 8)),
]
# Calls to one endpoint at a time; only one after FAILING failures in a row.
AT_ONCE = 8
FAILING = 2
# Pauses between two tries of an endpoint that keeps failing.
ENDPOINT_PAUSES = PAUSES[:4]
# An endpoint is switched off when nothing was delivered for this long and in so many tries.
SWITCH_OFF = timedelta(days=3)
SWITCH_OFF_TRIES = 10
GONE = 410


class MessageLease(NamedTuple):
    """The right to send one message until `until`, which is its token too."""

    message: WebhookMessage
    endpoint: WebhookEndpoint
    until: datetime


# The messages of endpoint `r` that may go out by `now`: the first of each subject.
_HEADS = """
    SELECT m.id FROM aftersale_webhookmessage m
    WHERE m.endpoint_id = r.id AND m.state = 'waiting'
        AND (m.next_try_at IS NULL OR m.next_try_at <= %(now)s)
        AND (m.leased_until IS NULL OR m.leased_until <= %(now)s)
        AND NOT EXISTS (
            SELECT FROM aftersale_webhookmessage p
            WHERE p.endpoint_id = m.endpoint_id AND p.subject = m.subject
                AND p.state = 'waiting' AND p.id < m.id
        )
    ORDER BY m.id
"""
_READY = "r.enabled AND (r.next_try_at IS NULL OR r.next_try_at <= %(now)s)"
# From each endpoint as many as it may get at once, in turns (the first of each, the second of each,
# ...), so that one endpoint's pile does not delay the messages of others.
_TAKE = f"""
WITH ready AS (
    SELECT r.id,
        CASE WHEN r.failures >= %(failing)s THEN 1 ELSE %(at_once)s END - (
            SELECT count(*) FROM aftersale_webhookmessage m
            WHERE m.endpoint_id = r.id AND m.state = 'waiting' AND m.leased_until > %(now)s
        ) AS free
    FROM aftersale_webhookendpoint r WHERE {_READY}
), heads AS (
    SELECT h.id, row_number() OVER (PARTITION BY r.id ORDER BY h.id) AS place
    FROM ready r CROSS JOIN LATERAL ({_HEADS} LIMIT greatest(r.free, 0)) h
    ORDER BY place, h.id LIMIT %(limit)s
), mine AS (
    SELECT m.id FROM aftersale_webhookmessage m
    WHERE m.id IN (SELECT id FROM heads) AND m.state = 'waiting'
        AND (m.leased_until IS NULL OR m.leased_until <= %(now)s)
    ORDER BY m.id FOR UPDATE SKIP LOCKED
)
UPDATE aftersale_webhookmessage m SET leased_until = %(until)s
FROM mine WHERE m.id = mine.id
RETURNING m.id
"""  # noqa: S608 - put together from texts of its own
_DUE = f"""
SELECT EXISTS (
    SELECT FROM aftersale_webhookendpoint r CROSS JOIN LATERAL ({_HEADS} LIMIT 1) h
    WHERE {_READY}
)
"""  # noqa: S608


def due(*, by: datetime) -> bool:
    """True if a message may go out by then, with no earlier one of its subject waiting."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": by})
        return bool(cursor.fetchone()[0])


def take(*, limit: int, now: datetime) -> list[MessageLease]:
    """Leases up to `limit` due messages, each the first of its subject."""
    until = now + LEASE
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {"now": now, "until": until, "limit": limit, "at_once": AT_ONCE, "failing": FAILING},
        )
        taken = [row[0] for row in cursor]
    messages = WebhookMessage.objects.filter(pk__in=taken).select_related("endpoint").order_by("pk")
    return [MessageLease(message, message.endpoint, until) for message in messages]


def settle(lease: MessageLease, *, status: int | None, failure: str, now: datetime) -> None:
    """Records the outcome of a try. `status` is the answer's, None if none came.

    Writes nothing if another worker has the lease by now, or the endpoint is gone.
    """
    with transaction.atomic():
        endpoint = locks.lock_webhook_endpoint(lease.endpoint.pk)
        message = locks.lock_webhook_message(lease.message.pk)
        if endpoint is None or message is None or message.leased_until != lease.until:
            return
        message.leased_until = None
        message.attempts += 1
        message.tried_at = now
        message.answer = status
        message.failure = failure
        if status is not None and 200 <= status < 300:
            _delivered(endpoint, message, now)
        else:
            _failed(endpoint, message, now)
        message.save()
        endpoint.save()


def _delivered(endpoint: WebhookEndpoint, message: WebhookMessage, now: datetime) -> None:
    message.state, message.finished_at, message.next_try_at = MessageState.DELIVERED, now, None
    endpoint.last_success_at = now
    endpoint.failing_since, endpoint.failures, endpoint.next_try_at = None, 0, None


def _failed(endpoint: WebhookEndpoint, message: WebhookMessage, now: datetime) -> None:
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    again = endpoint.failures - FAILING
    if again >= 0:
        pause = ENDPOINT_PAUSES[min(again, len(ENDPOINT_PAUSES) - 1)]
        endpoint.next_try_at = now + _with_jitter(pause)
    if message.attempts > len(PAUSES):
        message.state, message.finished_at, message.next_try_at = MessageState.FAILED, now, None
    else:
        message.next_try_at = now + _with_jitter(PAUSES[message.attempts - 1])
    log.info(
        "webhook_failed",
        endpoint=endpoint.pk,
        message=message.pk,
        answer=message.answer,
        attempts=message.attempts,
    )
    if not endpoint.enabled:
        return
    if message.answer == GONE:
        _switch_off(endpoint, SwitchedOff.GONE, now)
    elif now - endpoint.failing_since >= SWITCH_OFF and endpoint.failures >= SWITCH_OFF_TRIES:
        _switch_off(endpoint, SwitchedOff.FAILING, now)


def _switch_off(endpoint: WebhookEndpoint, why: SwitchedOff, now: datetime) -> None:
    """Switches a failing endpoint off; waiting messages are kept until it is switched on again."""
    endpoint.enabled, endpoint.off_because, endpoint.off_at = False, why, now
    events.write(endpoint, why.label, user=None, now=now)
    to_be_told.send(Shop, shop_ids=[endpoint.shop_id])


def _with_jitter(pause: timedelta) -> timedelta:
    """Adds up to a tenth, so that messages that failed together are not repeated together."""
    return pause * random.uniform(1, 1.1)  # noqa: S311 - nothing secret about it
