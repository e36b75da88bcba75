"""The lines of orders that come in, as rows."""

from collections.abc import Sequence
from typing import Any

import psycopg

from aftersale.records.schemas import OrderRecord
from aftersale.services.shared.sql_arrays import flags, numbers, texts

from .batch import Incoming


def looks_of(record: OrderRecord) -> list[tuple[int, str, str]]:
    """Number, variant and picture of each line that has any."""
    return sorted(
        (line.line_no, line.sku, line.picture or "")
        for line in record.lines
        if line.sku or line.picture
    )


def write_lines(
    cur: psycopg.Cursor[tuple[Any, ...]],
    orders: Sequence[tuple[int, Incoming]],
    *,
    replace: str = "",
) -> None:
    rows = [(pk, *line) for pk, item in orders for line in item.lines]
    if replace:
        # By key, so that a line that stays is the same row.
        cur.execute(
            """
            DELETE FROM aftersale_orderline l
             WHERE l.order_id = ANY(%s::bigint[])
               AND NOT EXISTS (SELECT FROM unnest(%s::bigint[], %s::int[]) AS k(order_id, line_no)
                                WHERE k.order_id = l.order_id AND k.line_no = l.line_no)
            """,
            (replace, numbers(row[0] for row in rows), numbers(row[1] for row in rows)),
        )
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    update = """
        ON CONFLICT (order_id, line_no) DO UPDATE SET
          product = excluded.product, category = excluded.category, title = excluded.title,
          quantity = excluded.quantity, paid_amount = excluded.paid_amount,
          virtual = excluded.virtual
    """
    cur.execute(
        f"""
        INSERT INTO aftersale_orderline
          (order_id, line_no, product, category, title, quantity, paid_amount, virtual)
        SELECT * FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[],
                             %s::int[], %s::bigint[], %s::boolean[])
        {update if replace else ""}
        """,  # noqa: S608
        (
            numbers(columns[0]),
            numbers(columns[1]),
            texts(columns[2]),
            texts(columns[3]),
            texts(columns[4]),
            numbers(columns[5]),
            numbers(columns[6]),
            flags(columns[7]),
        ),
        prepare=True,
    )
    _write_looks(cur, orders)
    if replace:
        _sum_taken(cur, replace)


def _write_looks(
    cur: psycopg.Cursor[tuple[Any, ...]], orders: Sequence[tuple[int, Incoming]]
) -> None:
    """Variants and pictures, of the few sources that send them; a version without keeps them."""
    looks = [(pk, *look) for pk, item in orders for look in item.looks]
    if not looks:
        return
    pks, line_nos, skus, pictures = zip(*looks, strict=True)
    cur.execute(
        """
        UPDATE aftersale_orderline l SET sku = k.sku, picture = k.picture
          FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[])
               AS k(order_id, line_no, sku, picture)
         WHERE l.order_id = k.order_id AND l.line_no = k.line_no
        """,
        (numbers(pks), numbers(line_nos), texts(skus), texts(pictures)),
    )


def _sum_taken(cur: psycopg.Cursor[tuple[Any, ...]], order_pks: str) -> None:
    """Copies onto replaced lines what their tickets and requests have taken already (SPEC E2).

    The sum is written under the orders' locks and read after they were taken, so an unchanged line
    keeps its stored value.
    """
    cur.execute(
        """
        UPDATE aftersale_orderline l SET taken = s.taken
          FROM (SELECT order_id, line_no, sum(taken)::bigint AS taken
                  FROM (SELECT order_id, line_no, committed AS taken FROM aftersale_ticket
                         WHERE order_id = ANY(%(orders)s::bigint[]) AND line_no IS NOT NULL
                           AND committed > 0
                        UNION ALL
                        SELECT order_id, line_no, held FROM aftersale_shoprequest
                         WHERE order_id = ANY(%(orders)s::bigint[]) AND held > 0) each
                 GROUP BY order_id, line_no) s
         WHERE l.order_id = s.order_id AND l.line_no = s.line_no AND l.taken <> s.taken
        """,
        {"orders": order_pks},
    )
