"""Lists at 1,000,000 tickets against the same pages at 1,000 (PERFORMANCE: <= 2 x, <= 8
queries): first page, every filter, search by number and by the beginning of a buyer's name.

`python -m tests.bench.lists`, with DATABASE_URL. In the environment: BENCH_LIST_TICKETS says how
many, BENCH_LIST_FEW how many they are held against; BENCH_LIST names one page only
(aftersale_ticket, desk:workbench …); with BENCH_PLANS=1 the plans of slow queries are printed; with
BENCH_STALE=1 the database knows no more of its tables than it did at 1,000 tickets, and a page that
relies on its guesses falls over.

Two people look: one who has the large shops, and one whose shop is a thousandth of the database,
which a list that walks back through everybody's rows would be slow for. The first 1,000 tickets
are shared out evenly and are of the last hours, so that there, too, pages of a shop and of a time
are full: an empty page says nothing of what drawing rows takes. For the same reason every status is
as frequent among them, while of the rest nearly all are done.
"""

import os
import re
import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from aftersale.models import AuditEntry, Order, Refund, ShippingAlert, Shop, Ticket
from strategies.models import Decision, RulebookRevision, Strategy
from strategies.services.lanes import publish
from tests.factories import make_shop, make_user
from tests.queries import counted_queries

from . import api_reads
from .backlog import NOW, settle_down
from .database import bench_database
from .report import Row, show

TICKETS = int(os.environ.get("BENCH_LIST_TICKETS", 1_000_000))
FEW = int(os.environ.get("BENCH_LIST_FEW", 1_000))
TIMES = 3
MOST_RATIO, MOST_QUERIES = 2, 8
PLANS = os.environ.get("BENCH_PLANS")
STALE = os.environ.get("BENCH_STALE")
# Each filter of the audit trail, with what many, few and no entries have.
TRAIL_FILTERS = (
    "", "kind=refused", "kind=logged_in", "kind=password", "who=all", "who=nobody",
    "address=203.0.113.3", "address=198.51.100.1", "kind=exported&address=203.0.113.3",
    "request_id=c4ca4238a0b923820dcc509a6f75849b", "since=2020-01-01T00:00",
    "until=2020-01-01T00:00", "since=2020-01-01T00:00&kind=refused", "who=all&kind=logged_in",
    "who=all&kind=password", "who=all&address=203.0.113.3", "kind=password&address=203.0.113.3",
)  # fmt: skip
ONLY = os.environ.get("BENCH_LIST")
SLOW = 0.02

# A thousandth is the small shop's, the rest two large ones'. Of the tickets 2 % are open and 1 %
# under way: what is done is nearly all there is.
_SHOP = """(%(shops)s::bigint[])[CASE WHEN n <= %(few)s THEN 1 + n %% 3 WHEN n %% 1000 = 7 THEN 3
    WHEN n %% 3 = 0 THEN 2 ELSE 1 END]"""
