"""Reads through the API, in a database of a million orders (tests/bench/lists.py). A warehouse
waits for the ship check before every parcel: under 10 ms of server time. The list of tickets, with
every filter, is held against its own first page.
"""

import time
from collections.abc import Iterator
from statistics import median

from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.utils import timezone

from aftersale.models import Order, Shop
from aftersale.services.access import tokens
from tests.queries import counted_queries

from .report import Row

TIMES = 200
MOST_MS = 10
MOST_RATIO, MOST_QUERIES = 2, 8
VIEWS = [
    "",
    "status=pending_review",
    "status=refund_failed&status=arbitration",
    "status=refunded",
    "status=closed",
    "type=exchange",
    "reason=quality_issue",
    "reason=unheard-of",
    "source=fast_refund",
    "due=overdue",
    "due=24h",
    "due_before=2020-01-01T00:00:00Z",
    "applied_before=2020-01-01T00:00:00Z",
    "updated_after=2025-01-01T00:00:00Z",
]


def rows(shop: Shop, owner: User, tickets: int) -> Iterator[Row]:
    """The whole of the web application, in this process."""
    _token, text = tokens.create(
        shop_id=shop.pk, name="bench", scopes=["read"], user=owner, now=timezone.now()
    )
    client = Client(headers={"Authorization": f"Bearer {text}"})
    with override_settings(API_CALLS_PER_MINUTE=1_000_000):
        yield _ship_check(client, shop, tickets)
        yield _lists(client, tickets)


def _milliseconds(client: Client, address: str) -> float:
    began = time.perf_counter()
    response = client.get(f"/api/v1{address}")
    took = (time.perf_counter() - began) * 1000
    if response.status_code != 200:
        raise AssertionError(response.content[:500])
    return took


def _ship_check(client: Client, shop: Shop, tickets: int) -> Row:
    numbers = list(Order.objects.filter(shop=shop).values_list("order_no", flat=True)[:TIMES])
    times = sorted(_milliseconds(client, f"/orders/{number}/ship-check") for number in numbers)
    middle, worst = median(times), times[int(len(times) * 0.99)]
    return Row(
        f"ship check, {tickets:,} orders",
        f"median {middle:.1f} ms, p99 {worst:.1f} ms",
        "none",
        f"{middle:.1f} ms",
        f"< {MOST_MS} ms",
        middle < MOST_MS,
    )


def _lists(client: Client, tickets: int) -> Row:
    times, queries = {}, 0
    for view in VIEWS:
        times[view] = min(_milliseconds(client, f"/tickets?{view}") for _ in range(5))
        with counted_queries() as captured:
            client.get(f"/api/v1/tickets?{view}")
        queries = max(queries, len(captured))
    slowest = max(times, key=lambda view: times[view])
    ratio = times[slowest] / times[""]
    return Row(
        f"GET /tickets, {len(VIEWS)} views of {tickets:,} tickets",
        f"slowest {times[slowest]:.0f} ms ({slowest or 'first page'}), {queries} queries",
        f"its first page, {times['']:.0f} ms",
        f"{ratio:.2f} x",
        f"<= {MOST_RATIO} x, <= {MOST_QUERIES} queries",
        ratio <= MOST_RATIO and queries <= MOST_QUERIES,
    )
