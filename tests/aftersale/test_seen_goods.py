"""Products and categories of the shop's newest orders, to choose from in a strategy's form."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from aftersale.domain.identifiers import split_identifiers
from aftersale.models import Order, OrderLine, Shop
from aftersale.services.desk import seen_goods
from aftersale.services.desk.seen_goods import CATEGORIES, PRODUCTS, SeenGoods
from aftersale.services.shared.errors import NotAllowed
from tests.factories import NOON, make_order, make_shop, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


@pytest.fixture
def owner(shop: Shop) -> User:
    return make_user(shop)


def sell(shop: Shop, product: str, title: str = "", category: str = "", days: float = 0) -> None:
    order = make_order(shop, created_at=NOON - timedelta(days=days))
    order.lines.update(product=product, title=title, category=category)


def find(shop: Shop, user: User, term: str = "", what: str = PRODUCTS) -> list[SeenGoods]:
    return seen_goods.seen(shop_id=shop.pk, what=what, term=term, user=user, now=NOON)


def test_the_most_sold_first_by_number_or_title(shop: Shop, owner: User) -> None:
    for product, title in (("p-1", "Scarf"), ("p-2", "羊毛围巾"), ("p-2", "羊毛围巾"), ("q%", "")):
        sell(shop, product, title)
    sell(make_shop(), "theirs", "Scarf")
    assert find(shop, owner) == [("p-2", "羊毛围巾", 2), ("p-1", "Scarf", 1), ("q%", "", 1)]
    assert find(shop, owner, "围巾") == [("p-2", "羊毛围巾", 2)]
    assert find(shop, owner, "SCARF") == [("p-1", "Scarf", 1)]
    assert find(shop, owner, "%") == [("q%", "", 1)]
    assert find(shop, owner, "_") == [] == find(shop, owner, "\\")


def test_one_with_a_comma_is_one_entry_of_the_list(shop: Shop, owner: User) -> None:
    sell(shop, 'p,1 "red"')
    (one,) = find(shop, owner)
    assert split_identifiers(one.entry) == [one.value]
    page = render_to_string("strategies/editor/seen_goods.html", {"found": [one]})
    assert f'data-goods-value="{escape(one.entry)}"' in page


def test_categories_without_the_unknown_one(shop: Shop, owner: User) -> None:
    sell(shop, "p-1", category="shoes")
    sell(shop, "p-2")
    assert find(shop, owner, what=CATEGORIES) == [("shoes", "", 1)]


def test_of_the_last_90_days_and_twenty_at_most(
    shop: Shop, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(shop, "old", days=90.1)
    sell(shop, "new", days=89.9)
    assert [one.value for one in find(shop, owner)] == ["new"]
    for number in range(21):
        sell(shop, f"p-{number}")
    assert len(find(shop, owner)) == 20
    monkeypatch.setattr(seen_goods, "MOST_ORDERS", 3)
    assert [one.value for one in find(shop, owner)] == ["p-18", "p-19", "p-20"]


@pytest.fixture
def history(shop: Shop) -> None:
    """Of a few rows any index will do: the planner is shown a small shop beside a large one."""
    for place, number in ((shop, 20), (make_shop(), 3_000)):
        order = make_order(place)
        (line,) = order.lines.all()
        orders = Order.objects.bulk_create(
            _copy(order, order_no=f"copy-{n}") for n in range(number)
        )
        OrderLine.objects.bulk_create(_copy(line, order=copied) for copied in orders)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE aftersale_order, aftersale_orderline")


def _copy(row: Any, **changed: Any) -> Any:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    copied = type(row)(**values | {"id": None})
    for name, value in changed.items():
        setattr(copied, name, value)
    return copied


def test_along_an_index_whatever_was_sold(
    shop: Shop, owner: User, history: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Fewer than the shop has: with all of them wanted, sorting may be cheaper.
    monkeypatch.setattr(seen_goods, "MOST_ORDERS", 10)
    with CaptureQueriesContext(connection) as queries:
        find(shop, owner)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("EXPLAIN " + queries[-1]["sql"])
        plan = "\n".join(row[0] for row in cursor)
    assert "order_newest" in plan and "order_line_once" in plan and "Seq Scan" not in plan


@pytest.mark.parametrize("role", ["cs_manager", "viewer", None])
def test_for_those_who_change_strategies(shop: Shop, role: str | None) -> None:
    user = make_user(shop, role) if role else make_user(make_shop())
    with pytest.raises(NotAllowed):
        find(shop, user)
