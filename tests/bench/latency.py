"""From a ticket's commit to its decision's commit, through the queue, at 100 and at 1 a second.

A real decide cluster runs beside; a watcher on a connection of its own sees decisions as they
become visible. Both clocks are this machine's.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from django.conf import settings
from django.db import connection, transaction

from aftersale.models import Order, Shop, Ticket
from aftersale.signals import tickets_waiting
from tests.factories import make_ticket

from .backlog import add_orders, bench_shop
from .database import bench_database
from .report import Row, show

# Tickets a second, seconds, and the most that p99 may be.
PACES = ((100, 30, 0.030), (1, 60, 0.025))
WARM_UP = 3


def rows() -> list[Row]:
    """The rows of SPEC E1: p99, against its one second and the targets."""
    shop = bench_shop("latency")
    orders = iter(add_orders(shop, sum(rate * (WARM_UP + seconds) for rate, seconds, _ in PACES)))
    cluster = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.cluster", connection.settings_dict["NAME"]],
        cwd=settings.BASE_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(6)
        return [_row(shop, orders, *pace) for pace in PACES]
    finally:
        cluster.terminate()
        cluster.wait(timeout=90)


def _row(shop: Shop, orders: Iterator[Order], rate: int, seconds: int, most: float) -> Row:
    committed: dict[int, float] = {}
    decided: dict[int, float] = {}
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(decided, done))
    watcher.start()
    began = time.perf_counter()
    for number, order in enumerate(islice(orders, rate * (seconds + WARM_UP))):
        wait = began + number / rate - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        with transaction.atomic():
            ticket = make_ticket(order, applied_at=datetime.now(UTC))
            tickets_waiting.send(sender=Ticket, shop_ids=[shop.pk])
        committed[ticket.pk] = time.perf_counter()
    until = time.perf_counter() + 10
    while len(decided) < len(committed) and time.perf_counter() < until:
        time.sleep(0.05)
    done.set()
    watcher.join()
    lost = len(committed) - len(decided)
    warm = list(committed)[rate * WARM_UP :]
    took = sorted(decided[pk] - committed[pk] for pk in warm if pk in decided)
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    return Row(
        f"ticket committed to decision committed, {rate}/s through django-q2",
        f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, {lost} lost of {len(committed)}",
        "SPEC E1: 1 s",
        f"{p99:.3f}",
        f"p99 <= {most * 1000:.0f} ms",
        p99 <= most and not lost,
    )


def _watch(decided: dict[int, float], done: threading.Event) -> None:
    """Notes when each decision becomes visible; adds up to 2 ms."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM strategies_decision")
        last = cursor.fetchone()[0]
        while not done.is_set():
            cursor.execute(
                "SELECT id, ticket_id FROM strategies_decision WHERE id > %s ORDER BY id", [last]
            )
            now = time.perf_counter()
            for pk, ticket in cursor.fetchall():
                last = pk
                decided[ticket] = now
            time.sleep(0.002)
    connection.close()


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
