"""Facts and state of a batch: claimed rows as the engine's facts, and earlier decisions.

Raw SQL and tuples: models cost several times the whole decision (PERFORMANCE).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, cast

from django.db import connection
from django.db.backends.utils import CursorWrapper

from aftersale.services.shared.sql_arrays import numbers, texts
from strategies.engine import Facts, State
from strategies.engine.line_money import freight_left
from strategies.engine.vocabulary import REJECTED_BEFORE
from strategies.services.evaluator.moment import TimeInDoubt
from strategies.services.evaluator.rulebooks import LoadedRulebook

# Times are µs since the epoch; a double holds them exactly until the year 2255.
_FACTS = """
SELECT t.id, t.ticket_no, t.order_id, o.buyer, t.type, o.status, t.amount,
       o.paid_amount - o.refunded_amount - o.committed,
       (date_part('epoch', t.applied_at) * 1e6)::bigint,
       t.reason,
       (date_part('epoch', o.paid_at) * 1e6)::bigint,
       (date_part('epoch', o.shipped_at) * 1e6)::bigint,
       (date_part('epoch', o.delivered_at) * 1e6)::bigint,
       (date_part('epoch', o.label_printed_at) * 1e6)::bigint,
       o.paid_amount, o.labels, t.products, t.categories, o.has_virtual,
       EXISTS (SELECT 1 FROM aftersale_blockedbuyer b
               WHERE b.shop_id = t.shop_id AND b.buyer = o.buyer),
       t.scenarios_hit, o.type, t.labels,
       CASE WHEN t.rejected_before THEN 'rejected_before'
            WHEN t.taken_back THEN 'taken_back'
            WHEN t.flags && '{differs,order_in_doubt}' OR o.in_doubt THEN 'open_difference'
            WHEN o.over_refunded THEN 'platform_excess'
            ELSE '' END,
       t.line_no, least(t.exported_at, o.exported_at)
FROM aftersale_ticket t
JOIN aftersale_order o ON o.id = t.order_id
"""
# The evaluator never waits for a row: one that somebody else has locked is found by the next look.
# Facts are read as their rows are locked, order and ticket together.
_CLAIM = f"""{_FACTS}
WHERE t.shop_id = %(shop)s AND t.awaiting_evaluation
    AND (t.applied_at, t.ticket_no) > (%(at)s, %(ticket_no)s)
ORDER BY t.applied_at, t.ticket_no
LIMIT %(limit)s
FOR NO KEY UPDATE OF t, o SKIP LOCKED
"""

# A separate statement, after the orders are locked: only then do other tickets' shares stand still.
# The statement that locks sees rows as they were before it waited. The money of the orders' lines;
# with a key alone, tickets about the same goods as one that was rejected before (SPEC E2).
_OF_SIBLINGS = """
SELECT order_id, line_no, paid_amount, taken FROM aftersale_orderline
WHERE order_id = ANY(%s::bigint[])
UNION ALL
SELECT k.id, NULL, NULL, NULL
FROM unnest(%s::bigint[], %s::bigint[], %s::int[]) AS k (id, order_id, line_no)
WHERE EXISTS (SELECT 1 FROM aftersale_ticket other
              WHERE other.order_id = k.order_id AND other.rejected_before AND other.id <> k.id
                AND (other.line_no IS NULL OR k.line_no IS NULL OR other.line_no = k.line_no))
"""

# A person who switches a strategy on again starts its circuit breaker afresh (SPEC G3); by a clock
# that was ahead it would count nothing for as long.
_BREAKERS = """
SELECT s.id, count(*), sum(d.amount)::bigint
FROM unnest(%s::bigint[], %s::timestamptz[]) AS w (strategy_id, since)
JOIN strategies_strategy s ON s.id = w.strategy_id
JOIN strategies_decision d
    ON d.strategy_id = s.id
    AND d.decided_at > greatest(w.since, CASE WHEN s.enabled_at <= %s THEN s.enabled_at END)
    AND d.decided_at <= %s
