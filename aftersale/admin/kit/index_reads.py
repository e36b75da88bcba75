"""Lists of large tables are read along an index, shop by shop, up to a bound.

A plan that the database chooses by its statistics can fall over when these are old: it walks back
through everybody's rows for a few that fit, or sorts them all. Here each shop's rows are read in
the order of one index up to a bound, and only then filtered, sorted and counted, whatever the
statistics say (PERFORMANCE, Lists).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest

from aftersale.domain.digits import whole_number
from aftersale.services.shared import index_only

# The least number of rows read of each shop, however many shops and reads share a page's bound.
FEWEST = 100
# In the address: number of times somebody asked to look further, each time ten times as far.
FAR = "far"
FURTHEST = 4


def far(request: HttpRequest) -> int:
    return min(whole_number(request.GET.get(FAR, "")) or 0, FURTHEST)


def words(column: str, values: Sequence[str]) -> str:
    """A partial index's condition, spelled exactly as the index has it."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


@dataclass(frozen=True)
class IndexRead:
    """Rows of a shop in the order of an index: `order` has its columns after shop and `fixed`.

    `where` repeats the condition of a partial index. `first` and `last` bound the first column of
    `order`. `by_shop` is False for an index that begins with the fixed columns, whose rows are all
    of one shop.
    """

    order: tuple[str, ...]
    descending: bool = True
    fixed: tuple[tuple[str, Any], ...] = ()
    where: str = ""
    first: Any = None
    last: Any = None
    by_shop: bool = True

    def sql(self, table: str, columns: str, limits: str) -> tuple[str, list[Any]]:
        """For the shop s.id. Row comparisons make the planner choose this index and no other."""
        conditions, values = [self.where] * bool(self.where), []
        shop = {"shop_id": "s.id"} if self.by_shop else {}
        if not self.by_shop:
            conditions.append("shop_id = s.id")
        for bound, operator in ((self.first, ">="), (self.last, "<=")):
            names, marks = list(shop), list(shop.values())
            for name, value in (*self.fixed, *[(self.order[0], bound)] * (bound is not None)):
                names.append(name)
                marks.append("%s")
                values.append(value)
            conditions.append(f"({', '.join(names)}) {operator} ({', '.join(marks)})")
        direction = " DESC" if self.descending else ""
        order = [*shop, *[name for name, _value in self.fixed], *self.order]
        return (
            f"SELECT {columns} FROM {table} WHERE {' AND '.join(conditions)}"  # noqa: S608
            f" ORDER BY {', '.join(name + direction for name in order)} {limits}"
        ), values


# Newest first, of a table with an index of shop and key.
NEWEST = IndexRead(order=("id",))


@dataclass(frozen=True)
class ReadPlan:
    """A plan for reading a list under some filters.

    `reads` answer the filters named in `answers` by themselves; the rows are shown in `ordering`.
    Optional: `shop`, the only shop that can have such rows, and `number`, how many there are; then
    the list reads on until a page is full.
    """

    reads: tuple[IndexRead, ...] = (NEWEST,)
    answers: frozenset[str] = frozenset()
    ordering: tuple[str, ...] = ()
    shop: int | None = None
    number: int | None = None


class PageKeys(NamedTuple):
    number: int
    keys: list[int]  # of the page
    left: bool  # whether more rows follow the bound


def share(most: int, shares: int, *, shared: int) -> int:
    """How many rows each index read may take: `most`, or a share of it above `shared` reads."""
    each = most * shared // max(shares, shared)
    return max(each - each % FEWEST, min(most, FEWEST))


def read(
    found: QuerySet,
    *,
    shop_ids: Sequence[int] | None,
    reads: Sequence[IndexRead],
    each: int,
    look_behind: bool,
    offset: int = 0,
    limit: int | None = None,
) -> PageKeys:
    """The first `each` rows of every index read that pass the filters of `found`, in its order.

    One query. None for `shop_ids` means all shops; `look_behind` asks whether there are more rows.
    """
    try:
        sql, values = found.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return PageKeys(0, [], False)
    table = connection.ops.quote_name(found.model._meta.db_table)
    more, asked = "false", list[Any]()
    if look_behind:
        rest, asked = along(reads, table, shop_ids, "1", f"LIMIT 1 OFFSET {each}")
        more = f"EXISTS ({rest})"
    rows, taken = along(reads, table, shop_ids, "*", f"LIMIT {each}")
    # The CTE has the table's name, so that the query reads the CTE instead.
    statement = f"""
        WITH behind AS (SELECT {more} AS more), {table} AS ({rows}),
            found (pk) AS MATERIALIZED ({sql})
        SELECT (SELECT count(*) FROM found), ARRAY(SELECT pk FROM found LIMIT %s OFFSET %s),
            (SELECT more FROM behind)
    """  # noqa: S608 (names and marks; the values go along)
    return PageKeys(*index_only.fetch(statement, [*asked, *taken, *values, limit, offset])[0])


def along(
    reads: Sequence[IndexRead],
    table: str,
    shop_ids: Sequence[int] | None,
    columns: str,
    limits: str,
) -> tuple[str, list[Any]]:
    """The query for the rows of all reads and shops; each ends with `limits`."""
    shops = "aftersale_shop s" if shop_ids is None else "unnest(%s::bigint[]) s (id)"
    parts: list[str] = []
    params: list[Any] = []
    for index_read in reads:
        sql, values = index_read.sql(table, columns, limits)
        parts.append(f"SELECT w.* FROM {shops} CROSS JOIN LATERAL ({sql}) w")  # noqa: S608
        params += [*([] if shop_ids is None else [list(shop_ids)]), *values]
    return " UNION ALL ".join(parts), params
