"""The migrations that read existing identifiers as SPEC O9 reads new ones lose nothing."""

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from aftersale.models import BlockedBuyer, FundEntry, Order, OrderLine, Shop, Ticket
from strategies.models import EvaluatorLane, Strategy, StrategyRevision
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket

pytestmark = pytest.mark.django_db

DESK = importlib.import_module("aftersale.migrations.0020_clean_identifiers")
AUTOMATION = importlib.import_module("strategies.migrations.0007_clean_identifiers")


def migrate() -> None:
    editor = SimpleNamespace(connection=connection)
    DESK.clean_rows(apps, editor)
    AUTOMATION.clean_strategies(apps, editor)


def test_dirty_rows_are_cleaned_and_clean_ones_left_alone():
    shop = make_shop(code="ks\u200b-1", commission_categories=["shoes "])
    clean = make_order(shop, order_no="张三 7", buyer="买家 1")
    dirty = make_order(shop, order_no="G1 ", buyer="b-1\u200b", lines=[{"product": "p-1\t"}])
    ticket = make_ticket(dirty, ticket_no="\ufeffT1", reason="other ")
    BlockedBuyer.objects.create(shop=shop, buyer=" bad")
    entry = {"amount": 1, "at": NOON, "balance_after": 1}
    FundEntry.objects.create(fund=shop.funds.first(), entry_no="f-1 ", **entry)
    migrate()
    assert Shop.objects.get().code == "ks-1"
    assert Shop.objects.get().commission_categories == ["shoes"]
    clean.refresh_from_db()
    assert (clean.order_no, clean.buyer) == ("张三 7", "买家 1")
    dirty.refresh_from_db()
    assert (dirty.order_no, dirty.buyer) == ("G1", "b-1")
    assert OrderLine.objects.get(order=dirty).product == "p-1"
    ticket.refresh_from_db()
    assert (ticket.ticket_no, ticket.order_no, ticket.buyer) == ("T1", "G1", "b-1")
    assert (ticket.products, ticket.reason) == (["p-1"], "other")
    assert BlockedBuyer.objects.get().buyer == "bad"
    assert FundEntry.objects.get().entry_no == "f-1"


def test_a_collision_keeps_both_rows_and_says_so(capsys):
    shop = make_shop(code="s1")
    first = make_order(shop, order_no="G3")
    second = make_order(shop, order_no="G3 ", paid_amount=500)
    third = make_order(shop, order_no="G3\u200b", paid_amount=700)
    of_second = make_ticket(second, ticket_no="T1")
    migrate()
    said = capsys.readouterr().out
    orders = dict(Order.objects.values_list("order_no", "pk"))
    assert orders == {"G3": first.pk, "G3 (2)": second.pk, "G3 (3)": third.pk}
    of_second.refresh_from_db()
    assert (of_second.order_no, of_second.order_id) == ("G3 (2)", second.pk)
    assert f"aftersale_order {second.pk}: order_no “G3 ” is “G3 (2)” now" in said
    assert f"aftersale_order {third.pk}: order_no “G3<U+200B>” is “G3 (3)” now" in said


def test_the_same_number_in_another_shop_is_no_collision(capsys):
    one, other = make_shop(code="s1"), make_shop(code="s2")
    make_order(one, order_no="G3")
    make_order(other, order_no="G3 ")
    migrate()
    assert list(Order.objects.values_list("order_no", flat=True)) == ["G3", "G3"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("line_no", "products", "waits"),
    [(None, ["p-1", "p-2"], True), (2, ["p-2"], True), (9, [], False)],
)
def test_a_ticket_that_waited_under_a_dirty_number_finds_its_order(line_no, products, waits):
    shop = make_shop(code="s1")
    order = make_order(shop, order_no="G3", lines=[{"product": "p-2"}, {"product": "p-1"}])
    OrderLine.objects.filter(order=order, line_no=1).update(product="p-1")
    OrderLine.objects.filter(order=order, line_no=2).update(product="p-2")
    ticket = Ticket.objects.create(
        shop=shop, ticket_no="T1", order_no="G3 ", type="refund_only", line_no=line_no,
        requested_type="refund_only", amount=100, applied_at=NOON, updated_at=NOON, status_at=NOON,
    )  # fmt: skip
    migrate()
    ticket.refresh_from_db()
    assert (ticket.order_id, ticket.buyer, ticket.products) == (order.pk, order.buyer, products)
    assert ticket.awaiting_evaluation is waits
    assert ticket.flags == ([] if waits else ["line_missing"])


def test_strategies_get_a_revision_and_decisions_are_made_by_it():
    shop = make_shop(code="s1")
    make_strategy(shop, name="small")
    other = make_strategy(shop, name="other", product_condition="exclude", products=["p-1"])
    Strategy.objects.filter(pk=other.pk).update(name="small ", products=["p-1 ", "p-1"])
    untouched = Strategy.objects.get(name="small").revision
    migrate()
    other.refresh_from_db()
    assert (other.name, other.products) == ("small (2)", ["p-1"])
    assert Strategy.objects.get(name="small").revision == untouched
    kept = StrategyRevision.objects.get(strategy=other, number=other.revision)
    assert (kept.content["name"], kept.content["products"]) == ("small (2)", ["p-1"])
    lane = EvaluatorLane.objects.select_related("rulebook").get(shop=shop)
    [entry] = [one for one in lane.rulebook.content["strategies"] if one["id"] == other.pk]
    assert (entry["products"], entry["revision"]) == (["p-1"], other.revision)
    migrate()
    other.refresh_from_db()
    assert other.name == "small (2)", "a second run changes nothing"