GROUP BY s.id
"""

# The second part: refunds that became known again after a backup was restored: automation may have
# approved them (SPEC G6).
_BUYERS = """
SELECT buyer, count(*), sum(amount)::bigint FROM strategies_decision
WHERE shop_id = %(shop)s AND buyer = ANY(%(buyers)s::text[])
    AND decided_at > %(since)s AND decided_at <= %(moment)s AND outcome <> 'manual'
GROUP BY buyer
UNION ALL
SELECT o.buyer, count(*), sum(r.amount)::bigint
FROM aftersale_shop s
JOIN aftersale_refund r ON r.shop_id = s.id
JOIN aftersale_order o ON o.id = r.order_id
WHERE s.id = %(shop)s AND s.lost_since IS NOT NULL AND o.buyer = ANY(%(buyers)s::text[])
    AND r.source = 'platform' AND r.status = 'succeeded'
    AND r.requested_at > greatest(s.lost_since, %(since)s) AND r.requested_at <= s.lost_until
GROUP BY o.buyer
"""

# Positions in a claimed row; the engine's decided_at goes in behind applied_at.
TICKET, TICKET_NO, ORDER, BUYER, TYPE, AMOUNT, REFUNDABLE, APPLIED_AT = 0, 1, 2, 3, 4, 6, 7, 8
PAID_AMOUNT, BLOCKED, HELD_BACK, LINE = 14, 19, 23, 24
LINE_PAID, LINE_LEFT, FREIGHT_LEFT = 25, 26, 27
# When the older of the two files was exported; None where neither comes from one (SPEC O11).
EXPORTED = 28

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1) // _MICROSECOND


class Cursor(NamedTuple):
    """Where the last batch ended in the order of SPEC E7.

    Rows decided before stay in the index until vacuum; a drain that began at its start each time
    would read them again and again.
    """

    applied_at: datetime
    ticket_no: str


START = Cursor(datetime(1, 1, 2, tzinfo=UTC), "")


def claim(shop_id: int, *, after: Cursor, limit: int) -> list[tuple[Any, ...]]:
    """Locks waiting tickets and their orders, in the order of SPEC E7."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "shop": shop_id,
                "at": after.applied_at,
                "ticket_no": after.ticket_no,
                "limit": limit,
            },
        )
        return _complete(cursor, cursor.fetchall())


def claim_one(ticket_id: int) -> tuple[Any, ...] | None:
    """Waits for a ticket's order and then for the ticket (docs/locking.md), whether or not the
    automation is to look at it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT o.id FROM aftersale_order o
                WHERE o.id = (SELECT order_id FROM aftersale_ticket WHERE id = %s)
                  FOR NO KEY UPDATE""",
            [ticket_id],
        )
        cursor.execute(f"{_FACTS} WHERE t.id = %s FOR NO KEY UPDATE OF t", [ticket_id])
        rows = _complete(cursor, cursor.fetchall())
    return rows[0] if rows else None


def read_one(ticket_id: int) -> tuple[Any, ...] | None:
    """A ticket's row as `claim` would give it, without a lock; None while its order is missing."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_FACTS} WHERE t.id = %s", [ticket_id])
        rows = _complete(cursor, cursor.fetchall())
    return rows[0] if rows else None


def _complete(cursor: CursorWrapper, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows with what other tickets of their orders mean for them: whether one about the same goods
    was rejected, and the money of their lines."""
    if not rows:
        return rows
    on_lines = {row[ORDER] for row in rows if row[LINE] is not None}
    columns = (numbers(row[place] for row in rows) for place in (TICKET, ORDER, LINE))
    cursor.execute(_OF_SIBLINGS, [numbers(on_lines), *columns])
    rejected = set()
    money: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for key, line, paid, taken in cursor.fetchall():
        if line is None:
            rejected.add(key)
        else:
            money[key][line] = paid, taken
    return [
        (
            *row[:HELD_BACK],
            REJECTED_BEFORE if row[TICKET] in rejected else row[HELD_BACK],
            row[LINE],
            *_line_money(row, money),
            row[_READ_EXPORTED],
        )
        for row in rows
    ]


# The place in the statement's row, before the money of the line.
_READ_EXPORTED = LINE + 1


