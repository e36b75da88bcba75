"""The sample's records before anything writes them: made from a seed, at any hour of any day."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product

from aftersale.records.schemas import FundEntryRecord, OrderRecord, ShopRecord, TicketRecord
from strategies.demo.clock import Clock
from strategies.demo.shop_data import ShopData, make_shop_data, shop_record
from strategies.demo.shops import SHOPS
from strategies.strategy_record import StrategyRecord
from tests.each import each

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
MOMENTS = [NOW + timedelta(hours=hours) for hours in (0, 5, 11, 16, 40, 24 * 100 + 3)]

EVERY = list(product(range(len(SHOPS)), MOMENTS))


@cache
def made(shop: int, now: datetime) -> ShopData:
    return make_shop_data(SHOPS[shop], Clock(now))


def test_the_same_moment_gives_the_same_records() -> None:
    for number, shop in enumerate(SHOPS):
        assert make_shop_data(shop, Clock(NOW)) == made(number, NOW)


@each("shop, now", EVERY)
def test_records_are_those_of_files_and_numbers_are_given_once(shop: int, now: datetime) -> None:
    data = made(shop, now)
    ShopRecord.model_validate(shop_record(SHOPS[shop], now))
    for strategy in data.strategies:
        content = {**strategy, **strategy["first"]}
        del content["first"], content["enabled_days_ago"]
        StrategyRecord.model_validate(content)
    for sale in data.sales:
        OrderRecord.model_validate(sale.record(now))
    for filed in data.tickets:
        TicketRecord.model_validate(filed.record)
        if filed.sale is not None:
            OrderRecord.model_validate(filed.sale.record(filed.applied))
    for entry in data.fund_entries:
        FundEntryRecord.model_validate(entry)
    assert len({sale.order_no for sale in data.sales}) == len(data.sales)
    assert len({filed.number for filed in data.tickets}) == len(data.tickets)


@each("shop, now", EVERY)
def test_a_shop_is_of_believable_size(shop: int, now: datetime) -> None:
    data = made(shop, now)
    assert 280 <= len(data.sales) <= 800
    assert 40 <= len({sale.buyer for sale in data.sales}) <= 60
    assert 80 <= len(data.tickets) <= 340
    assert 4 <= len(data.strategies) <= 8
    assert len({strategy["scenario"] for strategy in data.strategies}) == 5


@each("shop, now", EVERY)
def test_an_order_is_what_its_moments_say(shop: int, now: datetime) -> None:
    """At the time of a ticket as well as in the end; what lies ahead is not told."""
    data = made(shop, now)
    applied = {filed.record["order_no"]: filed.applied for filed in data.tickets}
    steps = ("created_at", "paid_at", "label_printed_at", "shipped_at", "delivered_at")
    for sale in data.sales:
        for at in {now, applied.get(sale.order_no, now)}:
            order = sale.record(at)
            times = [datetime.fromisoformat(order[step]) for step in steps if order[step]]
            assert times == sorted(times)
            assert times[0] >= now - timedelta(days=34)
            assert datetime.fromisoformat(order["updated_at"]) <= at
            expected = {
                "pending_payment": order["paid_at"] is None,
                "pending_shipment": order["paid_at"] and not order["shipped_at"],
                "partially_shipped": order["shipped_at"] and not order["delivered_at"],
                "shipped": order["shipped_at"] and not order["delivered_at"],
                "delivered": order["delivered_at"] and not order["completed_at"],
                "completed": order["completed_at"],
                "closed": not order["shipped_at"],
            }
            assert expected[order["status"]], order
    for filed in data.tickets:
        assert filed.applied <= now
        if filed.sale is not None:
            paid_at = filed.sale.paid_at
            assert paid_at is not None and paid_at < filed.applied


def test_more_is_complained_about_in_evenings_and_nights() -> None:
    hours = [filed.applied.hour for shop in range(len(SHOPS)) for filed in made(shop, NOW).tickets]
    late = sum(hour >= 19 or hour < 3 for hour in hours)
    assert late > len(hours) * 8 / 24 * 1.2
    assert len(set(hours)) >= 22
