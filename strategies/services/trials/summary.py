"""Figures of a trial run: each ticket counts once, however often evaluated (SPEC M3)."""

from typing import Any

from django.db import connection

from strategies.models import TrialRun
from strategies.services.past import Decided, Past

from .sides import real, side

# Each ticket whose answers differ: the strategy that took it in each replay, and when; null for
# people.
TICKETS = """
    SELECT e.ticket_id, max(e.amount) AS amount, min(e.buyer) AS buyer,
        max(e.decision_id) AS decision_id,
        max(e.real) FILTER (WHERE e.real <> '') AS real,
        max(e.present) FILTER (WHERE e.present NOT IN ('', '-')) AS present,
        max(e.proposed) FILTER (WHERE e.proposed NOT IN ('', '-')) AS proposed,
        min(e.at) AS at,
        min(e.at) FILTER (WHERE e.real <> '') AS real_at,
        min(e.at) FILTER (WHERE e.present NOT IN ('', '-')) AS present_at,
        min(e.at) FILTER (WHERE e.proposed NOT IN ('', '-')) AS proposed_at
    FROM strategies_trialevaluation e WHERE e.trial_id = %(trial)s GROUP BY e.ticket_id
"""

LIKELY_LOSS = "t.flags @> '{likely_loss}'"
ARBITRATION = "(t.status = 'arbitration' OR t.arbitration_result <> '')"

# By the strategy that would have taken a gained ticket, or that took a lost one.
_FIGURES = f"""
SELECT against, change, by, count(*), coalesce(sum(d.amount), 0)::bigint, count(DISTINCT d.buyer),
    count(*) FILTER (WHERE {LIKELY_LOSS}),
    coalesce(sum(d.amount) FILTER (WHERE {LIKELY_LOSS}), 0)::bigint,
    count(*) FILTER (WHERE {ARBITRATION})
FROM (
    SELECT ticket_id, amount, buyer, against, coalesce(proposed, took) AS by,
        CASE WHEN took IS NULL THEN 'gained' ELSE 'lost' END AS change
    FROM ({TICKETS}) tickets
    CROSS JOIN LATERAL (VALUES ('real', real), ('present', present)) AS a (against, took)
    WHERE (took IS NULL) <> (proposed IS NULL)
) d JOIN aftersale_ticket t ON t.id = d.ticket_id
GROUP BY GROUPING SETS ((against, change), (against, change, by))
"""  # noqa: S608


def summarise(
    trial: TrialRun, past: Past, *, present: Decided, proposed: Decided
) -> dict[str, Any]:
    """The figures of SPEC M3. Amounts in fen; `days` by strategy and day: hits, amount."""
    changes: dict[str, Any] = {
        against: {change: _figures() for change in ("gained", "lost")}
        for against in ("real", "present")
    }
    by_strategy: dict[str, Any] = {
        against: {change: {} for change in ("gained", "lost")} for against in ("real", "present")
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"trial": trial.pk})
        for against, change, by, *figures in cursor.fetchall():
            if by is None:
                changes[against][change] = _figures(*figures)
            else:
                by_strategy[against][change][by] = _figures(*figures)
    return {
        "changes": changes,
        "by_strategy": by_strategy,
        "real": real(past),
        "present": side(past, present, trial.present),
        "proposed": side(past, proposed, trial.proposed),
    }


def _figures(
    tickets: int = 0,
    amount: int = 0,
    buyers: int = 0,
    losses: int = 0,
    loss_amount: int = 0,
    arbitrations: int = 0,
) -> dict[str, int]:
    return {
        "tickets": tickets,
        "amount": amount,
        "buyers": buyers,
        "likely_losses": losses,
        "likely_loss_amount": loss_amount,
        "arbitrations": arbitrations,
    }
