"""A trial run over 1,000,000 past decisions of a shop with ten strategies in each scenario: the
first one, without a copy in columns (<= 6 s), others against reading the same rows by a server-side
cursor (>= 0.5), and the memory for a ticket.

`python -m tests.bench.trial`, with DATABASE_URL. BENCH_PAST says how many. What is tried takes a
strategy out and raises a cap. The past is what the present strategies decide: it is made by a trial
run that is written down as if it had been real.
"""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from django.db import connection, transaction

from aftersale.models import Shop
from strategies.models import Strategy, TrialEvaluation, TrialKind, TrialRun
from strategies.services import trials
from strategies.services.past.reading import DECIDED
from tests.factories import make_user

from .backlog import NOW, add_backlog, bench_shop
from .database import bench_database
from .report import Row, peak_memory, show

PAST = int(os.environ.get("BENCH_PAST", 1_000_000))
FEW = PAST // 5
ROUNDS = 3

_DECISIONS = """
INSERT INTO strategies_decision (shop_id, ticket_id, order_id, rulebook_id, decided_at, outcome,
    why, source, scenario, strategy_id, trace, error, type, amount, reason, applied_at, buyer,
    order_status, paid_at, shipped_at, delivered_at, paid_amount, refundable_amount, labels,
    products, categories, has_virtual, buyer_blocked, scenarios_hit)
SELECT t.shop_id, t.id, t.order_id, l.rulebook_id, t.applied_at + interval '1 second', 'manual',
    'none_hit', '', '', NULL, array[4, 5, 6], '', t.type, t.amount, t.reason, t.applied_at, t.buyer,
    o.status, o.paid_at, o.shipped_at, o.shipped_at + interval '1 day', o.paid_amount,
    o.paid_amount, o.labels, t.products, t.categories, false, t.buyer = 'b7', 0
  FROM aftersale_ticket t JOIN aftersale_order o ON o.id = t.order_id
  JOIN strategies_evaluatorlane l ON l.shop_id = t.shop_id
 WHERE t.shop_id = %(shop)s ORDER BY t.id
"""
_AS_REAL = """
UPDATE strategies_decision d SET outcome = 'refund', why = '', source = 'strategy',
    scenario = s.scenario, strategy_id = s.id
  FROM strategies_trialevaluation e JOIN strategies_strategy s ON s.id::text = e.proposed
 WHERE e.trial_id = %(trial)s AND d.id = e.decision_id
"""


def past(number: int) -> Shop:
    """A shop with so many decisions, over as many seconds."""
    shop = bench_shop(f"past {number}")
    add_backlog(shop, number)
    with connection.cursor() as cursor:
        cursor.execute(_DECISIONS, {"shop": shop.pk})
        settle()
        trial, _ = ran(shop, number, TrialKind.PRESENT)
        cursor.execute(_AS_REAL, {"trial": trial.pk})
    TrialEvaluation.objects.all().delete()
    settle()
    return shop


def settle() -> None:
    with connection.cursor() as cursor:
        for name in ("aftersale_ticket", "strategies_decision", "strategies_trialevaluation"):
            cursor.execute(f"VACUUM ANALYZE {name}")
        cursor.execute("CHECKPOINT")


def changed(shop: Shop) -> None:
    """The proposal that is tried."""
    mine = Strategy.objects.filter(shop=shop, scenario="pre_ship_refund")
    mine.filter(priority=9).update(enabled=False)
    mine.filter(priority=2).update(single_amount_cap=4_000)


def ran(shop: Shop, number: int, kind: str) -> tuple[TrialRun, float]:
    """A trial run over all of the past, and its seconds."""
    proposed = None
    if kind == TrialKind.STRATEGY:
        proposed = trials.content_after(shop.pk, lambda: changed(shop))
    first = (NOW - timedelta(days=2)).date()
    with transaction.atomic():
        trial = trials.begin(
            shop_id=shop.pk,
            kind=kind,
            title="bench",
            proposed=proposed,
            first=first,
            last=first + timedelta(seconds=number) + timedelta(days=2),
            user=make_user(shop),
            now=NOW,
        )
    began = time.perf_counter()
    trials.run(trial.pk, clock=lambda: NOW)
    took = time.perf_counter() - began
    trial.refresh_from_db()
    assert (trial.status, trial.done) == ("done", number), (trial.status, trial.done, trial.error)
    return trial, took


def read(shop: Shop) -> float:
    """Seconds for the same rows, all columns that a trial run needs, by a server-side cursor."""
    began = time.perf_counter()
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(
            DECIDED + " ORDER BY d.id",
            {"shop": shop.pk, "after": 0, "start": NOW - timedelta(days=2)},
        )
        while cursor.fetchmany(10_000):
            pass
    return time.perf_counter() - began


def rows() -> Iterator[Row]:
    few = past(FEW)
    ran(few, FEW, TrialKind.STRATEGY)
    before = peak_memory()
    many = past(PAST)
    first = ran(many, PAST, TrialKind.STRATEGY)[1]
    a_ticket = (peak_memory() - before) * 2**20 / (PAST - FEW)
    yield Row(
        f"first trial run over {PAST:,} past tickets",
        f"{first:.1f} s",
        "the clock",
        "-",
        "<= 6 s (quiet)",
        first <= 6,
    )
    yield against_cursor(many)
    yield Row(
        f"memory over a trial run of {PAST:,}",
        f"{a_ticket:.0f} bytes a ticket",
        f"{before:.0f} MiB after {FEW:,}",
        "-",
        "<= 600 bytes a ticket",
        a_ticket <= 600,
    )


def against_cursor(shop: Shop) -> Row:
    """Rounds of trial run and cursor in turn; the ratio is the median of the rounds' ratios."""
    took, floor = [], []
    for _ in range(ROUNDS):
        floor.append(read(shop))
        took.append(ran(shop, PAST, TrialKind.STRATEGY)[1])
    ratio = median(least / own for least, own in zip(floor, took, strict=True))
    return Row(
        f"trial run over {PAST:,} past tickets",
        f"{PAST / median(took):,.0f} tickets/s",
        f"the same rows by a server-side cursor, {PAST / median(floor):,.0f}/s",
        f"{ratio:.2f}",
        ">= 0.50",
        ratio >= 0.5,
    )


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
