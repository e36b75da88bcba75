"""Reading past evaluations from the database into columns (SPEC M3, O8).

Decisions come in the order of their ids, which is that of a shop's lane; tickets that nothing ever
decided are imported history and come by applied_at, with the order's status at that moment worked
out from its times.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
from django.db import DEFAULT_DB_ALIAS, connection, connections
from psycopg import Copy, OperationalError
from psycopg.pq.abc import PGconn

from .columns import EPOCH_2000, MOMENTS, NAMES, NONE, Columns, Word

# Rows that become columns at a time.
PIECE = 100_000

_KNOWN_AT = "coalesce({}, '-infinity'::timestamptz)"
_KNOWN = f"coalesce({{}}, {NONE})"

# The evaluations as rows of one shape.
DECIDED = """
SELECT d.id AS decision, d.ticket_id AS ticket, d.order_id AS "order", d.buyer,
    d.type, d.order_status AS status, d.reason, d.labels, d.products, d.categories,
    d.scenarios_hit, d.order_type, coalesce(d.ticket_labels, '{}') AS ticket_labels, d.held_back,
    d.applied_at, d.decided_at, d.paid_at, d.shipped_at, d.delivered_at, d.label_printed_at,
    d.amount, d.refundable_amount AS refundable, d.paid_amount, d.line_no::bigint AS line,
    d.line_left, d.freight_left,
    CASE WHEN d.outcome = 'manual' THEN 0 ELSE coalesce(d.strategy_id, -1) END AS approver,
    d.rulebook_id::bigint AS rulebook,
    d.has_virtual::int + d.buyer_blocked::int * 2 + (d.outcome <> 'manual')::int * 4
        + (d.why = 'paused')::int * 8 + (d.why = 'suggested')::int * 16 AS bits
FROM strategies_decision d
WHERE d.shop_id = %(shop)s AND d.id > %(after)s AND d.decided_at >= %(start)s
"""
UNDECIDED = """
SELECT 0::bigint AS decision, t.id AS ticket, t.order_id AS "order", o.buyer,
    t.requested_type AS type,
    CASE WHEN o.completed_at <= t.applied_at THEN 'completed'
         WHEN o.delivered_at <= t.applied_at THEN 'delivered'
         WHEN o.shipped_at <= t.applied_at THEN 'shipped'
         WHEN o.paid_at <= t.applied_at THEN 'pending_shipment'
         ELSE o.status END::varchar AS status,
    t.reason, o.labels, t.products, t.categories, 0::smallint AS scenarios_hit,
    o.type AS order_type, t.labels AS ticket_labels, ''::varchar AS held_back,
    t.applied_at, t.applied_at AS decided_at, o.paid_at, o.shipped_at, o.delivered_at,
    o.label_printed_at, t.amount, o.paid_amount AS refundable, o.paid_amount,
    t.line_no::bigint AS line, line.paid AS line_left, line.freight AS freight_left,
    0::bigint AS approver, 0::bigint AS rulebook,
    o.has_virtual::int + EXISTS (SELECT 1 FROM aftersale_blockedbuyer b
        WHERE b.shop_id = t.shop_id AND b.buyer = o.buyer)::int * 2 AS bits
FROM aftersale_ticket t JOIN aftersale_order o ON o.id = t.order_id
LEFT JOIN LATERAL (
    SELECT coalesce(sum(l.paid_amount) FILTER (WHERE l.line_no = t.line_no), 0)::bigint AS paid,
           greatest(0, o.paid_amount - sum(l.paid_amount))::bigint AS freight
    FROM aftersale_orderline l WHERE l.order_id = o.id AND t.line_no IS NOT NULL
) line ON t.line_no IS NOT NULL
WHERE t.shop_id = %(shop)s AND t.applied_at >= %(start)s AND t.applied_at < %(end)s
    AND NOT EXISTS (SELECT 1 FROM strategies_decision d WHERE d.ticket_id = t.id)
