"""The past of a shop as the engine's facts, page by page (SPEC M3, O8).

Raw SQL and tuples, as in the evaluator. Decisions come in the order of their ids, which is that of
a shop's lane; tickets that nothing ever decided are imported history and come by applied_at, with
the order's status at that moment worked out from its times.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection

from strategies.services import lost_days

PAGE = 10_000

_EPOCH = "(date_part('epoch', {}) * 1e6)::bigint"


class Page(NamedTuple):
    """Evaluations in columns: taking rows apart one by one costs as much as deciding them."""

    facts: list[tuple[Any, ...]]
    """In the order of the engine's Facts."""
    hit: Sequence[bool]
    paused: Sequence[bool]
    real: Sequence[str]
    """The approver of each: a strategy's key, "fast_refund", or "" for people."""
    decision: Sequence[int | None]
    """None where it is estimated."""


def _columns(*moments: str) -> str:
    return ", ".join(_EPOCH.format(name) for name in moments)


# Columns read of a decision; the benchmark reads the same.
WANTED = f"""
    d.ticket_id, '', d.order_id, d.buyer, d.type, d.order_status, d.amount, d.refundable_amount,
    {_columns("d.applied_at", "d.decided_at")}, d.reason,
    {_columns("d.paid_at", "d.shipped_at", "d.delivered_at", "d.label_printed_at")},
    d.paid_amount, d.labels, d.products, d.categories, d.has_virtual, d.buyer_blocked,
    d.scenarios_hit, d.order_type, coalesce(d.ticket_labels, '{{}}'), d.held_back, d.line_no,
    d.line_paid, d.line_left, d.freight_left,
    d.outcome <> 'manual', d.why = 'paused',
    CASE WHEN d.outcome = 'manual' THEN ''
         ELSE coalesce(d.strategy_id::text, 'fast_refund') END,
    d.id
"""
_DECIDED = f"""
SELECT {WANTED}, NULL FROM strategies_decision d
WHERE d.shop_id = %(shop)s AND d.id > %(after)s AND d.id <= %(last)s
    AND d.decided_at >= %(start)s AND d.decided_at < %(end)s
ORDER BY d.id LIMIT %(limit)s
"""  # noqa: S608

_UNDECIDED = f"""
SELECT t.id, t.ticket_no, t.order_id, o.buyer, t.requested_type,
    CASE WHEN o.completed_at <= t.applied_at THEN 'completed'
         WHEN o.delivered_at <= t.applied_at THEN 'delivered'
         WHEN o.shipped_at <= t.applied_at THEN 'shipped'
         WHEN o.paid_at <= t.applied_at THEN 'pending_shipment'
         ELSE o.status END,
    t.amount, o.paid_amount, {_columns("t.applied_at", "t.applied_at")}, t.reason,
    {_columns("o.paid_at", "o.shipped_at", "o.delivered_at", "o.label_printed_at")},
    o.paid_amount, o.labels, t.products, t.categories, o.has_virtual,
    EXISTS (SELECT 1 FROM aftersale_blockedbuyer b WHERE b.shop_id = t.shop_id
            AND b.buyer = o.buyer),
    0, o.type, t.labels, '', t.line_no, line.paid, line.paid, line.freight,
    false, false, '', NULL, t.applied_at
FROM aftersale_ticket t JOIN aftersale_order o ON o.id = t.order_id
LEFT JOIN LATERAL (
    SELECT coalesce(sum(l.paid_amount) FILTER (WHERE l.line_no = t.line_no), 0)::bigint AS paid,
           greatest(0, o.paid_amount - sum(l.paid_amount))::bigint AS freight
    FROM aftersale_orderline l WHERE l.order_id = o.id AND t.line_no IS NOT NULL
) line ON t.line_no IS NOT NULL
WHERE t.shop_id = %(shop)s AND t.applied_at >= %(start)s AND t.applied_at < %(end)s
    AND (t.applied_at, t.id) > (%(after_at)s, %(after)s)
    AND NOT EXISTS (SELECT 1 FROM strategies_decision d WHERE d.ticket_id = t.id)
ORDER BY t.applied_at, t.id LIMIT %(limit)s
"""  # noqa: S608

