"""From a ticket's commit to its decision's commit, through the queue, at 100 tickets a second.

A real decide cluster runs beside; a watcher on a connection of its own sees decisions as they
become visible. Both clocks are this machine's.
"""

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection, transaction

from aftersale.models import Ticket
from aftersale.signals import tickets_waiting
from tests.factories import make_ticket

from .backlog import add_orders, bench_shop
from .database import bench_database
from .report import Row, show

RATE = 100
SECONDS = 30
WARM_UP = 3


def rows() -> list[Row]:
    """The row of SPEC E1: p99, against its one second and the target of 100 ms."""
    shop = bench_shop("latency")
    orders = add_orders(shop, RATE * (SECONDS + WARM_UP))
    cluster = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.cluster", connection.settings_dict["NAME"]],
        cwd=settings.BASE_DIR,
        env=os.environ | {"Q_CLUSTER_NAME": "decide"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(6)
        committed: dict[int, float] = {}
        decided: dict[int, float] = {}
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(decided, done))
        watcher.start()
        began = time.perf_counter()
        for number, order in enumerate(orders):
            wait = began + number / RATE - time.perf_counter()
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
    finally:
        cluster.terminate()
        cluster.wait(timeout=90)
    lost = len(committed) - len(decided)
    warm = list(committed)[RATE * WARM_UP :]
    took = sorted(decided[pk] - committed[pk] for pk in warm if pk in decided)
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    return [
        Row(
            f"ticket committed to decision committed, {RATE}/s through django-q2",
            f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, {lost} lost of {len(committed)}",
            "SPEC E1: 1 s",
            f"{p99:.2f}",
            "p99 <= 100 ms",
            p99 <= 0.1 and not lost,
        )
    ]


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