_ORDERS = f"""
INSERT INTO aftersale_order (shop_id, order_no, type, status, buyer, created_at, paid_at,
    shipped_at, updated_at, paid_amount, refunded_amount, committed, over_refunded, labels,
    has_virtual, digest)
SELECT {_SHOP}, 'o' || lpad(n::text, 9, '0'),
    (array['ordinary', 'ordinary', 'cross_border'])[1 + n %% 3],
    (array['completed', 'completed', 'completed', 'closed', 'delivered', 'shipped',
           'pending_shipment'])[1 + n %% 7],
    'b' || (n::bigint * 7919 %% 200003), at, at, at + interval '1 day', at, 5000 + n %% 9000, 0, 0,
    n %% 5000 = 1, CASE WHEN n %% 9 = 0 THEN array['campaign'] ELSE '{{}}' END, n %% 700 = 0, ''
  FROM generate_series(%(first)s, %(last)s) n,
       LATERAL (SELECT %(now)s - (%(all)s - n) * interval '20 seconds' AS at) t
"""
_TICKETS = """
INSERT INTO aftersale_ticket (shop_id, ticket_no, order_no, order_id, buyer, type, requested_type,
    reason, amount, applied_at, updated_at, note, evidence, status, status_at, due_at,
    return_carrier, return_tracking_no, arbitration_result, products, categories, committed, flags,
    awaiting_evaluation, scenarios_hit, digest)
SELECT o.shop_id, 't' || substr(o.order_no, 2), o.order_no, o.id, o.buyer, k.type, k.type,
    (array['no_longer_wanted', 'quality_issue', 'wrong_item'])[1 + n %% 3],
    o.paid_amount, o.paid_at + interval '1 hour', o.updated_at, '', '{}',
    CASE WHEN n <= %(few)s THEN (array['pending_review', 'negotiating', 'awaiting_return',
            'returning', 'refund_failed', 'arbitration', 'refunding', 'refunded', 'rejected',
            'cancelled', 'closed'])[1 + n / 3 %% 11]
         WHEN n %% 100 < 2 THEN (array['pending_review', 'pending_review', 'negotiating',
            'awaiting_return', 'returning', 'refund_failed', 'arbitration'])[1 + n / 100 %% 7]
         WHEN n %% 100 = 2 THEN 'refunding'
         WHEN n %% 100 < 80 THEN 'refunded'
         ELSE (array['rejected', 'cancelled', 'closed'])[1 + n %% 3] END,
    o.paid_at + interval '2 hours',
    CASE WHEN n <= %(few)s OR n %% 100 < 2
         THEN %(now)s + (n / 100 %% 200 - 50) * interval '1 hour' END,
    '', '', '', array['p' || n %% 40], array['c' || n %% 8], 0,
    CASE WHEN n %% 4000 = 3 OR n <= %(few)s AND n %% 8 = 3 THEN array['differs'] ELSE '{}' END,
    false, 0, ''
  FROM aftersale_order o, LATERAL (SELECT substr(o.order_no, 2)::int AS n) m,
       LATERAL (SELECT (array['refund_only', 'return_refund', 'refund_only', 'refund_keep_goods',
                              'exchange'])[1 + (n %% 3) + (n %% 50 = 4)::int * 2] AS type) k
 WHERE n BETWEEN %(first)s AND %(last)s ORDER BY n
"""
_DECISIONS = """
INSERT INTO strategies_decision (shop_id, ticket_id, order_id, rulebook_id, decided_at, outcome,
    why, source, scenario, strategy_id, trace, error, type, amount, reason, applied_at, buyer,
    order_status, paid_at, paid_amount, refundable_amount, labels, products, categories,
    has_virtual, buyer_blocked, scenarios_hit)
SELECT t.shop_id, t.id, t.order_id, r.id, t.applied_at,
    CASE WHEN s.id IS NULL THEN 'manual' ELSE 'refund' END,
    CASE WHEN s.id IS NULL THEN (array['none_hit', 'no_scenario', 'over_refundable'])[1 + n %% 3]
         ELSE '' END,
    CASE WHEN s.id IS NULL THEN '' ELSE 'strategy' END,
    CASE WHEN s.id IS NULL THEN '' ELSE s.scenario END, s.id, array[4, 5, 6], '', t.type, t.amount,
    t.reason, t.applied_at, t.buyer, 'completed', t.applied_at, t.amount, t.amount, '{}',
    t.products, t.categories, false, false, 0
  FROM aftersale_ticket t
  JOIN strategies_rulebookrevision r ON r.shop_id = t.shop_id
 CROSS JOIN LATERAL (SELECT substr(t.ticket_no, 2)::int AS n) m
  LEFT JOIN strategies_strategy s ON s.shop_id = t.shop_id AND n %% 10 < 7
 WHERE n BETWEEN %(first)s AND %(last)s ORDER BY n
"""
_REFUNDS = """
INSERT INTO aftersale_refund (shop_id, order_id, ticket_id, amount, source, requested_at, reason,
    status, ever_sent, released, needs_people, next_step_at, failure, settled_at)
SELECT t.shop_id, t.order_id, t.id, t.amount,
    (array['strategy', 'strategy', 'fast_refund', 'person'])[1 + n %% 4], t.applied_at, '',
    CASE t.status WHEN 'refunded' THEN 'succeeded' WHEN 'refund_failed' THEN 'failed'
         ELSE (array['requested', 'sending', 'unknown'])[1 + n / 100 %% 3] END,
    true, false, n %% 9000 = 5 OR n <= %(few)s AND n %% 5 = 0,
    CASE WHEN t.status = 'refunding' THEN %(now)s END, '', NULL
  FROM aftersale_ticket t, LATERAL (SELECT substr(t.ticket_no, 2)::int AS n) m
 WHERE n BETWEEN %(first)s AND %(last)s AND t.status IN ('refunded', 'refunding', 'refund_failed')
 ORDER BY n
"""
_ALERTS = """
INSERT INTO aftersale_shippingalert (shop_id, order_id, ticket_id, kind, state, raised_at,
    changed_at, note)
SELECT shop_id, order_id, ticket_id, 'shipped_after_refund',
    CASE WHEN n <= %(few)s
         THEN (array['to_stop', 'asked_carrier', 'intercepted', 'returned', 'lost'])[1 + n %% 5]
         WHEN n %% 50 = 0 THEN 'to_stop' ELSE 'intercepted' END, requested_at, requested_at, ''
  FROM aftersale_refund r
  JOIN LATERAL (SELECT substr(t.ticket_no, 2)::int AS n FROM aftersale_ticket t
                 WHERE t.id = r.ticket_id) m ON n <= %(few)s OR n %% 100 IN (0, 10)
 WHERE NOT EXISTS (SELECT FROM aftersale_shippingalert a WHERE a.ticket_id = r.ticket_id)
"""
# As many entries of the audit trail as tickets; a fifth are of accounts.
_TRAIL = f"""
INSERT INTO aftersale_auditentry (at, kind, user_id, address, request_id, shop_id, whom_id, subject,
    note, filters)
SELECT %(now)s - (%(all)s - n) * interval '20 seconds',
    (array['call', 'changed', 'exported', 'refused', 'logged_in'])[1 + k], p.user_id,
    '203.0.113.' || n / 5 %% 4, md5(n::text), CASE WHEN k < 4 THEN p.shop_id END,
    CASE WHEN k = 4 THEN p.user_id END, '', 'note', '{{}}'
  FROM generate_series(%(first)s, %(last)s) n,
       LATERAL (SELECT {_SHOP} AS shop, (n + n / 1000) %% 5 AS k) o
  JOIN aftersale_membership p ON p.shop_id = o.shop ORDER BY n
"""


