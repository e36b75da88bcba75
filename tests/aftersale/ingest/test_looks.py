"""Variant and picture of order lines: for people alone, never a reason to doubt an order."""

import pytest

from aftersale.models import Order, OrderLine
from aftersale.records.values import web_address
from aftersale.services.shared.outcomes import Outcome
from tests.each import each
from tests.factories import make_shop

from .record_factories import at, order, save_order

pytestmark = pytest.mark.django_db

PICTURE = "https://pics.test/1.jpg"


def line(**fields: object) -> dict[str, object]:
    return {"line_no": 1, "product": "p1", "quantity": 1, "paid_amount": "100.00"} | fields


def looks() -> list[tuple[str, str]]:
    return list(OrderLine.objects.values_list("sku", "picture"))


def test_they_are_kept_and_change_nothing_else() -> None:
    make_shop(code="s1")
    assert save_order(order(lines=[line()]))[0].outcome == Outcome.NEW
    before = Order.objects.values().get()
    # A connector that now reads more of the version that is stored: no difference of the order.
    more = order(lines=[line(sku="blue, 42", picture=PICTURE)])
    assert save_order(more)[0].outcome == Outcome.UNCHANGED
    assert Order.objects.values().get() == before and looks() == [("", "")]
    newer = order(lines=[line(sku="blue, 42", picture=PICTURE)], updated_at=at(1))
    assert save_order(newer, hour=1)[0].outcome == Outcome.CHANGED
    assert looks() == [("blue, 42", PICTURE)]
    assert save_order(newer, hour=1)[0].outcome == Outcome.UNCHANGED
    # A source without them takes nothing away.
    assert save_order(order(lines=[line()], updated_at=at(2)), hour=2)[0].outcome == Outcome.CHANGED
    assert looks() == [("blue, 42", PICTURE)]


@each("text, address", [(f" {PICTURE} ", PICTURE), ("javascript:x", None), (None, None), (7, None)])
def test_only_web_addresses_are_pictures(text: object, address: str | None) -> None:
    assert web_address(text) == address
