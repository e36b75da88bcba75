"""Tickets over several products, as they come in, meet the product condition (SPEC E3)."""

import pytest

from aftersale.models import Shop
from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.services.ingest import save_orders, save_tickets
from aftersale.services.shops.shops import known
from strategies.models import Decision
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import NOON, make_shop, make_strategy

pytestmark = pytest.mark.django_db


def come_in(shop: Shop, goods: list[tuple[str, str]]) -> None:
    at = NOON.isoformat()
    order = {
        "shop": shop.code,
        "order_no": "O1",
        "status": "pending_shipment",
        "buyer": "b1",
        "paid_at": at,
        "updated_at": at,
        "paid_amount": "90.00",
        "lines": [
            {
                "line_no": number,
                "product": product,
                "category": category,
                "quantity": 1,
                "paid_amount": "30.00",
            }
            for number, (product, category) in enumerate(goods, start=1)
        ],
    }
    ticket = {
        "shop": shop.code,
        "ticket_no": "T1",
        "order_no": "O1",
        "type": "refund_only",
        "amount": "30.00",
        "applied_at": at,
        "updated_at": at,
    }
    shops = known([shop.code])
    save_orders([OrderRecord.model_validate(order)], shops=shops, now=NOON)
    save_tickets([TicketRecord.model_validate(ticket)], shops=shops, now=NOON)


@pytest.mark.parametrize(
    ("goods", "outcome"),
    [
        # More products than categories.
        ([("a", "x"), ("b", "x"), ("c", "x")], "refund"),
        ([("a", "x"), ("b", "x"), ("c", "w")], "manual"),
        # One listed by name, one not at all: no category may be taken for another product's.
        ([("a", "x"), ("b", "w")], "manual"),
        ([("b", "w"), ("a", "x")], "manual"),
        # Listed by name though without a category.
        ([("a", ""), ("b", "x")], "refund"),
        ([("b", ""), ("a", "x")], "manual"),
    ],
)
def test_every_product_of_the_ticket_is_listed_or_its_own_category_is(
    goods: list[tuple[str, str]], outcome: str
) -> None:
    shop = make_shop()
    make_strategy(shop, product_condition="include", products=["a"], categories=["x"])
    come_in(shop, goods)
    decide_shop(shop.pk, tally=Tally())
    decision = Decision.objects.get()
    assert (decision.outcome, decision.error) == (outcome, "")