class Look(NamedTuple):
    """A page that somebody opens."""

    who: str
    page: str
    address: str


def make_shops() -> tuple[list[Shop], dict[str, User]]:
    shops = [make_shop(code=f"shop-{size}") for size in ("large", "middle", "small")]
    people = {"all": make_user(shops[0], username="all"), "small": make_user(shops[2])}
    people["all"].memberships.create(shop=shops[1], role="owner")
    for shop in shops:
        Strategy.objects.create(
            shop=shop, scenario="pre_ship_refund", name="one", priority=1, enabled=True,
            single_amount_cap=20_000, daily_cap=5_000_000,
        )  # fmt: skip
        with transaction.atomic():
            publish(shop.pk, user=None, now=NOW)
    return shops, people


def fill(shops: list[Shop], first: int, last: int) -> None:
    """Tickets of these numbers, each with its order, decision and, as a rule, refund."""
    # One revision a shop, whatever the services have published.
    for shop in shops:
        newest = RulebookRevision.objects.filter(shop=shop).latest("number")
        RulebookRevision.objects.filter(shop=shop).exclude(pk=newest.pk).delete()
    values = {
        "shops": [shop.pk for shop in shops],
        "now": NOW, "first": first, "last": last, "all": last, "few": FEW,
    }  # fmt: skip
    of_tickets = (_ORDERS, _TICKETS, _DECISIONS, _REFUNDS, _ALERTS)
    with connection.cursor() as cursor:
        for statement in (*(() if ONLY == "desk:trail" else of_tickets), _TRAIL):
            cursor.execute(statement, values)
        if STALE and last > FEW:
            return
        for table in ("refund", "shippingalert", "auditentry"):
            cursor.execute(f"VACUUM ANALYZE aftersale_{table}")
    settle_down()


def stay_stale() -> None:
    """Nothing but what is asked for looks at the tables."""
    with connection.cursor() as cursor:
        for model in (Order, Ticket, Decision, Refund, ShippingAlert, AuditEntry):
            cursor.execute(f"ALTER TABLE {model._meta.db_table} SET (autovacuum_enabled = false)")


