"""The payer beside its floor: the rows that a payment writes, by bare statements and one commit.

`python -m tests.bench.payer`, with DATABASE_URL. The platform is the sandbox, which answers at once
and commits each payment by itself, as a real one would. Rounds alternate, each on fresh refunds of
one shop. BENCH_REFUNDS says how many a round has.
"""

import os
import time

from django.db import connection

from aftersale.models import Refund, Shop
from aftersale.services.outgoing import pay_refunds
from aftersale.services.shared.database_clock import database_moment
from tests.factories import make_shop

from .backlog import add_orders, settle_down
from .database import bench_database
from .report import Row, show

REFUNDS = int(os.environ.get("BENCH_REFUNDS", 1_000))
ROUNDS = 3
TARGET = 150

_TICKETS = """
INSERT INTO aftersale_ticket (shop_id, ticket_no, order_no, order_id, buyer, type, requested_type,
    reason, amount, applied_at, updated_at, note, evidence, status, status_at, return_carrier,
    return_tracking_no, arbitration_result, products, categories, committed, flags,
    awaiting_evaluation, scenarios_hit, digest)
SELECT shop_id, 't' || substr(order_no, 2), order_no, id, buyer, 'refund_only', 'refund_only',
    'no_longer_wanted', paid_amount, paid_at, now(), '', '{}', 'refunding', now(), '', '', '',
    '{}', '{}', paid_amount, '{}', false, 0, ''
FROM aftersale_order WHERE shop_id = %(shop)s
"""
_REFUNDS = """
INSERT INTO aftersale_refund (shop_id, order_id, ticket_id, amount, source, decision_id,
    requested_at, next_step_at, status, ever_sent, released, needs_people, reason, failure)
SELECT shop_id, order_id, id, amount, 'strategy', 1, now(), now(), 'requested', false, false,
    false, '', ''
FROM aftersale_ticket WHERE shop_id = %(shop)s
"""
# All that a payment leaves behind, lease and sandbox included.
_BARE = [
    """INSERT INTO aftersale_refundattempt (refund_id, number, key, amount, connector, fingerprint,
           fund, state, created_at, settled_at, call_until, questions, reason)
       SELECT id, 1, 'bare-' || id, amount, 'sandbox', '', '', 'succeeded', now(), now(), now(),
           0, '' FROM aftersale_refund WHERE id = %(refund)s""",
    """UPDATE aftersale_refund SET status = 'succeeded', ever_sent = true, settled_at = now(),
           next_step_at = NULL WHERE id = %(refund)s""",
    """UPDATE aftersale_ticket SET status = 'refunded', status_at = now() WHERE id = %(ticket)s""",
    """INSERT INTO aftersale_ticketevent (ticket_id, at, kind, actor, from_status, to_status, note)
       VALUES (%(ticket)s, now(), 'status', 'platform', 'refunding', 'refunded', '')""",
    """INSERT INTO aftersale_sandboxpayment (shop_id, key, fingerprint, ticket_no, amount, paid,
           permanent, reason, at)
       SELECT shop_id, 'bare-' || id, '', '', amount, true, false, '', now()
       FROM aftersale_refund WHERE id = %(refund)s""",
]


def due_refunds(code: str, number: int) -> Shop:
    """A demo shop with that many refunds, each of an order of its own."""
    shop = make_shop(code=code, connector="sandbox", is_demo=True)
    add_orders(shop, number)
    with connection.cursor() as cursor:
        shop_only = {"shop": shop.pk}
        cursor.execute(
            "UPDATE aftersale_order SET committed = paid_amount WHERE shop_id = %(shop)s", shop_only
        )
        cursor.execute(_TICKETS, shop_only)
        cursor.execute(_REFUNDS, shop_only)
    settle_down()
    return shop


def pay(shop: Shop) -> tuple[float, float]:
    """Seconds by the clock, and of this process, for all refunds of the shop."""
    began, worked = time.perf_counter(), time.process_time()
    while pay_refunds.run(clock=database_moment):
        pass
    seconds = time.perf_counter() - began, time.process_time() - worked
    if Refund.objects.filter(shop=shop).exclude(status="succeeded").exists():
        raise AssertionError("not all was paid")
    return seconds


def write_bare(shop: Shop) -> float:
    """Seconds for the same rows, refund by refund."""
    # Else the payer would find them due.
    Refund.objects.filter(shop=shop).update(next_step_at=None)
    rows = list(Refund.objects.filter(shop=shop).values_list("pk", "ticket"))
    bare = ";".join(_BARE)  # one round trip, one commit
    began = time.perf_counter()
    with connection.cursor() as cursor:
        for refund, ticket in rows:
            cursor.execute(bare, {"refund": refund, "ticket": ticket})
    return time.perf_counter() - began


def rows() -> list[Row]:
    pay(due_refunds("payer-warm", 50))
    paid = worked = bare = 0.0
    for number in range(ROUNDS):
        seconds, own = pay(due_refunds(f"payer-{number}", REFUNDS))
        paid, worked = paid + seconds, worked + own
        bare += write_bare(due_refunds(f"bare-{number}", REFUNDS))
    total = REFUNDS * ROUNDS
    return [
        Row(
            "payer, one process, a sandbox that answers at once",
            f"{total / paid:,.0f} refunds/s, {worked / total * 1000:.1f} ms of its processor each",
            f"the same rows by bare statements, a commit each, {total / bare:,.0f}/s",
            f"{bare / paid:.2f}",
            f">= {TARGET} refunds/s",
            total / paid >= TARGET,
        )
    ]


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