# How many there are of each kind, the last decision, and the orders with several evaluations,
# and the rulebooks it was decided by.
_EXTENT = """
WITH decided AS MATERIALIZED (
    SELECT id, order_id, rulebook_id, why FROM strategies_decision
    WHERE shop_id = %(shop)s AND decided_at >= %(start)s AND decided_at < %(end)s
), undecided AS MATERIALIZED (
    SELECT t.order_id FROM aftersale_ticket t
    WHERE t.shop_id = %(shop)s AND t.applied_at >= %(start)s AND t.applied_at < %(end)s
        AND t.order_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM strategies_decision d WHERE d.ticket_id = t.id)
)
SELECT (SELECT count(*) FROM decided), (SELECT coalesce(max(id), 0) FROM decided),
    (SELECT count(*) FROM undecided),
    ARRAY(SELECT order_id FROM (
        SELECT order_id FROM decided UNION ALL SELECT order_id FROM undecided
    ) evaluations GROUP BY order_id HAVING count(*) > 1),
    ARRAY(SELECT DISTINCT rulebook_id FROM decided
          -- What was only suggested is not what the rulebook decides: it is replayed.
          UNION SELECT 0 FROM decided WHERE why = 'suggested')
"""

TICKET, ORDER, BUYER, AMOUNT, APPLIED_AT, DECIDED_AT = 0, 2, 3, 6, 8, 9
_ARRAYS = (16, 17, 18, 23)
_FACTS, _ID, _KEY = 29, 32, 33


class Past:
    """A shop's past evaluations in [start, end)."""

    def __init__(self, shop_id: int, start: datetime, end: datetime) -> None:
        self._given: dict[str, Any] = {"shop": shop_id, "start": start, "end": end}
        self._start = start
        with connection.cursor() as cursor:
            cursor.execute(_EXTENT, self._given)
            self.decided, self._last, self.estimated, repeated, rulebooks = cursor.fetchone()
        self.repeated = set(repeated)
        """Orders with several evaluations."""
        self.rulebook: int | None = rulebooks[0] if len(rulebooks) == 1 else None
        """The one rulebook of all these decisions; None where it changed meanwhile."""
        self.restores = lost_days.restores(shop_id, start, end)

    @property
    def total(self) -> int:
        return self.decided + self.estimated

    def pages(self) -> Iterator[Page]:
        """In the order of deciding, real or hypothetical."""
        if not self.estimated:
            rows: Iterator[list[Any]] = self._decided()
        elif not self.decided:
            rows = self._undecided()
        else:
            merged = heapq.merge(
                (row for page in self._decided() for row in page),
                (row for page in self._undecided() for row in page),
                key=lambda row: row[DECIDED_AT],
            )
            rows = iter(lambda: list(islice(merged, PAGE)), [])
        for page in rows:
            columns: list[Any] = list(zip(*page, strict=True))
            for place in _ARRAYS:
                columns[place] = map(tuple, columns[place])
            yield Page(list(zip(*columns[:_FACTS], strict=True)), *columns[_FACTS:_KEY])

    def _decided(self) -> Iterator[list[Any]]:
        return _pages(
            _DECIDED,
            {**self._given, "after": 0, "last": self._last},
            lambda row: {"after": row[_ID]},
        )

    def _undecided(self) -> Iterator[list[Any]]:
        return _pages(
            _UNDECIDED,
            {**self._given, "after_at": self._start, "after": 0},
            # The column itself, not the engine's number: it compares exactly.
            lambda row: {"after_at": row[_KEY], "after": row[0]},
        )


def _pages(
    query: str, given: dict[str, Any], following: Callable[[Any], dict[str, Any]]
) -> Iterator[list[Any]]:
    """The pages of a query; `following` derives the next page's beginning from the last row."""
    key: dict[str, Any] = {}
    while True:
        with connection.cursor() as cursor:
            cursor.execute(query, {**given, **key, "limit": PAGE})
            page = cursor.fetchall()
        if not page:
            return
        key = following(page[-1])
        yield page
