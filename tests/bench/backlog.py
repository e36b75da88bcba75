"""Backlogs of tickets with their orders, made by SQL, the same for every shop that is asked for."""

from datetime import UTC, datetime

from django.db import connection, transaction

from aftersale.models import Order, Shop
from aftersale.services.shops.shops import known
from strategies.models import Scenario, Strategy
from strategies.services.import_strategies import save_strategies
from strategies.services.lanes import publish
from tests.factories import make_shop, strategy_record

NOW = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)


def bench_shop(code: str) -> Shop:
    """A shop with ten strategies in each scenario, buyer limits, a block list and caps."""
    shop = make_shop(
        code=code,
        connector="sandbox",
        is_demo=True,
        buyer_limit_days=30,
        buyer_limit_count=6,
        buyer_limit_amount=200_000,
        working_hours={day: [["09:00", "21:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    )
    shop.blocked_buyers.create(buyer="b7")
    records = []
    for scenario in Scenario.values:
        for number in range(1, 11):
            fields: dict[str, object] = {
                "name": f"{scenario} {number}",
                "scenario": scenario,
                "single_amount_cap": f"{number * 15}.00",
                "daily_cap": f"{number * 20_000}.00",
                "refund_reason": "agreed",
            }
            if number % 3 == 1:
                fields |= {"execution_time": "windows", "windows": [["20:00", "08:00"]]}
            if number % 4 == 2:
                fields |= {"time_limit_hours": number * 6}
            if number % 5 == 0:
                fields |= {"breaker": {"hits": 1_000_000, "minutes": 10}}
            if number % 5 == 3:
                fields |= {"product_condition": "include", "products": [f"p{n}" for n in range(9)]}
            if number % 5 == 4:
                fields |= {"buyer_reasons": ["no_longer_wanted", "quality_issue"]}
            records.append(strategy_record(shop, **fields))
    save_strategies(records, shops=known([code]), now=NOW)
    Strategy.objects.filter(shop=shop).update(enabled=True)
    with transaction.atomic():
        publish(shop.pk, user=None, now=NOW)
    return shop


# Everything follows from the number n, so that two shops get the same tickets.
_ORDERS = """
INSERT INTO aftersale_order (shop_id, order_no, type, status, buyer, paid_at, shipped_at,
    updated_at, paid_amount, refunded_amount, committed, over_refunded, labels, has_virtual, digest)
SELECT %(shop)s, 'o' || lpad(n::text, 8, '0'), 'ordinary',
    (array['pending_shipment', 'shipped', 'shipped', 'delivered', 'completed'])[1 + n %% 5],
    'b' || (n::bigint * 7919 %% 5003), %(now)s - interval '3 days' + n * interval '1 second',
    CASE WHEN n %% 5 IN (1, 2, 3) THEN %(now)s - interval '2 days' + n * interval '1 second' END,
    %(now)s, 1000 + n::bigint * 104729 %% 20000, 0, 0, false, '{}', false, ''
FROM generate_series(1, %(tickets)s) n
"""
_TICKETS = """
INSERT INTO aftersale_ticket (shop_id, ticket_no, order_no, order_id, buyer, type, requested_type,
    reason, amount, applied_at, updated_at, note, evidence, status, status_at, return_carrier,
    return_tracking_no, arbitration_result, products, categories, committed, flags,
    awaiting_evaluation, scenarios_hit, digest)
SELECT o.shop_id, 't' || substr(o.order_no, 2), o.order_no, o.id, o.buyer, k.type, k.type,
    (array['no_longer_wanted', 'quality_issue', 'wrong_item'])[1 + n %% 3],
    o.paid_amount - n %% 2 * 100, o.paid_at + interval '2 days 1 hour', %(now)s, '', '{}',
    'pending_review', %(now)s, '', '', '', array['p' || n %% 40], array['c' || n %% 8], 0, '{}',
    true, 0, ''
FROM aftersale_order o, LATERAL (SELECT substr(o.order_no, 2)::int AS n) m,
    LATERAL (SELECT (array['refund_only', 'return_refund'])[1 + n / 5 %% 2] AS type) k
WHERE o.shop_id = %(shop)s
"""


def add_orders(shop: Shop, number: int) -> list[Order]:
    """Adds that many orders."""
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, {"shop": shop.pk, "now": NOW, "tickets": number})
    return list(Order.objects.filter(shop=shop).order_by("pk"))


def add_backlog(shop: Shop, tickets: int) -> None:
    """Adds that many orders with a ticket each, all waiting."""
    with connection.cursor() as cursor:
        values = {"shop": shop.pk, "now": NOW, "tickets": tickets}
        cursor.execute(_ORDERS, values)
        cursor.execute(_TICKETS, values)


def settle_down() -> None:
    """Stands in for autovacuum: fresh statistics, no dead rows."""
    with connection.cursor() as cursor:
        for table in ("aftersale_order", "aftersale_ticket", "strategies_decision"):
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("CHECKPOINT")