def _line_money(
    row: tuple[Any, ...], money: dict[int, dict[int, tuple[int, int]]]
) -> tuple[int | None, int | None, int | None]:
    """Paid for the ticket's line, left of it, and left of its order's freight (SPEC E2)."""
    if row[LINE] is None:
        return None, None, None
    lines = money[row[ORDER]]
    paid, taken = lines.get(row[LINE], (0, 0))
    return paid, paid - taken, freight_left(row[PAID_AMOUNT], lines.values())


def end_of(rows: Sequence[tuple[Any, ...]]) -> Cursor:
    """Where a claimed batch ends."""
    last = rows[-1]
    return Cursor(EPOCH + last[APPLIED_AT] * _MICROSECOND, last[TICKET_NO])


def as_facts(rows: Sequence[tuple[Any, ...]], decided_at: int) -> list[Facts]:
    """Claimed rows as engine facts at one moment, µs. Plain tuples in fact: the engine takes them,
    and they are cheaper to make. Arrays come as lists, which the engine could not look up."""
    facts = [
        (*row[:9], decided_at, *row[9:15], *map(tuple, row[15:18]), *row[18:22], tuple(row[22]),
         *row[23:EXPORTED])
        for row in rows
    ]  # fmt: skip
    return cast(list[Facts], facts)


def micros(moment: datetime) -> int:
    """A moment in the engine's µs since the epoch."""
    return (moment - EPOCH) // _MICROSECOND


def load_state(
    shop_id: int,
    loaded: LoadedRulebook,
    rows: Sequence[tuple[Any, ...]],
    *,
    moment: datetime,
    day: date,
    paused: bool,
) -> State:
    """Cap use of the day, the buyers' sums and the breakers' counts as the lane's holder sees
    them: nobody else can add to them before this transaction ends.

    Raises TimeInDoubt where the cap of a later day has been spent from (SPEC E9).
    """
    state = State(paused=paused)
    rulebook = loaded.rulebook
    position = {key: index for index, key in enumerate(loaded.strategy_ids)}
    with connection.cursor() as cursor:
        breakers = {
            key: strategy.breaker
            for key, strategy in zip(loaded.strategy_ids, rulebook.strategies, strict=True)
            if strategy.breaker is not None and strategy.enabled
        }
        longest = max((breaker.span for breaker in breakers.values()), default=0)
        # One day more than the spans: a shop may have moved to another time zone.
        first = day - timedelta(days=longest // _DAY + 2)
        cursor.execute(
            "SELECT strategy_id, day, hits, used FROM strategies_strategyusage"
            " WHERE strategy_id = ANY(%s) AND day >= %s",
            [list(position), first],
        )
        hits, amounts = Counter[int](), Counter[int]()
        for strategy_id, used_on, number, used in cursor.fetchall():
            if used_on > day:
                raise TimeInDoubt("the cap of a later day has been spent from")
            hits[strategy_id] += number
            amounts[strategy_id] += used
            if used_on == day:
                state.used[position[strategy_id], day.toordinal()] = used
        if rulebook.buyer_limit is not None:
            since = moment - timedelta(microseconds=rulebook.buyer_limit.span)
            cursor.execute(
                _BUYERS,
                {
                    "shop": shop_id,
                    "buyers": texts({row[BUYER] for row in rows}),
                    "since": since,
                    "moment": moment,
                },
            )
            for buyer, count, total in cursor.fetchall():
                state.buyers.setdefault(buyer, []).append((micros(moment), count, total))
        # Skipped for a strategy that whole days and this batch can't bring to its breaker: counting
        # its span would take longer with every batch of a long backlog.
        most = sum(row[AMOUNT] for row in rows)
        near = {
            key: breaker
            for key, breaker in breakers.items()
            if (breaker.hits is not None and hits[key] + len(rows) > breaker.hits)
            or (breaker.amount is not None and amounts[key] + most > breaker.amount)
        }
        if near:
            starts = [moment - timedelta(microseconds=breaker.span) for breaker in near.values()]
            cursor.execute(_BREAKERS, [list(near), starts, moment, moment])
            for strategy_id, count, total in cursor.fetchall():
                state.breakers[position[strategy_id]] = [(micros(moment), count, total)]
    return state
