"""The evaluator beside its floor, beside naive code, and over a long backlog.

The floor: the same decisions lying ready in a table, written batch by batch with the very statement
that the evaluator writes with, so every row that it writes; what the evaluator adds is claiming,
reading, deciding and sending. Rounds alternate, each on fresh rows.
"""

import statistics
import time
from collections.abc import Callable

from django.db import connection, transaction

from aftersale.models import Actor, Order, Refund, Shop, Ticket, TicketEvent, TicketEventKind
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.shared.locks import lock_order, lock_ticket
from aftersale.services.shared.sql_arrays import numbers
from strategies.models import Decision, Strategy, StrategyUsage
from strategies.services.evaluator import Tally, decide_shop
from strategies.services.evaluator.batch import decide_batch
from strategies.services.evaluator.read_facts import START
from strategies.services.evaluator.write_decisions import write_statement

from .backlog import add_backlog, bench_shop, settle_down
from .database import bench_database
from .report import Row, peak_memory, show

TICKETS = 20_000
ROUNDS = 3
BACKLOG = 100_000
SHOPS = 20
ORM_TICKETS = 400

_READY = """
CREATE TABLE bench_ready AS
SELECT mine.id AS ticket_id, d.outcome, d.why, d.source, d.scenario,
    mine_strategy.id AS strategy_id, d.trace::text AS trace, d.refundable_amount AS refundable,
    d.line_paid, d.line_left, d.freight_left, d.held_back,
    d.buyer_blocked AS blocked, d.buyer_count, d.buyer_sum,
    (theirs.scenarios_hit - d.scenarios_hit)::smallint AS bit, d.type, d.error,
    mine.order_id, (row_number() OVER (ORDER BY d.id) - 1) / %(size)s AS batch
FROM strategies_decision d
JOIN aftersale_ticket theirs ON theirs.id = d.ticket_id
JOIN aftersale_ticket mine ON mine.shop_id = %(mine)s AND mine.ticket_no = theirs.ticket_no
LEFT JOIN strategies_strategy s ON s.id = d.strategy_id
LEFT JOIN strategies_strategy mine_strategy ON mine_strategy.shop_id = %(mine)s
    AND mine_strategy.scenario = s.scenario AND mine_strategy.name = s.name
WHERE d.shop_id = %(theirs)s
"""
_FROM_TABLE = """
    SELECT ticket_id, outcome, why, source, scenario, strategy_id, trace, refundable, line_paid,
        line_left, freight_left, blocked, buyer_count, buyer_sum, bit, type, held_back, error,
        '' AS suggested_outcome, '' AS suggested_source, '' AS suggested_scenario,
        NULL::bigint AS suggested_strategy_id
    FROM bench_ready WHERE batch = %(batch)s
"""


def evaluate(shop: Shop, batch_size: int) -> float:
    """Seconds for all that waits in a shop."""
    began = time.perf_counter()
    decide_shop(shop.pk, tally=Tally(), batch_size=batch_size)
    return time.perf_counter() - began


