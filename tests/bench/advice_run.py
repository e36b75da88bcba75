"""A whole search over 100,000 past tickets: seconds (at most 120) and memory (SPEC M6).

`python -m tests.bench.advice_run`, with DATABASE_URL. BENCH_PAST says how many. The past lies in a
shop without strategies: people refunded it, but every fifth ticket for wrong_item, and every third
from 150 yuan on, which they rejected.
"""

import os
from datetime import timedelta
from time import perf_counter

from django.db import connection

from aftersale.models import Shop
from strategies.models import AdviceRun
from strategies.services import advice
from tests.factories import make_shop, make_user

from .backlog import NOW, add_backlog, settle_down
from .database import bench_database
from .report import peak_memory

PAST = int(os.environ.get("BENCH_PAST", 100_000))
DAYS = 90

# Over 90 days up to now, in the order of the tickets' numbers.
_SPREAD = """
UPDATE aftersale_order SET paid_at = paid_at + moved.by, shipped_at = shipped_at + moved.by,
    delivered_at = CASE WHEN status = 'delivered' THEN shipped_at + moved.by + interval '1 hour' END
FROM (SELECT id, %(first)s - paid_at
          + (substr(order_no, 2)::int * %(days)s * 86400.0 / %(number)s) * interval '1 second' AS by
      FROM aftersale_order) moved
WHERE moved.id = aftersale_order.id
"""
_ENDED = """
UPDATE aftersale_ticket t SET awaiting_evaluation = false, applied_at = o.paid_at + interval '2 h',
    status = CASE WHEN (t.reason = 'wrong_item' AND o.id % 5 = 0)
        OR (t.amount >= 15000 AND o.id % 3 = 0) THEN 'rejected' ELSE 'refunded' END,
    status_at = o.paid_at + interval '3 h'
FROM aftersale_order o WHERE o.id = t.order_id
"""
_REFUNDED = """
INSERT INTO aftersale_refund (public_number, shop_id, order_id, ticket_id, amount, source,
    requested_at, reason, status, ever_sent, released, needs_people, failure, settled_at)
SELECT 'bench-' || t.id, t.shop_id, t.order_id, t.id, t.amount, 'person', t.status_at, '',
    'succeeded', true, false, false, '', t.status_at
FROM aftersale_ticket t WHERE t.status = 'refunded' AND t.amount > 0
"""
_HANDLED = """
INSERT INTO aftersale_ticketevent
    (ticket_id, at, kind, actor, user_id, from_status, to_status, note)
SELECT t.id, t.status_at + step * interval '4 minutes', 'note', 'person', %s, '', '', ''
FROM aftersale_ticket t, generate_series(0, 1) step
"""


def past(number: int) -> Shop:
    shop = make_shop(code="past")
    add_backlog(shop, number)
    first = NOW - timedelta(days=DAYS)
    with connection.cursor() as cursor:
        cursor.execute(_SPREAD, {"first": first, "days": DAYS, "number": number})
        cursor.execute(_ENDED)
        cursor.execute(_REFUNDED)
        cursor.execute(_HANDLED, [make_user(shop).pk])
    settle_down()
    return shop


def main() -> None:
    with bench_database():
        shop = past(PAST)
        run = advice.begin(
            shop_id=shop.pk, user=None, now=NOW, days=DAYS, may_lose=500_000, here=True
        )
        before, began = peak_memory(), perf_counter()
        advice.run(run.pk, clock=lambda: NOW)
        took = perf_counter() - began
        run = AdviceRun.objects.get(pk=run.pk)
        points = run.summary["points"]
        assert run.error == "" and points, (run.status, run.error)
        print(f"{PAST:,} past tickets: {took:.1f} s (at most 120), {len(points)} points,")
        print(f"memory {before:.0f} MiB before, {peak_memory():.0f} MiB at most")
        for point in points:
            print(point["price"], len(point["proposals"]), point["figures"]["month"])


if __name__ == "__main__":
    main()
