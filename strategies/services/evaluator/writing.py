"""Everything that follows from a batch of verdicts, in one statement (SPEC E6).

Parts of a data-modifying WITH all see the rows as they were before it: the decision's facts are
copied from the locked rows themselves, the ticket's type before it changes among them.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from strategies.engine import FAST_REFUND_BIT, Verdict
from strategies.engine.vocabulary import FAST_REFUND, MANUAL, REFUND, SCENARIO_BIT

from .reading import BLOCKED, ORDER, TICKET
from .rulebooks import LoadedRulebook

_WRITE = """
WITH verdict AS MATERIALIZED (
    SELECT * FROM unnest(
        %(ticket)s::bigint[], %(outcome)s::text[], %(why)s::text[], %(source)s::text[],
        %(scenario)s::text[], %(strategy)s::bigint[], %(trace)s::text[], %(refundable)s::bigint[],
        %(blocked)s::bool[], %(count)s::int[], %(sum)s::bigint[], %(bit)s::smallint[],
        %(filed_under)s::text[], %(error)s::text[]
    ) AS v (ticket_id, outcome, why, source, scenario, strategy_id, trace, refundable, blocked,
            buyer_count, buyer_sum, bit, filed_under, error)
), decided AS (
    UPDATE aftersale_ticket t
    SET waits = false,
        status = CASE v.outcome WHEN 'refund' THEN 'refunding'
                                WHEN 'approve_return' THEN 'awaiting_return'
                                ELSE t.status END,
        status_at = CASE v.outcome WHEN 'manual' THEN t.status_at ELSE %(now)s END,
        due_at = CASE v.outcome WHEN 'refund' THEN NULL
                                WHEN 'approve_return' THEN %(return_due)s
                                ELSE t.due_at END,
        type = CASE v.scenario WHEN 'post_ship_waive_return' THEN 'refund_only' ELSE t.type END,
        committed = CASE v.outcome WHEN 'manual' THEN t.committed ELSE t.amount END,
        flags = CASE WHEN v.why = 'error' AND NOT t.flags @> '{error}'
                     THEN t.flags || '{error}'::varchar[] ELSE t.flags END,
        spent = t.spent | v.bit
    FROM verdict v
    WHERE t.id = v.ticket_id AND t.waits AND t.status = 'pending_review'
    RETURNING t.id
), spoken_for AS (
    UPDATE aftersale_order o SET committed = o.committed + s.amount
    FROM (
        SELECT t.order_id, sum(t.amount) AS amount
        FROM verdict v JOIN aftersale_ticket t ON t.id = v.ticket_id
        WHERE v.outcome <> 'manual' GROUP BY t.order_id
    ) s
    WHERE o.id = s.order_id
    RETURNING o.id
), decision AS (
    INSERT INTO strategies_decision (
        shop_id, ticket_id, order_id, rulebook_id, decided_at, outcome, why, source, scenario,
        strategy_id, trace, error, type, amount, reason, applied_at, buyer, order_status, paid_at,
        label_printed_at, shipped_at, delivered_at, paid_amount, refundable_amount, labels,
        products, categories, has_virtual, buyer_blocked, buyer_count, buyer_sum, spent)
    SELECT t.shop_id, t.id, t.order_id, %(rulebook)s, %(now)s, v.outcome, v.why, v.source,
        v.scenario, v.strategy_id, v.trace::smallint[], v.error, t.type, t.amount, t.reason,
        t.applied_at, o.buyer, o.status, o.paid_at, o.label_printed_at, o.shipped_at,
        o.delivered_at, o.paid_amount, v.refundable, o.labels, t.products, t.categories,
        o.has_virtual, v.blocked, v.buyer_count, v.buyer_sum, t.spent
    FROM verdict v
    JOIN aftersale_ticket t ON t.id = v.ticket_id
    JOIN aftersale_order o ON o.id = t.order_id
    ORDER BY t.applied_at, t.ticket_no
    RETURNING id, ticket_id, order_id, shop_id, amount, source, outcome
), event AS (
    INSERT INTO aftersale_ticketevent
        (ticket_id, at, kind, actor, user_id, from_status, to_status, note)
    SELECT v.ticket_id, %(now)s, 'status', 'automation', NULL, 'pending_review',
        CASE v.outcome WHEN 'refund' THEN 'refunding' ELSE 'awaiting_return' END, ''
    FROM verdict v WHERE v.outcome <> 'manual'
), refund AS (
    INSERT INTO aftersale_refund
        (shop_id, order_id, ticket_id, amount, source, decision_id, requested_by_id, requested_at,
         reason, status, ever_sent, released, needs_people, next_step_at, failure, settled_at)
    SELECT d.shop_id, d.order_id, d.ticket_id, d.amount, d.source, d.id, NULL, %(now)s,
        v.filed_under, 'requested', false, false, false, %(next_step)s, '', NULL
    FROM decision d JOIN verdict v ON v.ticket_id = d.ticket_id
    WHERE d.outcome = 'refund'
    ON CONFLICT (ticket_id) DO UPDATE SET
        amount = excluded.amount, source = excluded.source, decision_id = excluded.decision_id,
        requested_by_id = NULL, requested_at = excluded.requested_at, reason = excluded.reason,
        status = 'requested', ever_sent = false, released = false, needs_people = false,
        next_step_at = excluded.next_step_at, failure = '', settled_at = NULL
    WHERE aftersale_refund.status IN ('taken_back', 'failed')
    RETURNING id
), used AS (
    INSERT INTO strategies_strategyusage AS u (strategy_id, day, hits, used, cap)
    SELECT v.strategy_id, %(day)s, count(*), sum(t.amount), max(c.cap)
    FROM verdict v
    JOIN aftersale_ticket t ON t.id = v.ticket_id
    JOIN unnest(%(capped)s::bigint[], %(caps)s::bigint[]) AS c (strategy_id, cap)
        ON c.strategy_id = v.strategy_id
    WHERE v.outcome <> 'manual' AND v.strategy_id IS NOT NULL
    GROUP BY v.strategy_id
    ON CONFLICT (strategy_id, day) DO UPDATE
    SET hits = u.hits + excluded.hits, used = u.used + excluded.used, cap = excluded.cap
    RETURNING strategy_id
), lane AS (
    UPDATE strategies_evaluatorlane SET decided_until = %(now)s WHERE shop_id = %(shop)s
)
SELECT (SELECT count(*) FROM decided), (SELECT count(*) FROM spoken_for),
       (SELECT count(*) FROM decision), (SELECT count(*) FROM refund), (SELECT count(*) FROM used)
