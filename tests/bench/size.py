"""How lists, search, overview, trial run and evaluator do as the database grows, and what a ticket
takes of the disk (<= 2 x the time at the first size).

`python -m tests.bench.size`, with DATABASE_URL of a superuser. In the environment: BENCH_SIZES says
at how many tickets it measures (10000,100000,1000000,3000000); BENCH_UNUSED=1 prints each index
that nothing of all this has used, and how updates were done. Like `lists`, with the rows besides
that a ticket has: its order's line, its events, its refund's attempt.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median

import time_machine
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client, override_settings

from aftersale.models import Shop
from monitoring.models import StaleMoment
from monitoring.services.figures import roll_up
from strategies.models import TrialKind
from strategies.services import trials

from . import backlog, dashboard, lists
from .backlog import NOW, bench_shop
from .database import bench_database
from .evaluator import evaluate
from .report import Row, show

SIZES = [
    int(size) for size in os.environ.get("BENCH_SIZES", "10000,100000,1000000,3000000").split(",")
]
UNUSED = os.environ.get("BENCH_UNUSED")
# Every so many-th view: all of them take a quarter of an hour on a busy machine.
EACH = int(os.environ.get("BENCH_EACH", 1))
MOST_RATIO = 2
# Tickets that the evaluator decides at each size, in a shop of their own.
WAITING = 10_000
TRIED_DAYS = 3

_LINES = """
INSERT INTO aftersale_orderline (order_id, line_no, product, category, title, quantity, paid_amount,
    virtual)
SELECT o.id, 1, 'p' || n %% 40, 'c' || n %% 8, 'A shirt of cotton, in many colours', 1,
    o.paid_amount, false
  FROM aftersale_order o, LATERAL (SELECT substr(o.order_no, 2)::int AS n) m
 WHERE o.order_no LIKE 'o_________' AND n BETWEEN %(first)s AND %(last)s ORDER BY n
"""
# Arrived, decided, and paid or answered.
_EVENTS = """
INSERT INTO aftersale_ticketevent (ticket_id, at, kind, actor, from_status, to_status, note)
SELECT t.id, t.applied_at + k * interval '1 minute', (array['arrived', 'status', 'status'])[1 + k],
    (array['platform', 'automation', 'platform'])[1 + k],
    (array['', 'pending_review', 'refunding'])[1 + k],
    (array['pending_review', 'refunding', 'refunded'])[1 + k], ''
  FROM aftersale_ticket t, LATERAL (SELECT substr(t.ticket_no, 2)::int AS n) m,
       generate_series(0, 2) k
 WHERE n BETWEEN %(first)s AND %(last)s ORDER BY t.id, k
"""
_ATTEMPTS = """
INSERT INTO aftersale_refundattempt (refund_id, number, key, amount, connector, fingerprint, fund,
    state, created_at, settled_at, questions, reason)
SELECT r.id, 1, md5(r.id::text), r.amount, 'platform', md5(r.amount::text), '', 'succeeded',
    r.requested_at, r.requested_at, 1, ''
  FROM aftersale_refund r JOIN aftersale_ticket t ON t.id = r.ticket_id
  JOIN LATERAL (SELECT substr(t.ticket_no, 2)::int AS n) m ON n BETWEEN %(first)s AND %(last)s
 WHERE r.status = 'succeeded'
"""
_STATEMENTS = (lists._ORDERS, _LINES, lists._TICKETS, _EVENTS, lists._DECISIONS, lists._REFUNDS,
               _ATTEMPTS, lists._ALERTS)  # fmt: skip
_TABLES = """
SELECT c.relname, pg_table_size(c.oid), pg_indexes_size(c.oid) FROM pg_class c
 WHERE c.relkind = 'r' AND c.relname = ANY(%s)
