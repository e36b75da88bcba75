"""Writes everything that follows from a batch of verdicts, in one statement (SPEC E6).

The parts of a data-modifying WITH all see the rows as they were before it: so the decision's facts
are copied from the locked rows, with the ticket's type before the change.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from aftersale.services.shared.sql_arrays import flags, numbers
from config import acting
from strategies.engine import FAST_REFUND_BIT, Verdict
from strategies.engine.vocabulary import FAST_REFUND, MANUAL, REFUND, SCENARIO_BIT
from strategies.services.evaluator.read_facts import (
    BLOCKED,
    HELD_BACK,
    LINE,
    LINE_PAID,
    ORDER,
    TICKET,
    TYPE,
)
from strategies.services.evaluator.rulebooks import LoadedRulebook

# The batch's verdicts as the client sends them. What many tickets share is sent once, as a kind;
# a ticket's own columns are numbers.
_SENT = """
    SELECT s.ticket_id, k.outcome, k.why, k.source, k.scenario, k.strategy_id, k.trace,
        s.refundable, s.line_paid, s.line_left, s.freight_left, s.blocked, s.buyer_count,
        s.buyer_sum, k.bit, k.type, k.held_back, k.error, k.suggested_outcome,
        k.suggested_source, k.suggested_scenario, k.suggested_strategy_id
    FROM unnest(
        %(tickets)s::bigint[], %(kind)s::int[], %(refundable)s::bigint[], %(line_paid)s::bigint[],
        %(line_left)s::bigint[], %(freight_left)s::bigint[], %(blocked)s::bool[], %(count)s::int[],
        %(sum)s::bigint[]
    ) AS s (ticket_id, kind, refundable, line_paid, line_left, freight_left, blocked, buyer_count,
            buyer_sum)
    JOIN unnest(
        %(outcome)s::text[], %(why)s::text[], %(source)s::text[], %(scenario)s::text[],
        %(strategy)s::bigint[], %(trace)s::text[], %(bit)s::smallint[], %(type)s::text[],
        %(held_back)s::text[], %(error)s::text[], %(suggested_outcome)s::text[],
        %(suggested_source)s::text[], %(suggested_scenario)s::text[],
        %(suggested_strategy_id)s::bigint[]
    ) WITH ORDINALITY AS k (outcome, why, source, scenario, strategy_id, trace, bit, type,
                            held_back, error, suggested_outcome, suggested_source,
                            suggested_scenario, suggested_strategy_id, kind)
    ON k.kind = s.kind
