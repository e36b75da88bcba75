"""How past tickets ended and how long people worked on them, out of the rows (SPEC M6).

Minutes of handling: nobody clocks in and out of a case, so a step of a person lasts since the same
person's step before it, on whatever ticket, if that is less than a quarter of an hour ago; longer
gaps are breaks and say nothing. Steps on many tickets at once share their time.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from strategies.advice.ends import Story

# Longer is a break.
LONGEST_STEP = 15 * 60
# For a shop none of whose steps can be timed.
ASSUMED_MINUTES = 3.0

# A later request about the same goods: on the same line, or one of the two on the whole order.
_STORIES = """
SELECT t.id, t.status, extract(epoch FROM %(now)s - t.status_at)::float / 86400,
    r.amount, coalesce(again.amount, 0)::bigint,
    coalesce(r.source IN ('strategy', 'fast_refund'), false) OR EXISTS (
        SELECT 1 FROM strategies_decision d WHERE d.ticket_id = t.id AND d.outcome <> 'manual'),
    t.flags @> '{likely_loss}', t.arbitration_result, t.rejected_before,
    t.return_shipped_at IS NOT NULL OR t.goods_received_at IS NOT NULL
FROM aftersale_ticket t
LEFT JOIN aftersale_refund r ON r.ticket_id = t.id AND r.status = 'succeeded'
LEFT JOIN LATERAL (
    SELECT sum(paid.amount) AS amount FROM aftersale_ticket other
    JOIN aftersale_refund paid ON paid.ticket_id = other.id AND paid.status = 'succeeded'
    WHERE other.order_id = t.order_id AND other.id <> t.id AND other.applied_at > t.applied_at
        AND (other.line_no IS NULL OR t.line_no IS NULL OR other.line_no = t.line_no)
) again ON t.rejected_before OR t.status = 'rejected'
WHERE t.id = ANY(%(tickets)s)
"""

_MINUTES = """
SELECT ticket_id, sum(gap)::float / 60 FROM (
    SELECT e.ticket_id, extract(epoch FROM e.at
        - lag(e.at) OVER (PARTITION BY e.user_id ORDER BY e.at, e.id)) AS gap
    FROM aftersale_ticketevent e JOIN aftersale_ticket t ON t.id = e.ticket_id
    WHERE t.shop_id = %(shop)s AND t.applied_at >= %(start)s AND t.applied_at < %(end)s
        AND e.actor = 'person' AND e.user_id IS NOT NULL
) steps WHERE gap < %(longest)s GROUP BY ticket_id
"""


def stories(tickets: Sequence[int], amounts: Sequence[int], *, now: datetime) -> dict[int, Story]:
    """By ticket, with the amounts that were asked for when they were decided."""
    asked = dict(zip(tickets, amounts, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_STORIES, {"now": now, "tickets": list(tickets)})
        return {row[0]: Story(asked[row[0]], *row[1:]) for row in cursor}


def handling_minutes(shop_id: int, start: datetime, end: datetime) -> dict[int, float]:
    """By ticket, where at least one step of a person can be timed."""
    given: dict[str, Any] = {"shop": shop_id, "start": start, "end": end, "longest": LONGEST_STEP}
    with connection.cursor() as cursor:
        cursor.execute(_MINUTES, given)
        return dict(cursor.fetchall())
