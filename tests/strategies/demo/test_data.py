"""The sample's records before anything writes them: made from a seed, at any hour of any day."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product

from aftersale.records.schemas import FundEntryRecord, OrderRecord, ShopRecord, TicketRecord
from strategies.demo.shop_data import ShopData, make_shop_data
from strategies.demo.shops import SHOPS
from strategies.strategy_record import StrategyRecord
from tests.each import each

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
MOMENTS = [NOW + timedelta(hours=hours) for hours in (0, 5, 11, 16, 40, 24 * 100 + 3)]

EVERY = list(product(range(len(SHOPS)), MOMENTS))


@cache
def made(shop: int, now: datetime) -> ShopData:
    return make_shop_data(SHOPS[shop], now)


def test_the_same_moment_gives_the_same_records() -> None:
    for number, shop in enumerate(SHOPS):
        assert make_shop_data(shop, NOW) == made(number, NOW)


@each("shop, now", EVERY)
def test_records_are_those_of_files_and_numbers_are_given_once(shop: int, now: datetime) -> None:
    data = made(shop, now)
    ShopRecord.model_validate(data.shop)
    for record, rows in (
        (StrategyRecord, data.strategies),
        (OrderRecord, data.orders),
        (TicketRecord, data.tickets),
        (FundEntryRecord, data.fund_entries),
    ):
        for row in rows:
            record.model_validate(row)
    assert len({order["order_no"] for order in data.orders}) == len(data.orders)
    assert len({ticket["ticket_no"] for ticket in data.tickets}) == len(data.tickets)


@each("shop, now", EVERY)
def test_a_shop_is_of_believable_size(shop: int, now: datetime) -> None:
    data = made(shop, now)
    assert 400 <= len(data.orders) <= 700
    assert 40 <= len({order["buyer"] for order in data.orders}) <= 60
    assert 100 <= len(data.tickets) <= 260
    assert 4 <= len(data.strategies) <= 8
    assert len({strategy["scenario"] for strategy in data.strategies}) == 5


def moment(text: str | None) -> datetime:
    assert text is not None
    return datetime.fromisoformat(text)


@each("shop, now", EVERY)
def test_statuses_follow_from_times_that_have_come(shop: int, now: datetime) -> None:
    data = made(shop, now)
    steps = ("created_at", "paid_at", "label_printed_at", "shipped_at", "delivered_at")
    orders = {order["order_no"]: order for order in data.orders}
    for order in data.orders:
        times = [moment(order[step]) for step in (*steps, "completed_at") if order[step]]
        assert times == sorted(times)
        assert moment(order["updated_at"]) <= now
        assert times[0] >= now - timedelta(days=31)
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
    for ticket in data.tickets:
        assert moment(ticket["applied_at"]) <= moment(ticket["updated_at"]) <= now
        paid = orders.get(ticket["order_no"], {}).get("paid_at")
        assert paid is None or moment(paid) < moment(ticket["applied_at"])


def test_more_is_complained_about_in_evenings_and_nights() -> None:
    hours = [
        moment(ticket["applied_at"]).hour
        for shop in range(len(SHOPS))
        for ticket in made(shop, NOW).tickets
    ]
    late = sum(hour >= 19 or hour < 3 for hour in hours)
    assert late > len(hours) * 8 / 24 * 1.2
    assert len(set(hours)) >= 22