"""


class BatchChanged(Exception):
    """Fewer rows were written than the batch needs: nothing of it may stay."""


def write(
    *,
    shop_id: int,
    loaded: LoadedRulebook,
    rows: Sequence[tuple[Any, ...]],
    verdicts: Sequence[Verdict],
    errors: Sequence[str],
    now: datetime,
    day: date,
    next_step: datetime | None,
    return_due: datetime | None,
) -> None:
    """Writes a batch: decisions with facts, tickets, orders' money, events, refunds, cap use.

    `rows` are claimed rows, locked in this transaction; `errors` has a text for each (empty: none).
    Raises BatchChanged where a guard found a row otherwise than it was read, and the database's
    IntegrityError where a constraint of SPEC's promises would break; the caller rolls back.
    """
    keys = loaded.strategy_ids
    columns = [
        (
            row[TICKET],
            verdict.outcome,
            verdict.why or "",
            verdict.source or "",
            verdict.scenario or "",
            None if verdict.strategy is None else keys[verdict.strategy],
            loaded.trace_text(verdict.trace),
            verdict.refundable,
            row[BLOCKED],
            verdict.buyer_count,
            verdict.buyer_sum,
            _bit(verdict),
            "" if verdict.strategy is None else loaded.filed_under[verdict.strategy],
            error,
        )
        for row, verdict, error in zip(rows, verdicts, errors, strict=True)
    ]
    (
        ticket,
        outcome,
        why,
        source,
        scenario,
        strategy,
        trace,
        refundable,
        blocked,
        count,
        total,
        bit,
        filed_under,
        error,
    ) = map(list, zip(*columns, strict=True))
    hits = [
        (row, verdict)
        for row, verdict in zip(rows, verdicts, strict=True)
        if verdict.outcome != MANUAL
    ]
    used = Counter(v.strategy for _, v in hits if v.strategy is not None)
    expected = (
        len(rows),
        len({row[ORDER] for row, _ in hits}),
        len(rows),
        sum(v.outcome == REFUND for _, v in hits),
        len(used),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "ticket": ticket,
                "outcome": outcome,
                "why": why,
                "source": source,
                "scenario": scenario,
                "strategy": strategy,
                "trace": trace,
                "refundable": refundable,
                "blocked": blocked,
                "count": count,
                "sum": total,
                "bit": bit,
                "filed_under": filed_under,
                "error": error,
                "capped": [keys[index] for index in used],
                "caps": [loaded.rulebook.daily_caps[index] for index in used],
                "rulebook": loaded.revision_id,
                "shop": shop_id,
                "now": now,
                "day": day,
                "next_step": next_step,
                "return_due": return_due,
            },
        )
        written = cursor.fetchone()
    if written != expected:
        raise BatchChanged(f"{written} rows written of {expected}")


def _bit(verdict: Verdict) -> int:
    if verdict.source == FAST_REFUND:
        return FAST_REFUND_BIT
    return SCENARIO_BIT[verdict.scenario] if verdict.scenario else 0
