"""Delivering webhooks: each due message one call, one answer."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog

from aftersale.models import Trouble
from aftersale.services.webhooks import http_post, message_lease, send_many, signing
from aftersale.services.webhooks.message_lease import MessageLease
from config.secrets import SecretUnreadable

log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    status: int | None
    failure: str


def run(*, clock: Callable[[], datetime], seconds: float = send_many.RUN_SECONDS) -> bool:
    """Delivers messages that are due or become due while it runs; True if more are left.

    An endpoint has a few calls at most (message_lease.AT_ONCE).
    """
    return send_many.run(_Webhooks(), clock=clock, seconds=seconds)


class _Webhooks(send_many.Outbox[MessageLease, Answer]):
    def due(self, *, by: datetime) -> bool:
        return message_lease.due(by=by)

    def take(self, *, limit: int, now: datetime) -> Sequence[MessageLease]:
        return message_lease.take(limit=limit, now=now)

    def call(self, lease: MessageLease, *, now: datetime) -> Callable[[], Answer]:
        try:
            parcel = signing.parcel(lease.message, lease.endpoint, now=now)
        except SecretUnreadable:
            return lambda: Answer(None, Trouble.SECRET)
        url = lease.endpoint.url
        return lambda: _call(url, parcel)

    def settle(self, lease: MessageLease, answer: Answer, *, now: datetime) -> None:
        message_lease.settle(lease, status=answer.status, failure=answer.failure, now=now)


def _call(url: str, parcel: signing.Parcel) -> Answer:
    try:
        status = http_post.post(url, body=parcel.body, headers=parcel.headers)
    except http_post.Unanswered as error:
        return Answer(None, error.trouble)
    except Exception as error:
        # An error at one address must not stop the messages to others.
        log.error("webhook_call_broke", error=type(error).__name__)
        return Answer(None, Trouble.BROKEN)
    if 300 <= status < 400:
        return Answer(status, Trouble.REDIRECT)
    return Answer(status, "")
