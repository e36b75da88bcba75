"""The products that buyers ask about most (SPEC M2).

A shop may sell thousands of products: they are summed in the database, and only the first come out.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from .days import SPANS, Span, parameters
from .read_figures import COUNTED
from .sources import FigureSource, counting

_MOST_ASKED = f"""
WITH asked AS MATERIALIZED ({SPANS}), counted AS MATERIALIZED ({COUNTED.format("asked")}),
span AS MATERIALIZED (
    SELECT a.* FROM asked a
     WHERE NOT EXISTS (SELECT FROM counted c WHERE c.shop_id = a.shop_id AND c.day = a.day)
), figure AS (
    SELECT k.shop_id, k.day, k.kind, k.key, k.number, k.sample
      FROM counted c JOIN monitoring_deskcount k ON k.shop_id = c.shop_id AND k.day = c.day
       AND k.source = '{FigureSource.PRODUCT.value}'
    UNION ALL
    SELECT shop_id, day, kind, key, number, sample
      FROM ({counting(FigureSource.PRODUCT)}) fresh
), summed AS (
    SELECT f.kind, f.key, coalesce(sum(f.number) FILTER (WHERE f.day >= b.begins), 0) AS number,
           coalesce(sum(f.number) FILTER (WHERE f.day < b.begins), 0) AS before,
           coalesce(max(f.sample) FILTER (WHERE f.day >= b.begins), 0) AS sample
      FROM figure f JOIN unnest(%(begin_shops)s::bigint[], %(begin_days)s::date[])
           AS b (shop_id, begins) ON b.shop_id = f.shop_id
     GROUP BY f.kind, f.key
)
SELECT kind, sum(number)::int, sum(before)::int,
       (array_agg(key ORDER BY number DESC, key))[1], max(number)::int, max(sample)
  FROM summed GROUP BY kind HAVING sum(number) > 0
 ORDER BY sum(number) DESC, kind LIMIT %(limit)s
"""


class Asked(NamedTuple):
    """`before` is of the days before; `reason` is the most frequent one, of `of_reason` requests;
    `sample` is a ticket about the product."""

    product: str
    number: int
    before: int
    reason: str
    of_reason: int
    sample: int


def most_asked(spans: Sequence[Span], *, begins: Mapping[int, date], limit: int) -> list[Asked]:
    """The products with most requests since the day on which each shop's period `begins`; earlier
    spans are what they are compared with."""
    values = {
        **parameters(spans),
        "begin_shops": list(begins),
        "begin_days": list(begins.values()),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOST_ASKED, values)
        return [Asked(*row) for row in cursor]
