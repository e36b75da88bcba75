"""The dashboard at 1,000,000 decisions (under 200 ms of server time), for whoever has the
large shops: today, a week, 30 days and a year; also the first look after days have changed.

`python -m tests.bench.dashboard`, with DATABASE_URL. BENCH_LIST_TICKETS says how many.
"""

import time
from collections.abc import Iterator

import time_machine
from django.db import connection
from django.test import Client, override_settings

from monitoring.models import StaleMoment
from monitoring.services.figures import roll_up
from tests.queries import counted_queries

from .backlog import NOW, settle_down
from .database import bench_database
from .lists import FEW, TICKETS, fill, make_shops
from .report import Row, show

MOST_MS = 200
TIMES = 3
_TALLY = """
INSERT INTO strategies_decisiontally (shop_id, day, outcome, why, source, scenario, strategy_id,
    decisions, amount)
SELECT d.shop_id, (d.decided_at AT TIME ZONE s.timezone)::date, d.outcome, d.why, d.source,
       d.scenario, coalesce(d.strategy_id, 0), count(*), sum(d.amount)
  FROM strategies_decision d JOIN aftersale_shop s ON s.id = d.shop_id
 GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_SETTLED = """
UPDATE aftersale_refund SET settled_at = requested_at WHERE status IN ('succeeded', 'failed')
"""


def rows() -> Iterator[Row]:
    with override_settings(ALLOWED_HOSTS=["*"]), time_machine.travel(NOW, tick=True):
        yield from _rows()


def _rows() -> Iterator[Row]:
    shops, people = make_shops()
    client = Client()
    client.force_login(people["all"])
    fill(shops, 1, FEW)
    _count()
    few = {period: _measure(client, period)[0] for period in ("today", "7", "30")}
    fill(shops, FEW + 1, TICKETS)
    _count()
    for period in few:
        seconds, queries = _measure(client, period)
        yield Row(
            f"dashboard over {TICKETS:,} decisions, {period}",
            f"{seconds * 1000:.0f} ms of server time, {queries} queries",
            f"the same over {FEW:,}, {few[period] * 1000:.0f} ms",
            f"{seconds / few[period]:.2f} x",
            f"< {MOST_MS} ms",
            seconds * 1000 < MOST_MS,
        )


def _count() -> None:
    """Tallies and counted days as the evaluator and the task would have left them."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE strategies_decisiontally")
        cursor.execute(_TALLY)
        cursor.execute(_SETTLED)
    StaleMoment.objects.all().delete()
    roll_up(now=NOW)
    settle_down()


def _measure(client: Client, period: str) -> tuple[float, int]:
    """Seconds of server time, the least of some, and queries."""
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        response = client.get("/admin/", {"period": period})
        times.append(time.perf_counter() - start)
        assert response.status_code == 200
    with counted_queries() as queries:
        client.get("/admin/", {"period": period})
    return min(times), len(queries)


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
