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


def come_in(
    shop: Shop,
    goods: list[tuple[str, str]],
    *,
    gifts: int = 0,
    order_labels: list[str] = [],  # noqa: B006
    labels: list[str] = [],  # noqa: B006
) -> None:
    """The last `gifts` lines cost nothing."""
    at = NOON.isoformat()
    order = {
        "shop": shop.code,
        "order_no": "O1",
        "status": "pending_shipment",
        "buyer": "b1",
        "paid_at": at,
        "updated_at": at,
        "paid_amount": "90.00",
        "labels": order_labels,
        "lines": [
            {
                "line_no": number,
                "product": product,
                "category": category,
                "quantity": 1,
                "paid_amount": "0.00" if number > len(goods) - gifts else "30.00",
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
        "labels": labels,
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


@pytest.mark.parametrize(
    ("goods", "gifts", "outcome"),
    [
        ([("a", "x"), ("gift", "w")], 1, "refund"),
        ([("a", "x"), ("?", "")], 1, "refund"),
        ([("a", "x"), ("gift", "w")], 2, "manual"),  # about nothing else
        ([("a", "x"), ("a", "x")], 2, "refund"),
        ([("?", "x")], 0, "manual"),
    ],
)
def test_e3_gifts_do_not_count_and_unknown_goods_meet_nothing(
    goods: list[tuple[str, str]], gifts: int, outcome: str
) -> None:
    shop = make_shop()
    make_strategy(shop, product_condition="include", products=["a"], categories=["x"])
    come_in(shop, goods, gifts=gifts)
    decide_shop(shop.pk, tally=Tally())
    assert Decision.objects.get().outcome == outcome


@pytest.mark.parametrize(
    ("skip", "given", "outcome"),
    [
        (True, {"labels": ["risk"]}, "manual"),
        (True, {"order_labels": ["risk"]}, "manual"),
        (False, {"labels": ["risk"], "order_labels": ["risk"]}, "refund"),
        (True, {"order_labels": ["campaign"]}, "refund"),
    ],
)
def test_e3_what_the_platform_flagged_as_risky_is_passed_by(
    skip: bool, given: dict[str, list[str]], outcome: str
) -> None:
    shop = make_shop()
    make_strategy(shop, skip_risky=skip)
    come_in(shop, [("a", "x")], **given)
    decide_shop(shop.pk, tally=Tally())
    decision = Decision.objects.get()
    assert (decision.outcome, decision.trace) == (outcome, [13 if outcome == "manual" else 0])
    assert decision.ticket_labels == given.get("labels", [])