"""


def write_statement(verdicts: str) -> str:
    """The statement that writes a batch, given the query that its verdicts come from."""
    return "WITH verdict AS MATERIALIZED (" + verdicts + _REST


# `decided` hands on each ticket's columns, so that tickets are looked up once; its array of keys
# says again what the join says, for the planner's estimate. It must guess nothing of the guard:
# where few of a million tickets wait it expects one, and compares each ticket with each verdict.
_REST = """
), capped AS MATERIALIZED (
    SELECT * FROM unnest(%(capped)s::bigint[], %(caps)s::bigint[], %(filed_under)s::text[])
        AS c (strategy_id, cap, filed_under)
), decided AS (
    UPDATE aftersale_ticket t
    SET awaiting_evaluation = false,
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
        scenarios_hit = t.scenarios_hit | v.bit
    FROM verdict v
    WHERE t.id = v.ticket_id AND t.id = ANY(%(tickets)s::bigint[])
        AND CASE WHEN t.awaiting_evaluation THEN t.status = 'pending_review' ELSE false END
    RETURNING t.shop_id, t.id AS ticket_id, t.ticket_no, t.order_id, t.line_no, t.amount, t.reason,
        t.applied_at, t.products, t.categories, t.labels,
        t.scenarios_hit - v.bit AS scenarios_hit_before, v.type, v.held_back, v.outcome, v.why,
        v.source, v.scenario, v.strategy_id, v.trace, v.refundable, v.line_paid, v.line_left,
        v.freight_left, v.blocked, v.buyer_count, v.buyer_sum, v.error, v.suggested_outcome,
        v.suggested_source, v.suggested_scenario, v.suggested_strategy_id
), spoken_for AS (
    UPDATE aftersale_order o SET committed = o.committed + s.amount
    FROM (
        SELECT order_id, sum(amount) AS amount FROM decided
        WHERE outcome <> 'manual' GROUP BY order_id
    ) s
    WHERE o.id = s.order_id
    RETURNING o.id
), taken AS (
    UPDATE aftersale_orderline l SET taken = l.taken + s.amount
    FROM (
        SELECT order_id, line_no, sum(amount) AS amount FROM decided
        WHERE outcome <> 'manual' AND line_no IS NOT NULL GROUP BY order_id, line_no
    ) s
    WHERE l.order_id = s.order_id AND l.line_no = s.line_no
    RETURNING l.id
), decision AS (
    INSERT INTO strategies_decision (
        shop_id, ticket_id, order_id, rulebook_id, decided_at, outcome, why, source, scenario,
        strategy_id, trace, error, type, amount, reason, applied_at, buyer, order_status, paid_at,
        label_printed_at, shipped_at, delivered_at, paid_amount, refundable_amount, labels,
        products, categories, has_virtual, buyer_blocked, buyer_count, buyer_sum, scenarios_hit,
        order_type, ticket_labels, held_back, line_no, line_paid, line_left, freight_left,
        suggested_outcome, suggested_source, suggested_scenario, suggested_strategy_id,
        taken_over_by_id)
    SELECT t.shop_id, t.ticket_id, t.order_id, %(rulebook)s, %(now)s,
        t.outcome, t.why, t.source, t.scenario, t.strategy_id, t.trace::smallint[], t.error,
        t.type, t.amount, t.reason, t.applied_at, o.buyer, o.status, o.paid_at,
        o.label_printed_at, o.shipped_at, o.delivered_at, o.paid_amount, t.refundable,
        o.labels, t.products, t.categories, o.has_virtual, t.blocked, t.buyer_count,
        t.buyer_sum, t.scenarios_hit_before,
        o.type, t.labels, t.held_back, t.line_no, t.line_paid, t.line_left, t.freight_left,
        t.suggested_outcome, t.suggested_source, t.suggested_scenario, t.suggested_strategy_id,
        %(taken_over_by)s::int
    FROM decided t
    JOIN aftersale_order o ON o.id = t.order_id
    ORDER BY t.applied_at, t.ticket_no
    RETURNING id, ticket_id, order_id, shop_id, amount, source, outcome, strategy_id
), event AS (
    INSERT INTO aftersale_ticketevent
        (ticket_id, at, token_id, request_id, kind, actor, user_id, from_status, to_status, note)
    SELECT ticket_id, %(now)s, %(token)s::bigint, %(request)s, 'status',
        CASE WHEN %(taken_over_by)s::int IS NULL THEN 'automation' ELSE 'person' END,
        %(taken_over_by)s::int, 'pending_review',
        CASE outcome WHEN 'refund' THEN 'refunding' ELSE 'awaiting_return' END, ''
    FROM decided WHERE outcome <> 'manual'
), refund AS (
    INSERT INTO aftersale_refund
        (shop_id, order_id, ticket_id, amount, source, decision_id, requested_by_id, requested_at,
         reason, status, ever_sent, released, needs_people, next_step_at, failure, settled_at)
    SELECT d.shop_id, d.order_id, d.ticket_id, d.amount, d.source, d.id,
        %(taken_over_by)s::int, %(now)s,
        coalesce(c.filed_under, ''), 'requested', false, false, false,
        CASE d.source WHEN 'fast_refund' THEN %(fast_refund_step)s::timestamptz
                      ELSE %(next_step)s::timestamptz END, '', NULL
    FROM decision d LEFT JOIN capped c ON c.strategy_id = d.strategy_id
    WHERE d.outcome = 'refund'
    ON CONFLICT (ticket_id) DO UPDATE SET
        amount = excluded.amount, source = excluded.source, decision_id = excluded.decision_id,
        requested_by_id = excluded.requested_by_id, requested_at = excluded.requested_at,
        reason = excluded.reason,
        status = 'requested', released = false, needs_people = false,
        next_step_at = excluded.next_step_at, failure = '', settled_at = NULL
    WHERE aftersale_refund.status IN ('taken_back', 'failed')
    RETURNING id
), used AS (
    INSERT INTO strategies_strategyusage AS u (strategy_id, day, hits, used, cap)
    SELECT d.strategy_id, %(day)s, count(*), sum(d.amount), max(c.cap)
    FROM decision d JOIN capped c ON c.strategy_id = d.strategy_id
    GROUP BY d.strategy_id
    ON CONFLICT (strategy_id, day) DO UPDATE
    SET hits = u.hits + excluded.hits, used = u.used + excluded.used, cap = excluded.cap
    RETURNING strategy_id
), tally AS (
    INSERT INTO strategies_decisiontally AS y (
        shop_id, day, outcome, why, source, scenario, strategy_id, decisions, amount)
    SELECT shop_id, %(day)s, outcome, why, source, scenario, coalesce(strategy_id, 0),
        count(*), sum(amount)
    FROM decided GROUP BY shop_id, outcome, why, source, scenario, strategy_id
    ON CONFLICT (shop_id, day, outcome, why, source, scenario, strategy_id) DO UPDATE
    SET decisions = y.decisions + excluded.decisions, amount = y.amount + excluded.amount
), lane AS (
    UPDATE strategies_evaluatorlane SET decided_until = %(now)s WHERE shop_id = %(shop)s
)
SELECT (SELECT count(*) FROM decided), (SELECT count(*) FROM spoken_for),
       (SELECT count(*) FROM taken), (SELECT count(*) FROM decision),
       (SELECT count(*) FROM refund), (SELECT count(*) FROM used)