def in_turn(mine: Shop, other: Shop, model: Shop, batch_size: int) -> tuple[float, float]:
    """Seconds for the evaluator on one shop, and for writing to another what `model`, with the
    same tickets, was decided: a batch here, a batch there, so that both meet the same machine."""
    strategies = dict(
        Strategy.objects.filter(shop=other, deleted_at=None).values_list("pk", "daily_cap")
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_ready")
        cursor.execute(_READY, {"mine": other.pk, "theirs": model.pk, "size": batch_size})
        cursor.execute("CREATE INDEX ON bench_ready (batch)")
        cursor.execute("ANALYZE bench_ready")
        cursor.execute("SELECT array_agg(ticket_id) FROM bench_ready GROUP BY batch ORDER BY batch")
        keys = cursor.fetchall()
        cursor.execute("SELECT now(), current_date")
        now, day = cursor.fetchone()
    statement = write_statement(_FROM_TABLE)
    took = least = 0.0
    end, tally = START, Tally()
    for batch, (tickets,) in enumerate(keys):
        began = time.perf_counter()
        decided = decide_batch(mine.pk, after=end, limit=batch_size, tally=tally)
        took += time.perf_counter() - began
        assert decided is not None
        end = decided.end
        values = {
            "batch": batch,
            "tickets": numbers(tickets),
            "capped": list(strategies),
            "caps": list(strategies.values()),
            "filed_under": ["agreed"] * len(strategies),
            "rulebook": other.lane.rulebook_id,
            "shop": other.pk,
            "now": now,
            "day": day,
            "next_step": now,
            "fast_refund_step": now,
            "return_due": None,
            "taken_over_by": None,
        }
        began = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            wake_payer()
        least += time.perf_counter() - began
    return took, least


def naive(shop: Shop) -> float:
    """Seconds for tickets written one by one, each a transaction of models; nothing is decided."""
    tickets = list(Ticket.objects.filter(shop=shop, awaiting_evaluation=True)[:ORM_TICKETS])
    strategy = Strategy.objects.filter(shop=shop).latest("single_amount_cap")
    began = time.perf_counter()
    for waiting in tickets:
        with transaction.atomic():
            order = lock_order(waiting.order_id)
            ticket = lock_ticket(waiting.pk)
            _write_with_models(shop, order, ticket, strategy)
            wake_payer()
    return time.perf_counter() - began


def _write_with_models(shop: Shop, order: Order, ticket: Ticket, strategy: Strategy) -> None:
    now = ticket.applied_at
    decision = Decision.objects.create(
        shop=shop,
        ticket=ticket,
        order=order,
        rulebook_id=shop.lane.rulebook_id,
        decided_at=now,
        outcome="refund",
        source="strategy",
        scenario=strategy.scenario,
        strategy=strategy,
        trace=[6, 6, 0],
        type=ticket.type,
        amount=ticket.amount,
        reason=ticket.reason,
        applied_at=ticket.applied_at,
        buyer=order.buyer,
        order_status=order.status,
        paid_at=order.paid_at,
        paid_amount=order.paid_amount,
        refundable_amount=order.refundable_amount,
        labels=order.labels,
        products=ticket.products,
        categories=ticket.categories,
        has_virtual=order.has_virtual,
        buyer_blocked=False,
    )
    usage, _ = StrategyUsage.objects.select_for_update().get_or_create(
        strategy=strategy, day=now.date(), defaults={"hits": 0, "used": 0, "cap": 10**12}
    )
    usage.hits += 1
    usage.used += ticket.amount
    usage.save()
    order.committed += ticket.amount
    order.save()
    ticket.status, ticket.awaiting_evaluation, ticket.committed = "refunding", False, ticket.amount
    ticket.save()
    TicketEvent.objects.create(
        ticket=ticket,
        at=now,
        kind=TicketEventKind.STATUS,
        actor=Actor.AUTOMATION,
        from_status="pending_review",
        to_status="refunding",
    )
    Refund.objects.create(
        shop=shop,
        order=order,
        ticket=ticket,
        amount=ticket.amount,
        source="strategy",
        decision_id=decision.pk,
        requested_at=now,
        next_step_at=now,
    )


def against_floor(batch_size: int, target: float) -> Row:
    """Rounds of evaluator and floor in turn; the ratio is the median of the rounds' ratios."""
    ratios, speeds = [], []
    for number in range(ROUNDS):
        mine, other, model = (
            bench_shop(f"{what} {batch_size} {number}") for what in ("evaluator", "floor", "model")
        )
        for shop in (mine, other, model):
            add_backlog(shop, TICKETS)
        evaluate(model, batch_size)
        settle_down()
        took, least = in_turn(mine, other, model, batch_size)
        _same_rows(mine, other)
        ratios.append(least / took)
        speeds.append(TICKETS / took)
    ratio = statistics.median(ratios)
    return Row(
        f"evaluator, batches of {batch_size}",
        f"{statistics.median(speeds):,.0f} tickets/s",
        "the same rows lying ready",
        f"{ratio:.2f} (rounds {min(ratios):.2f} to {max(ratios):.2f})",
        f">= {target:.2f}",
        ratio >= target,
    )


def _same_rows(mine: Shop, other: Shop) -> None:
    """Both wrote the same; else the ratio would mean nothing."""
    counts: Callable[[Shop], tuple[object, ...]] = lambda shop: (  # noqa: E731
        Decision.objects.filter(shop=shop).count(),
        Decision.objects.filter(shop=shop, outcome="manual").count(),
        Refund.objects.filter(shop=shop).count(),
        sorted(StrategyUsage.objects.filter(strategy__shop=shop).values_list("used", flat=True)),
        TicketEvent.objects.filter(ticket__shop=shop).count(),
    )
    assert counts(mine) == counts(other), (counts(mine), counts(other))


def against_models() -> Row:
    """Evaluator against a transaction of models a ticket, in turn."""
    fast, slow = [], []
    for number in range(ROUNDS):
        shop, other = bench_shop(f"fast {number}"), bench_shop(f"naive {number}")
        add_backlog(shop, TICKETS)
        add_backlog(other, ORM_TICKETS)
        settle_down()
        slow.append(naive(other) / ORM_TICKETS)
        fast.append(evaluate(shop, 2_000) / TICKETS)
    ratio = statistics.median(theirs / own for theirs, own in zip(slow, fast, strict=True))
    return Row(
        "evaluator",
        f"{1 / statistics.median(fast):,.0f} tickets/s",
        f"a transaction of models a ticket, {1 / statistics.median(slow):,.0f} tickets/s",
        f"{ratio:.0f} x",
        ">= 60 x",
        ratio >= 60,
    )


def backlog() -> tuple[Row, Row]:
    """A long backlog of one shop against the same work over many shops; and memory meanwhile."""
    shops = [bench_shop(f"spread {number}") for number in range(SHOPS)]
    for shop in shops:
        add_backlog(shop, TICKETS // SHOPS)
    one = bench_shop("backlog")
    add_backlog(one, BACKLOG)
    settle_down()
    spread = sum(evaluate(shop, 2_000) for shop in shops) / TICKETS
    before = peak_memory()
    whole = evaluate(one, 2_000) / BACKLOG
    grown = peak_memory() - before
    return (
        Row(
            f"backlog of {BACKLOG:,} in one shop",
            f"{1 / whole:,.0f} tickets/s",
            f"{TICKETS:,} over {SHOPS} shops, {1 / spread:,.0f} tickets/s",
            f"{spread / whole:.2f}",
            ">= 1.00",
            spread / whole >= 1,
        ),
        Row(
            f"memory over a backlog of {BACKLOG:,}",
            f"+{grown:.1f} MiB",
            f"{before:.0f} MiB after {TICKETS:,}",
            f"{1 + grown / before:.2f}",
            "flat: <= 1.05",
            grown / before <= 0.05,
        ),
    )


def rows() -> list[Row]:
    """All rows of this part."""
    return [
        against_floor(2_000, 0.70),
        against_floor(500, 0.60),
        against_models(),
        *backlog(),
    ]


if __name__ == "__main__":
    with bench_database():
        for row in rows():
            show(row)