"""
_ORDER = {DECIDED: "decision", UNDECIDED: "applied_at, ticket"}

_WORDS = ", ".join(f"e.{name}" for name in Word._fields)


def _narrow(source: str) -> str:
    """The columns of NAMES, none of them null, each of eight bytes."""
    columns = {
        "buyer": "hashtextextended(e.buyer, %(seed)s)",
        "word": f"hash_record_extended(ROW({_WORDS}), %(seed)s)",
        "bits": "e.bits::bigint",
        **{name: _KNOWN_AT.format(f"e.{name}") for name in MOMENTS},
        **{name: _KNOWN.format(f"e.{name}") for name in ("line", "line_left", "freight_left")},
    }
    wanted = ", ".join(columns.get(name, f'e."{name}"') for name in NAMES)
    return (
        f"COPY (SELECT {wanted} FROM ({source}) e ORDER BY {_ORDER[source]}"  # noqa: S608
        " LIMIT %(limit)s) TO STDOUT (FORMAT BINARY)"
    )


# A row of COPY's binary format: the number of fields, and each field behind its length.
_ROW = np.dtype(
    [("fields", ">i2"), *(pair for name in NAMES for pair in ((f"_{name}", ">i4"), (name, ">i8")))]
)
_HEAD = 19  # signature, flags, and the length of an extension that there is none of


def read_decided(
    *,
    shop_id: int,
    start: datetime,
    seed: int,
    words: dict[int, Word],
    after: int = 0,
    using: str = DEFAULT_DB_ALIAS,
) -> Iterator[Columns]:
    """Decisions made since `start` with a higher id than `after`, in pieces, with `word` as a hash.
    Words that are not in `words` yet are added to it."""
    while True:
        given = {"shop": shop_id, "after": after, "start": start, "seed": seed, "limit": PIECE}
        columns = _read(DECIDED, given, words, using)
        rows = len(columns["decision"])
        if rows:
            after = int(columns["decision"][-1])
            yield columns
        if rows < PIECE:
            return


def read_estimated(
    *,
    shop_id: int,
    start: datetime,
    end: datetime,
    seed: int,
    words: dict[int, Word],
    using: str = DEFAULT_DB_ALIAS,
) -> Columns:
    """Imported history in [start, end), likewise."""
    given = {"shop": shop_id, "start": start, "end": end, "seed": seed, "limit": None}
    for _again in range(3):
        columns = _read(UNDECIDED, given, words, using)
        # An order that changes between the two statements has other words in the second.
        if all(word in words for word in np.unique(columns["word"]).tolist()):
            return columns
    raise RuntimeError("imported history changes faster than it is read")


def hashes_of(buyers: list[str], seed: int) -> list[int]:
    """Buyers as the column `buyer` has them."""
    if not buyers:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hashtextextended(b, %s) FROM unnest(%s::text[]) WITH ORDINALITY AS t (b, place)"
            " ORDER BY place",
            [seed, buyers],
        )
        return [value for (value,) in cursor.fetchall()]


def _read(source: str, given: dict[str, Any], words: dict[int, Word], using: str) -> Columns:
    # psycopg's own cursor: the wrapper that logs queries takes no parameters here.
    with (
        connections[using].cursor() as wrapped,
        wrapped.cursor.copy(_narrow(source), given) as copy,
    ):
        answer = _received(copy, wrapped.cursor.connection.pgconn)
    rows = np.frombuffer(answer, _ROW, offset=_HEAD, count=(len(answer) - _HEAD) // _ROW.itemsize)
    columns = {name: rows[name].astype(np.int64) for name in NAMES}
    for name in MOMENTS:
        moments = columns[name]
        moments[moments != NONE] += EPOCH_2000
    _learn(source, given, columns, words, using)
    return columns


def _received(copy: Copy, connection: PGconn) -> bytearray:
    """All that a COPY sends. psycopg waits anew and makes objects for each row, which takes four
    times as long as PostgreSQL takes to make it: what has arrived is drained at once."""
    received = bytearray()
    while part := copy.read():
        received += part
        # The last part, which ends the format, is shorter than a row: the end itself is psycopg's.
        while len(part) >= _ROW.itemsize:
            number, part = connection.get_copy_data(1)
            if number < 0:
                result = connection.get_result()
                raise OperationalError(result.error_message if result else "COPY broke off")
            if not number:
                break
            received += part
    return received


def _learn(
    source: str, given: dict[str, Any], columns: Columns, words: dict[int, Word], using: str
) -> None:
    """Reads what new hashes stand for, each at one evaluation that has it."""
    found, first = np.unique(columns["word"], return_index=True)
    fresh = [place for word, place in zip(found.tolist(), first, strict=True) if word not in words]
    if not fresh:
        return
    key = "decision" if source is DECIDED else "ticket"
    query = (
        f"SELECT hash_record_extended(ROW({_WORDS}), %(seed)s), {_WORDS} FROM ({source}) e"  # noqa: S608
        f" WHERE e.{key} = ANY(%(keys)s)"
    )
    with connections[using].cursor() as cursor:
        cursor.execute(query, {**given, "keys": columns[key][fresh].tolist()})
        for word, *values in cursor.fetchall():
            words[word] = Word._make(
                tuple(value) if isinstance(value, list) else value for value in values
            )