def looks(client: Client, who: str) -> Iterator[Look]:
    """Every list that people open, with every value of every filter that its page offers."""
    for page in ("aftersale_ticket", "aftersale_order", "aftersale_refund", "strategies_decision"):
        if ONLY not in (None, page):
            continue
        address = reverse(f"admin:{page}_changelist")
        yield Look(who, page, address)
        html = client.get(address).content.decode()
        offered = set(re.findall(r'href="\?([^"]+)"', html))
        for query in sorted(offered):
            if not re.search(r"(^|;)(o|p|all)=", query):
                yield Look(who, page, f"{address}?{query.replace('&amp;', '&')}")
        number = f"{500:09}" if who == "all" else f"{500 - 500 % 3 + 2:09}"
        for term in (f"o{number}", f"t{number}", "b19", "b", "nobody"):
            yield Look(who, page, f"{address}?q={term}")
    for name in ("desk:workbench", "desk:shipping-alerts"):
        if ONLY not in (None, name):
            continue
        address = reverse(name)
        yield Look(who, name, address)
        html = client.get(address).content.decode()
        for query in sorted(set(re.findall(r'href="[^"?]*\?([^"]+)"', html))):
            if "case=" not in query:  # one case is as good as another
                yield Look(who, name, f"{address}?{query.replace('&amp;', '&')}")
    if ONLY in (None, "desk:trail"):
        address = reverse("desk:trail")
        for query in TRAIL_FILTERS:
            yield Look(who, "desk:trail", f"{address}?{query}")


class Measured(NamedTuple):
    """The least of some tries."""

    seconds: float
    queries: int
    slowest: float  # of its queries
    sql: str


def measure(client: Client, look: Look) -> Measured:
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        response = client.get(look.address)
        response.content  # noqa: B018
        times.append(time.perf_counter() - start)
        if response.status_code != 200:
            raise AssertionError(f"{look.address}: {response.status_code}")
        if times[-1] > 1:
            break
    with counted_queries() as queries:
        client.get(look.address)
    if PLANS:
        for query in queries.captured_queries:
            if float(query["time"]) > SLOW:
                print("   ", query["time"], query["sql"][:2000])
                for line in _plan(query["sql"]):
                    print("       ", line)
    slowest = max(queries.captured_queries, key=lambda query: float(query["time"]))
    return Measured(min(times), len(queries), float(slowest["time"]), slowest["sql"])


def _plan(sql: str) -> list[str]:
    """Of the query itself, behind the settings that may go before it."""
    *settings, query = re.split(r";\s+(?=SELECT|WITH)", sql, maxsplit=1)
    with connection.cursor() as cursor:
        cursor.execute("; ".join([*settings, f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {query}"]))
        while cursor.description is None:
            cursor.nextset()
        return [line for (line,) in cursor.fetchall()]


def _short(sql: str) -> str:
    return re.sub("SET LOCAL [^;]*;? ?", "", sql).strip()[:120]


def rows() -> Iterator[Row]:
    with override_settings(ALLOWED_HOSTS=["*"]):
        yield from _rows()


def _rows() -> Iterator[Row]:
    shops, people = make_shops()
    clients = {who: Client() for who in people}
    for who, person in people.items():
        clients[who].force_login(person)
    if STALE:
        stay_stale()
    fill(shops, 1, FEW)
    seen = [look for who, client in clients.items() for look in looks(client, who)]
    few = {look: measure(clients[look.who], look).seconds for look in seen}
    fill(shops, FEW + 1, TICKETS)
    found: dict[tuple[str, str], list[tuple[float, float, int, str]]] = {}
    for look in seen:
        many, queries, slowest, sql = measure(clients[look.who], look)
        ratio = many / few[look]
        if PLANS or ratio > MOST_RATIO or queries > MOST_QUERIES:
            print(f"{ratio:6.2f} {many * 1000:6.0f} ms {queries} queries {look.who} {look.address}")
            print(f"       its slowest query took {slowest * 1000:.0f} ms: {_short(sql)}")
        found.setdefault((look.who, look.page), []).append((ratio, many, queries, look.address))
    for (who, page), measured in found.items():
        ratio, many, _queries, address = max(measured)
        queries = max(one[2] for one in measured)
        middle = median(one[0] for one in measured)
        whose = "the large shops" if who == "all" else "a shop of a thousandth"
        yield Row(
            f"{page}, {len(measured)} views of {TICKETS:,} tickets, {whose}",
            f"slowest {many * 1000:.0f} ms ({address.partition('?')[2] or 'first page'}),"
            f" {queries} queries",
            f"the same view of {FEW:,} tickets",
            f"{ratio:.2f} x (median {middle:.2f} x)",
            f"<= {MOST_RATIO} x, <= {MOST_QUERIES} queries",
            ratio <= MOST_RATIO and queries <= MOST_QUERIES,
        )
    if ONLY != "desk:trail":
        yield from api_reads.rows(shops[0], people["all"], TICKETS)


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
