"""The window through which a ticket on a completed order was filed (SPEC W2).

Worked out while the ticket is undecided, with its order locked: decided tickets keep theirs. Only
tickets that were filed after completion cost a statement.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg

from aftersale.domain.multilingual import said as _
from aftersale.models import OrderStatus, TicketEventKind, TicketFlag
from aftersale.services.shared.sql_arrays import flags, numbers

from .events import write_events


def filed_after_completion(
    status: str, completed_at: float | None, applied_at: float | None
) -> bool:
    """True if the order had been completed by then; times in seconds since the epoch.

    An order may be closed once all of it was refunded: it was completed all the same.
    """
    if completed_at is None or applied_at is None:
        return status == OrderStatus.COMPLETED
    return status in (OrderStatus.COMPLETED, OrderStatus.CLOSED) and applied_at >= completed_at


_PLACE = """
    UPDATE aftersale_ticket t
       SET window_id = k.window_id,
           flags = array_remove(t.flags, %(flag)s::varchar)
                   || CASE WHEN k.lacks THEN ARRAY[%(flag)s]::varchar[] ELSE '{}' END
      FROM (SELECT t.id, w.id AS window_id, i.after AND w.id IS NULL AS lacks
              FROM unnest(%(tickets)s::bigint[], %(after)s::boolean[]) AS i(id, after)
              JOIN aftersale_ticket t ON t.id = i.id
              LEFT JOIN LATERAL (
                SELECT w.id FROM aftersale_aftersalewindow w
                 WHERE i.after AND w.order_id = t.order_id
                   AND w.opened_at <= t.applied_at AND t.applied_at < w.closes_at
                 ORDER BY w.opened_at DESC LIMIT 1) w ON true) k
     WHERE t.id = k.id
       AND (t.window_id IS DISTINCT FROM k.window_id
            OR k.lacks <> (t.flags @> ARRAY[%(flag)s]::varchar[]))
    RETURNING t.id, k.lacks
"""


def place(
    cur: psycopg.Cursor[tuple[Any, ...]], tickets: Iterable[tuple[int, bool]], now: datetime
) -> None:
    """Links each ticket to its window, or flags it; (ticket, filed after completion).

    A ticket filed before completion loses the link or flag of an older version.
    """
    found = list(tickets)
    if not found:
        return
    cur.execute(
        _PLACE,
        {
            "flag": TicketFlag.NO_WINDOW.value,
            "tickets": numbers(pk for pk, _after in found),
            "after": flags(after for _pk, after in found),
        },
    )
    note = _("Filed on a completed order while no after-sale window was open: can't be approved.")
    write_events(cur, [(pk, TicketEventKind.FLAG, note) for pk, lacks in cur if lacks], now)
