"""How past tickets ended, and how long people worked on them, as SQL (SPEC M6).

The rules stand here and nowhere else: advice reads them ticket by ticket, monitoring counts them by
day. strategies/advice/ends.py has the ends by name, strategies/wording/advice.py their words.

Minutes of handling: nobody clocks in and out of a case, so a step of a person lasts since the same
person's step before it, on whatever ticket, if that is less than a quarter of an hour ago; longer
gaps are breaks and say nothing. Steps on many tickets at once share their time.
"""

from strategies.advice.ends import UPHELD_AFTER_DAYS

# Seconds; longer is a break.
LONGEST_STEP = 15 * 60

# `asked` has the tickets, and the amount that was asked for when each was decided. A later request
# about the same goods is one on the same line, or one of the two on the whole order.
_STORIES = """
SELECT a.*, t.status, extract(epoch FROM {now} - t.status_at)::float / 86400 AS days_in_status,
    r.amount AS refunded, coalesce(again.amount, 0)::bigint AS refunded_later,
    coalesce(r.source IN ('strategy', 'fast_refund'), false) OR EXISTS (
        SELECT 1 FROM strategies_decision d
        WHERE d.ticket_id = t.id AND d.outcome <> 'manual') AS automatic,
    t.flags @> '{{likely_loss}}' AS likely_loss, t.arbitration_result AS arbitration,
    t.rejected_before AS rejected,
    t.return_shipped_at IS NOT NULL OR t.goods_received_at IS NOT NULL AS goods_back
FROM ({asked}) a JOIN aftersale_ticket t ON t.id = a.ticket
LEFT JOIN aftersale_refund r ON r.ticket_id = t.id AND r.status = 'succeeded'
LEFT JOIN LATERAL (
    SELECT sum(paid.amount) AS amount FROM aftersale_ticket other
    JOIN aftersale_refund paid ON paid.ticket_id = other.id AND paid.status = 'succeeded'
    WHERE other.order_id = t.order_id AND other.id <> t.id AND other.applied_at > t.applied_at
        AND (other.line_no IS NULL OR t.line_no IS NULL OR other.line_no = t.line_no)
) again ON t.rejected_before OR t.status = 'rejected'
"""

OVER = "('refunded', 'rejected', 'cancelled', 'closed')"

# In the order of the ends: the first that is true.
_END = f"""CASE
    WHEN s.likely_loss THEN 'likely_loss'
    WHEN s.automatic THEN 'automatic'
    WHEN s.status NOT IN {OVER} THEN 'open'
    WHEN s.status = 'refunded' THEN CASE
        WHEN s.refunded IS NULL THEN 'other'
        WHEN s.goods_back THEN 'goods_back'
        WHEN s.refunded < s.amount THEN 'reduced'
        ELSE 'refunded' END
    WHEN s.arbitration = 'merchant' THEN 'won'
    WHEN s.status = 'rejected' AND s.days_in_status < {UPHELD_AFTER_DAYS} THEN 'open'
    WHEN s.rejected OR s.status = 'rejected' THEN CASE
        WHEN s.refunded_later > 0 THEN 'rejected_then_refunded'
        ELSE 'rejected' END
    WHEN s.status = 'cancelled' THEN 'withdrawn'
    ELSE 'other' END"""

# Fen that automation would have cost beyond what people gave, or did cost; 0 of an unknown end.
# `goods_first`: it only lets the goods be sent back, and people confirm them before money goes out;
# then whatever people decided with the goods in hand costs nothing more.
_LOSSES = """
    CASE WHEN e.ended IN ('likely_loss', 'won', 'goods_back') THEN e.amount
         WHEN e.ended = 'reduced' THEN e.amount - e.refunded
         WHEN e.ended IN ('rejected', 'rejected_then_refunded')
             THEN greatest(0, e.amount - e.refunded_later)
         ELSE 0 END AS at_once,
    CASE WHEN e.ended IN ('likely_loss', 'won') THEN e.amount
         WHEN e.ended = 'reduced' THEN e.amount - e.refunded
         WHEN e.ended IN ('rejected', 'rejected_then_refunded') AND NOT e.goods_back
             THEN greatest(0, e.amount - e.refunded_later)
         ELSE 0 END AS goods_first"""


def stories(asked: str, *, now: str = "now()") -> str:
    """A query of the tickets as they are known today; `asked` selects ticket and amount, and what
    else is wanted beside each."""
    return _STORIES.format(asked=asked, now=now)


def ends(told: str) -> str:
    """A query of the ends of these stories, with the losses by an automation that pays at once, or
    that lets the goods come back first."""
    return f"SELECT e.*, {_LOSSES} FROM (SELECT s.*, {_END} AS ended FROM ({told}) s) e"  # noqa: S608


def handling(ticket: str) -> str:
    """A query of the seconds that people worked on a ticket; null where no step can be timed."""
    return f"""
    SELECT sum(gap) AS seconds FROM (
        SELECT extract(epoch FROM e.at - (
            SELECT p.at FROM aftersale_ticketevent p
            WHERE p.user_id = e.user_id AND p.actor = 'person' AND (p.at, p.id) < (e.at, e.id)
            ORDER BY p.at DESC, p.id DESC LIMIT 1)) AS gap
        FROM aftersale_ticketevent e
        WHERE e.ticket_id = {ticket} AND e.actor = 'person' AND e.user_id IS NOT NULL
    ) steps WHERE gap < {LONGEST_STEP}"""  # noqa: S608
