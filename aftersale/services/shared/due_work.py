"""One runner for due rows of many shops: the payer's refunds, and the steps sent to platforms.

Rows say what is due, a lease says who makes a call, and any number of runners may work at once.
The shops have turns: neither a long backlog nor a slow platform of one holds up the others.

Two loops differ, and are their own: webhooks/delivery.py keeps many calls under way in threads and
leases them across shops by one statement; syncing/read_changes.py is a task for one shop, which
renews one lease from slice to slice. Neither has turns.
"""

import time
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from aftersale.services.shared.outages import OF_THE_DATABASE
from config.heartbeat import beat

WORK_SECONDS = 2.0
# Slow calls don't count as work, or one slow shop would use up every run; a run ends here.
MOST_SECONDS = 30.0
SLOW_CALL_SECONDS = 0.5
BUSY_PAUSE_SECONDS = 0.05
SET_ASIDE = timedelta(minutes=15)

Clock = Callable[[], datetime]
# The key of a row, or of some that are carried out together.
Due = TypeVar("Due")


class OrderBusy(Exception):
    """Somebody holds the order's lock; the row stays due."""


def run(
    clock: Clock,
    *,
    turns: Callable[[Clock, Collection[int]], Iterable[tuple[int, Iterable[Due]]]],
    carry_out: Callable[[Clock, Due], bool],
    set_aside: Callable[[Clock, Due, Exception], None],
) -> bool:
    """Works on due rows for about two seconds; True where more are due.

    `turns`: each shop with due rows but for some that are left out, and the rows of its next turn.
    `carry_out` takes one row a step further; False where it can't just now. `set_aside` postpones,
    by SET_ASIDE, a row that the program failed on, so that it blocks no other.
    """
    started = time.monotonic()
    slow_seconds = 0.0
    slow_shops: set[int] = set()
    while True:
        any_due = progress = False
        for shop_pk, rows in turns(clock, slow_shops):
            any_due = True
            for row in rows:
                beat()
                before = time.monotonic()
                if before - started - slow_seconds > WORK_SECONDS:
                    return True
                if before - started > MOST_SECONDS:
                    return True
                try:
                    progress |= carry_out(clock, row)
                except OrderBusy:
                    pass
                except OF_THE_DATABASE:
                    raise  # the database, not the row; leases run out and are asked about
                except Exception as error:
                    set_aside(clock, row, error)
                    progress = True
                took = time.monotonic() - before
                if took > SLOW_CALL_SECONDS:
                    slow_seconds += took
                    slow_shops.add(shop_pk)
                    break
        if not any_due:
            return bool(slow_shops) and any(True for _turn in turns(clock, ()))
        if not progress:
            # All that is due is locked by somebody who will be done soon.
            time.sleep(BUSY_PAUSE_SECONDS)
