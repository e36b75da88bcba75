"""Sending due messages, many at a time, so that none waits for a hung endpoint.

The calls run in threads that touch no database; rows are read and written by the caller's thread.
"""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from aftersale.models import Trouble
from aftersale.services.webhooks import http_post, message_lease, signing
from aftersale.services.webhooks.message_lease import MessageLease
from config.heartbeat import beat
from config.secrets import SecretUnreadable

log = structlog.get_logger(__name__)

# Calls under way in one run; an endpoint has a few of them at most (message_lease.AT_ONCE).
CALLS = 32
# After this another task goes on; with the last calls this stays within the cluster's time-out.
RUN_SECONDS = 20.0
# How often a run looks for messages that have become due meanwhile.
LOOK_SECONDS = 0.25


class Answer(NamedTuple):
    status: int | None
    failure: str


def run(*, clock: Callable[[], datetime], seconds: float = RUN_SECONDS) -> bool:
    """Delivers messages that are due or become due while it runs; True if more are left."""
    ends = time.monotonic() + seconds
    under_way: dict[Future[Answer], MessageLease] = {}
    with ThreadPoolExecutor(CALLS) as pool:
        while True:
            beat()
            now = clock()
            if time.monotonic() < ends:
                for lease in message_lease.take(limit=CALLS - len(under_way), now=now):
                    under_way[_start(pool, lease, now)] = lease
                left = timedelta(seconds=max(0.0, ends - time.monotonic()))
                if not under_way:
                    if not message_lease.due(by=now + left):
                        return False
                    time.sleep(LOOK_SECONDS)
                    continue
            elif not under_way:
                return message_lease.due(by=clock())
            finished, _ = wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in finished:
                answer = future.result()
                message_lease.settle(
                    under_way.pop(future),
                    status=answer.status,
                    failure=answer.failure,
                    now=clock(),
                )


def _start(pool: ThreadPoolExecutor, lease: MessageLease, now: datetime) -> Future[Answer]:
    try:
        parcel = signing.parcel(lease.message, lease.endpoint, now=now)
    except SecretUnreadable:
        failed: Future[Answer] = Future()
        failed.set_result(Answer(None, Trouble.SECRET))
        return failed
    return pool.submit(_call, lease.endpoint.url, parcel)


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
