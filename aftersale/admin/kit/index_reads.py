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

from aftersale.services.shared import index_only

# Least number of rows of each shop, however many shops and walks share the page's bound.
FEWEST = 100
# In the address: number of times somebody asked to look further, each time ten times as far.
FAR = "far"
FURTHEST = 4


def far(request: HttpRequest) -> int:
    asked = request.GET.get(FAR, "")
    return min(int(asked), FURTHEST) if asked.isdecimal() else 0


def words(column: str, values: Sequence[str]) -> str:
    """A partial index's condition, to the letter."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


@dataclass(frozen=True)
class IndexRead:
    """Rows of a shop in the order of an index: its columns after the shop and what is `fixed`.

    `where` repeats the condition of a partial index. `first` and `last` bound the first column of
    `order`. `by_shop` is False of an index that begins with what is fixed, and that is one shop's.
    """

    order: tuple[str, ...]
    descending: bool = True
    fixed: tuple[tuple[str, Any], ...] = ()
    where: str = ""
    first: Any = None
    last: Any = None
    by_shop: bool = True

    def sql(self, table: str, columns: str, limits: str) -> tuple[str, list[Any]]:
        """Of the shop s.id. Rows are compared as wholes: only this index has them in order."""
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
    """What a list reads for some filters: the walks, the names of the filters that these answer
    by themselves, and the order in which they are shown.

    `shop` is the only one that can have such rows, and `number` how many there are, where that is
    known: then they are looked for until a page is full of them.
    """

    walks: tuple[IndexRead, ...] = (NEWEST,)
    answers: frozenset[str] = frozenset()
    ordering: tuple[str, ...] = ()
    shop: int | None = None
    number: int | None = None


class PageKeys(NamedTuple):
    number: int
    keys: list[int]  # of the page
    left: bool  # whether there is more behind the bound


def share(most: int, shares: int, *, shared: int) -> int:
    """How many rows each of so many walks may read: up to `shared` of them as many as `most`."""
    each = most * shared // max(shares, shared)
    return max(each - each % FEWEST, min(most, FEWEST))


def read(
    found: QuerySet,
    *,
    shop_ids: Sequence[int] | None,
    walks: Sequence[IndexRead],
    each: int,
    look_behind: bool,
    offset: int = 0,
    limit: int | None = None,
) -> PageKeys:
    """What the filters of `found` leave of the first `each` rows of every walk, in its order.

    In one query. None for `shop_ids` is all shops. Whether there is more is looked for if asked.
    """
    try:
        sql, values = found.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return PageKeys(0, [], False)
    table = connection.ops.quote_name(found.model._meta.db_table)
    more, asked = "false", list[Any]()
    if look_behind:
        rest, asked = along(walks, table, shop_ids, "1", f"LIMIT 1 OFFSET {each}")
        more = f"EXISTS ({rest})"
    rows, taken = along(walks, table, shop_ids, "*", f"LIMIT {each}")
    # Named as the table, the rows take its place in the query; before that it still is the table.
    statement = f"""
        WITH behind AS (SELECT {more} AS more), {table} AS ({rows}),
            found (pk) AS MATERIALIZED ({sql})
        SELECT (SELECT count(*) FROM found), ARRAY(SELECT pk FROM found LIMIT %s OFFSET %s),
            (SELECT more FROM behind)
    """  # noqa: S608 (names and marks; the values go along)
    return PageKeys(*index_only.fetch(statement, [*asked, *taken, *values, limit, offset])[0])


def along(
    walks: Sequence[IndexRead],
    table: str,
    shop_ids: Sequence[int] | None,
    columns: str,
    limits: str,
) -> tuple[str, list[Any]]:
    """The query for the rows of all walks of those shops; each ends by `limits`."""
    shops = "aftersale_shop s" if shop_ids is None else "unnest(%s::bigint[]) s (id)"
    parts: list[str] = []
    params: list[Any] = []
    for walk in walks:
        sql, values = walk.sql(table, columns, limits)
        parts.append(f"SELECT w.* FROM {shops} CROSS JOIN LATERAL ({sql}) w")  # noqa: S608
        params += [*([] if shop_ids is None else [list(shop_ids)]), *values]
    return " UNION ALL ".join(parts), params
