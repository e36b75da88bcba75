"""What programs read through the API, in a database of a million orders (tests/bench/lists.py).

The ship check is what a warehouse waits for before every parcel: under 10 ms of server time.
"""

import time
from collections.abc import Iterator
from statistics import median

from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.utils import timezone

from aftersale.models import Order, Shop
from aftersale.services import tokens

from .report import Row

TIMES = 200
MOST_MS = 10


def rows(shop: Shop, owner: User, tickets: int) -> Iterator[Row]:
    """The whole of the web application, in this process."""
    _token, text = tokens.create(
        shop_id=shop.pk, name="bench", scopes=["read"], user=owner, now=timezone.now()
    )
    client, headers = Client(), {"Authorization": f"Bearer {text}"}
    numbers = list(Order.objects.filter(shop=shop).values_list("order_no", flat=True)[:TIMES])
    times = []
    with override_settings(API_CALLS_PER_MINUTE=1_000_000):
        for order_no in numbers:
            began = time.perf_counter()
            response = client.get(f"/api/v1/orders/{order_no}/ship-check", headers=headers)
            times.append((time.perf_counter() - began) * 1000)
            if response.status_code != 200:
                raise AssertionError(response.content[:500])
    middle, worst = median(times), sorted(times)[int(len(times) * 0.99)]
    yield Row(
        f"ship check, {tickets:,} orders",
        f"median {middle:.1f} ms, p99 {worst:.1f} ms",
        "none",
        f"{middle:.1f} ms",
        f"< {MOST_MS} ms",
        middle < MOST_MS,
    )