"""
OF_A_TICKET = [
    "aftersale_order", "aftersale_orderline", "aftersale_ticket", "aftersale_ticketevent",
    "aftersale_refund", "aftersale_refundattempt", "strategies_decision",
]  # fmt: skip
_UNUSED = """
SELECT i.relname, i.indexrelname, pg_relation_size(i.indexrelid), x.indisunique
  FROM pg_stat_user_indexes i JOIN pg_index x ON x.indexrelid = i.indexrelid
 WHERE i.idx_scan = 0 AND i.relname ~ '^(aftersale|strategies|monitoring)_'
   AND pg_relation_size(i.indexrelid) > 100000
 ORDER BY 3 DESC, 1, 2
"""
_UPDATES = """
SELECT relname, n_tup_upd, n_tup_hot_upd, n_tup_newpage_upd, n_dead_tup FROM pg_stat_user_tables
 WHERE n_tup_upd > 100 ORDER BY n_tup_upd DESC
"""


def fill(shops: list[Shop], first: int, last: int) -> None:
    """Tickets of these numbers; without triggers and checks of foreign keys, which they pass."""
    values = {
        "shops": [shop.pk for shop in shops],
        "now": NOW, "first": first, "last": last, "all": last, "few": lists.FEW,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in _STATEMENTS:
            cursor.execute(statement, values)
        cursor.execute("TRUNCATE strategies_decisiontally")
        cursor.execute(dashboard._TALLY)
        cursor.execute(
            "UPDATE aftersale_refund SET settled_at = requested_at"
            " WHERE status IN ('succeeded', 'failed') AND settled_at IS NULL"
        )
        cursor.execute("SET session_replication_role = DEFAULT")
        for table in [*OF_A_TICKET, "aftersale_shippingalert"]:
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("CHECKPOINT")
    StaleMoment.objects.all().delete()
    roll_up(now=NOW, shop_ids=[shop.pk for shop in shops])


def bytes_of(tickets: int) -> dict[str, tuple[float, float]]:
    """Bytes a ticket by table: rows, indexes."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [OF_A_TICKET])
        return {name: (table / tickets, indexes / tickets) for name, table, indexes in cursor}


def tried(shop: Shop, user: User) -> float:
    """Seconds for 10,000 evaluations of a trial run over the last days."""
    last = NOW.date()
    with transaction.atomic():
        trial = trials.begin(
            shop_id=shop.pk, kind=TrialKind.PRESENT, title="size", proposed=None,
            first=last - timedelta(days=TRIED_DAYS), last=last, user=user, now=NOW,
        )  # fmt: skip
    began = time.perf_counter()
    trials.run(trial.pk, clock=lambda: NOW)
    took = time.perf_counter() - began
    trial.refresh_from_db()
    assert trial.status == "done" and trial.done, trial.error
    return took * 10_000 / trial.done


def decided(size: int) -> float:
    """Seconds for the tickets that wait in a shop of their own."""
    shop = bench_shop(f"waits-{size}")
    values = {"shop": shop.pk, "now": NOW, "tickets": WAITING}
    with connection.cursor() as cursor:
        # With numbers that the next `fill` takes for none of its own.
        cursor.execute(backlog._ORDERS.replace("lpad(n::text, 8, '0')", "500000000 + n"), values)
        cursor.execute(backlog._TICKETS, values)
        for table in ("aftersale_order", "aftersale_ticket"):
            cursor.execute(f"ANALYZE {table}")
    return evaluate(shop, 2_000)


Look = tuple[str, str]


def looked(clients: dict[str, Client]) -> dict[Look, float]:
    """Seconds of every so many-th view by its page and address, the least of some tries."""
    views = [
        look
        for who, client in clients.items()
        for look in lists.looks(client, who)
        if look.page != "desk:trail"
    ]
    return {
        (f"{look.page}, {look.who}", look.address): lists.measure(clients[look.who], look).seconds
        for look in views[::EACH]
    }


def rows() -> Iterator[Row]:
    with override_settings(ALLOWED_HOSTS=["*"]):
        yield from _rows()


