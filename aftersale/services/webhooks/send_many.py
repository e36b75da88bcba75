"""Sending due messages, many at a time, so that none waits for a receiver that hangs.

The calls run in threads that touch no database; rows are read and written by the caller's thread.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from config.heartbeat import beat

# Calls under way in one run.
CALLS = 32
# After this another task goes on; with the last calls this stays within the cluster's time-out.
RUN_SECONDS = 20.0
# How often a run looks for messages that have become due meanwhile.
LOOK_SECONDS = 0.25

Lease = TypeVar("Lease")
Answer = TypeVar("Answer")


class Outbox(Protocol[Lease, Answer]):
    """The rows that say what is due."""

    def due(self, *, by: datetime) -> bool:
        """True if a message may go out by then."""

    def take(self, *, limit: int, now: datetime) -> Sequence[Lease]:
        """Leases up to `limit` due messages."""

    def call(self, lease: Lease, *, now: datetime) -> Callable[[], Answer]:
        """The call for a thread, which raises nothing."""

    def settle(self, lease: Lease, answer: Answer, *, now: datetime) -> None:
        """Writes down what came of it."""


def run(
    outbox: Outbox[Lease, Answer], *, clock: Callable[[], datetime], seconds: float = RUN_SECONDS
) -> bool:
    """Sends messages that are due or become due while it runs; True if more are left."""
    ends = time.monotonic() + seconds
    under_way: dict[Future[Answer], Lease] = {}
    with ThreadPoolExecutor(CALLS) as pool:
        while True:
            beat()
            now = clock()
            if time.monotonic() < ends:
                for lease in outbox.take(limit=CALLS - len(under_way), now=now):
                    under_way[pool.submit(outbox.call(lease, now=now))] = lease
                left = timedelta(seconds=max(0.0, ends - time.monotonic()))
                if not under_way:
                    if not outbox.due(by=now + left):
                        return False
                    time.sleep(LOOK_SECONDS)
                    continue
            elif not under_way:
                return outbox.due(by=clock())
            finished, _ = wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in finished:
                outbox.settle(under_way.pop(future), future.result(), now=clock())