"""


_WRITE = write_statement(_SENT)


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
    fast_refund_step: datetime | None,
    return_due: datetime | None,
    taken_over_by: int | None = None,
) -> None:
    """Writes a batch: decisions with facts, tickets, orders' money, events, refunds, cap use.

    `rows` are claimed rows, locked in this transaction; `errors` has a text for each (empty: none).
    `taken_over_by`: the person who takes over what was suggested (SPEC O11).
    Raises BatchChanged where a guard found a row otherwise than it was read, and the database's
    IntegrityError where a constraint of SPEC's promises would break; the caller rolls back.
    """
    keys = loaded.strategy_ids
    kinds: dict[tuple[Any, ...], int] = {}
    kind = []
    for row, verdict, error in zip(rows, verdicts, errors, strict=True):
        # All of a verdict but the ticket's own figures, and the type that was decided on.
        shared = (*verdict[:6], row[TYPE], row[HELD_BACK], error, verdict.suggestion)
        kind.append(kinds.setdefault(shared, len(kinds) + 1))
    hits = [
        (row, verdict)
        for row, verdict in zip(rows, verdicts, strict=True)
        if verdict.outcome != MANUAL
    ]
    used = Counter(v.strategy for _, v in hits if v.strategy is not None)
    expected = (
        len(rows),
        len({row[ORDER] for row, _ in hits}),
        len({(row[ORDER], row[LINE]) for row, _ in hits if row[LINE] is not None}),
        len(rows),
        sum(v.outcome == REFUND for _, v in hits),
        len(used),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "tickets": numbers(row[TICKET] for row in rows),
                "kind": numbers(kind),
                "refundable": numbers(verdict.refundable for verdict in verdicts),
                "line_paid": numbers(row[LINE_PAID] for row in rows),
                "line_left": numbers(verdict.line_left for verdict in verdicts),
                "freight_left": numbers(verdict.freight_left for verdict in verdicts),
                "blocked": flags(row[BLOCKED] for row in rows),
                "count": numbers(verdict.buyer_count for verdict in verdicts),
                "sum": numbers(verdict.buyer_sum for verdict in verdicts),
                **_kind_columns(kinds, loaded),
                "capped": [keys[index] for index in used],
                "caps": [loaded.rulebook.daily_caps[index] for index in used],
                "filed_under": [loaded.filed_under[index] for index in used],
                "rulebook": loaded.revision_id,
                "shop": shop_id,
                "now": now,
                "day": day,
                "next_step": next_step,
                "fast_refund_step": fast_refund_step,
                "return_due": return_due,
                "taken_over_by": taken_over_by,
                "token": acting.token(),
                "request": acting.request_id(),
            },
        )
        written = cursor.fetchone()
    if written != expected:
        raise BatchChanged(f"{written} rows written of {expected}")


def _kind_columns(kinds: Iterable[tuple[Any, ...]], loaded: LoadedRulebook) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [] for name in _KIND}
    for (
        outcome,
        why,
        source,
        scenario,
        strategy,
        trace,
        ticket_type,
        held_back,
        error,
        suggestion,
    ) in kinds:
        suggested = suggestion or ("", "", None, None)
        kind = (
            outcome,
            why or "",
            source or "",
            scenario or "",
            None if strategy is None else loaded.strategy_ids[strategy],
            "{" + ",".join(map(str, trace)) + "}",
            FAST_REFUND_BIT if source == FAST_REFUND else SCENARIO_BIT.get(scenario, 0),
            ticket_type,
            held_back,
            error,
            suggested[0],
            suggested[1],
            suggested[2] or "",
            None if suggested[3] is None else loaded.strategy_ids[suggested[3]],
        )
        for name, value in zip(_KIND, kind, strict=True):
            columns[name].append(value)
    return columns


_KIND = (
    "outcome",
    "why",
    "source",
    "scenario",
    "strategy",
    "trace",
    "bit",
    "type",
    "held_back",
    "error",
    "suggested_outcome",
    "suggested_source",
    "suggested_scenario",
    "suggested_strategy_id",
)