def _rows() -> Iterator[Row]:
    shops, people = lists.make_shops()
    clients = {who: Client() for who in people}
    for who, person in people.items():
        clients[who].force_login(person)
    work: dict[str, Callable[[int], float]] = {
        "overview of 7 days": lambda _: dashboard._measure(clients["all"], "7")[0],
        "overview of 30 days": lambda _: dashboard._measure(clients["all"], "30")[0],
        "trial run, for 10,000 tickets": lambda _: tried(shops[0], people["all"]),
        f"evaluator, {WAITING:,} tickets": decided,
    }
    views: dict[int, dict[Look, float]] = {}
    times: dict[str, list[float]] = {name: [] for name in work}
    loaded = 0
    for size in SIZES:
        began = time.perf_counter()
        if loaded < lists.FEW:
            fill(shops, 1, lists.FEW)
            loaded = lists.FEW
        fill(shops, loaded + 1, size)
        loaded = size
        print(f"{size:,} tickets after {time.perf_counter() - began:.0f} s", flush=True)
        with time_machine.travel(NOW, tick=True):
            views[size] = looked(clients)
        print(f"  {len(views[size])} views: {sum(views[size].values()) * 1000:.0f} ms", flush=True)
        for name, measured in work.items():
            if measured is decided:  # by the database's clock
                times[name].append(measured(size))
            else:
                with time_machine.travel(NOW, tick=True):
                    times[name].append(measured(size))
            print(f"  {name}: {times[name][-1] * 1000:.0f} ms", flush=True)
        found = bytes_of(size)
        whole = sum(map(sum, found.values()))
        print(f"  {whole:,.0f} bytes a ticket:", flush=True)
        for table, (heap, indexes) in sorted(found.items()):
            print(f"    {table}: {heap:,.0f} + indexes {indexes:,.0f}", flush=True)
    first, last = SIZES[0], SIZES[-1]
    yield from _of_views(views, first, last)
    for name, took in times.items():
        ratio = took[-1] / took[0]
        yield Row(
            f"{name}, at {last:,} tickets",
            f"{took[-1] * 1000:,.0f} ms",
            f"at {first:,}, {took[0] * 1000:,.0f} ms",
            f"{ratio:.2f} x (" + ", ".join(f"{one / took[0]:.2f}" for one in took) + ")",
            f"<= {MOST_RATIO} x",
            ratio <= MOST_RATIO,
        )
    heap, indexes = (sum(part) for part in zip(*bytes_of(last).values(), strict=True))
    yield Row(
        f"a ticket on the disk, at {last:,}",
        f"{heap + indexes:,.0f} bytes, {indexes:,.0f} of them indexes",
        "none",
        "-",
        "said",
        True,
    )
    if UNUSED:
        _tell_unused()


def _of_views(views: dict[int, dict[Look, float]], first: int, last: int) -> Iterator[Row]:
    pages = sorted({page for page, _address in views[first]})
    for page in pages:
        mine = [look for look in views[first] if look[0] == page and look in views[last]]
        ratios = sorted((views[last][look] / views[first][look], look) for look in mine)
        ratio, (_page, address) = ratios[-1]
        curve = [
            f"{median(views[size].get(look, 0) / views[first][look] for look in mine):.2f}"
            for size in views
        ]
        for one, look in ratios:
            if one > MOST_RATIO:
                print(f"  {one:.2f} x, {views[last][look] * 1000:.0f} ms: {look[1]}", flush=True)
        yield Row(
            f"{page}: {len(mine)} views of {last:,} tickets",
            f"slowest {views[last][_page, address] * 1000:.0f} ms ({address.partition('?')[2]})",
            f"the same of {first:,}",
            f"{ratio:.2f} x (medians " + ", ".join(curve) + ")",
            f"<= {MOST_RATIO} x",
            ratio <= MOST_RATIO,
        )


def _tell_unused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(_UNUSED)
        for table, index, size, unique in cursor.fetchall():
            print(f"  unused: {table}.{index} {size / 2**20:,.1f} MiB{' unique' * unique}")
        cursor.execute(_UPDATES)
        for table, all_, hot, moved, dead in cursor.fetchall():
            told = f"{all_:,}, HOT {hot:,}, to another page {moved:,}, dead {dead:,}"
            print(f"  updates: {table} {told}")


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
