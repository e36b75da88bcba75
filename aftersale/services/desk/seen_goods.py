"""Products and categories that a shop's orders had of late, to choose from while typing."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import connection

from aftersale.domain.identifiers import join_identifiers
from aftersale.services.access.rights import Right, require

LAST = timedelta(days=90)
# The newest orders that are looked at: some 20 ms, whatever the shop has sold.
MOST_ORDERS = 10_000
MOST = 20
PRODUCTS, CATEGORIES = "products", "categories"

_NEWEST = """
WITH newest AS MATERIALIZED (
    SELECT o.id, o.created_at FROM aftersale_order o
    WHERE o.shop_id = %(shop)s ORDER BY o.id DESC LIMIT %(orders)s
)
"""
_PRODUCTS = f"""{_NEWEST}
SELECT l.product, max(l.title), count(DISTINCT l.order_id)
FROM newest o JOIN aftersale_orderline l ON l.order_id = o.id
WHERE o.created_at >= %(since)s
    AND (l.product ILIKE %(term)s OR l.title ILIKE %(term)s)
GROUP BY l.product ORDER BY 3 DESC, 1 LIMIT %(most)s
"""  # noqa: S608 - put together from texts of its own
_CATEGORIES = f"""{_NEWEST}
SELECT l.category, '', count(DISTINCT l.order_id)
FROM newest o JOIN aftersale_orderline l ON l.order_id = o.id
WHERE o.created_at >= %(since)s AND l.category <> '' AND l.category ILIKE %(term)s
GROUP BY l.category ORDER BY 3 DESC, 1 LIMIT %(most)s
"""  # noqa: S608
_QUERIES = {PRODUCTS: _PRODUCTS, CATEGORIES: _CATEGORIES}


class SeenGoods(NamedTuple):
    """A product's number and title, or a category; `orders` is in how many of those looked at."""

    value: str
    title: str
    orders: int

    @property
    def entry(self) -> str:
        """As it stands in a list: one with a comma in its number has quotes."""
        return join_identifiers([self.value])


def seen(*, shop_id: int, what: str, term: str, user: User, now: datetime) -> list[SeenGoods]:
    """Those with the term in number or title, the most sold first; all where there is no term."""
    require(user, shop_id, Right.CHANGE_STRATEGIES)
    escaped = term.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    values: dict[str, Any] = {
        "shop": shop_id,
        "since": now - LAST,
        "term": f"%{escaped}%",
        "orders": MOST_ORDERS,
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES[what], values)
        return [SeenGoods(*row) for row in cursor]
