"""Search by a number or the beginning of a buyer's name (PERFORMANCE, Lists).

An OR over several columns, or across a join, defeats every index; so each thing that the term can
mean is looked for by its own index, all of them in one query.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from aftersale.models import Order, Ticket
from aftersale.services.shared import index_only

# Sorts after everything that begins with a term, in the index's order of bytes.
_LAST = "\U0010ffff"


# Order by order: otherwise the planner scans all tickets for those of a few orders.
_OF_ORDERS = """
    SELECT t.id FROM unnest(%s::bigint[]) s (id)
    CROSS JOIN LATERAL (
        SELECT id FROM aftersale_order WHERE shop_id = s.id AND order_no = %s LIMIT 1
    ) o
    CROSS JOIN LATERAL (SELECT id FROM aftersale_ticket WHERE order_id = o.id LIMIT %s) t
"""
_MOST_OF_ORDER = 200

# A query and its values.
Query = tuple[str, Sequence[Any]]


class SearchHits(NamedTuple):
    keys: list[int]
    cut: bool  # True if more buyers than that begin so


def tickets_of_order(order_no: str, shop_ids: Sequence[int]) -> Query:
    return _OF_ORDERS, [list(shop_ids), order_no, _MOST_OF_ORDER]


def find(
    *,
    model: type[Order] | type[Ticket],
    shop_ids: Sequence[int],
    named_in: Sequence[int],
    numbered: Sequence[QuerySet | Query],
    term: str,
    most: int,
) -> SearchHits:
    """The keys of tickets with that number, by the first kind of number that finds any; otherwise
    of buyers with that name, in the shops `named_in`: nobody finds out a masked number letter by
    letter (SPEC P1). Those come in index order, at most `most` of each shop: a common
    prefix of names would read the whole table.
    """
    reads: list[str] = []
    params: list[Any] = []
    for rank, rows in enumerate(numbered):
        try:
            sql, values = rows if isinstance(rows, tuple) else _keys_of(rows)
        except EmptyResultSet:  # of no shops
            continue
        reads.append(f"SELECT pk, {rank}, 0 FROM ({sql}) n (pk)")  # noqa: S608
        params += values
    reads.append(
        f"SELECT b.id, {len(numbered)}, s.id"  # noqa: S608
        " FROM unnest(%s::bigint[]) s (id)"
        f" CROSS JOIN LATERAL (SELECT id FROM {model._meta.db_table}"
        "  WHERE shop_id = s.id AND buyer ~>=~ %s AND buyer ~<~ %s"
        "  ORDER BY buyer USING ~<~ LIMIT %s) b"
    )
    params += [list(named_in), term, term + _LAST, most + 1]
    found = index_only.fetch(" UNION ALL ".join(reads), params)
    best = min((rank for _pk, rank, _shop in found), default=0)
    if best < len(numbered):
        return SearchHits([pk for pk, rank, _shop in found if rank == best], cut=False)
    of_shop: dict[int, list[int]] = {}
    for pk, _rank, shop in found:
        of_shop.setdefault(shop, []).append(pk)
    return SearchHits(
        [pk for keys in of_shop.values() for pk in keys[:most]],
        cut=any(len(keys) > most for keys in of_shop.values()),
    )


def _keys_of(rows: QuerySet) -> Query:
    return rows.order_by().values("pk").query.sql_with_params()
