"""What a trial run has found, in figures: tickets counted once, however often evaluated (M3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import connection

from strategies.models import TrialRun

if TYPE_CHECKING:
    from .run import Side

# Each ticket of which something differs, and whether anything approved it.
TICKETS = """
    SELECT e.ticket_id, max(e.amount) AS amount, min(e.buyer) AS buyer, min(e.at) AS at,
        bool_or(e.real <> '') AS real,
        bool_or(e.present NOT IN ('', '-')) AS present,
        bool_or(e.proposed NOT IN ('', '-')) AS proposed
    FROM strategies_trialevaluation e WHERE e.trial_id = %(trial)s GROUP BY e.ticket_id
"""

_FIGURES = f"""
SELECT against, change, count(*), coalesce(sum(d.amount), 0)::bigint, count(DISTINCT d.buyer),
    count(*) FILTER (WHERE t.flags @> '{{likely_loss}}'),
    coalesce(sum(d.amount) FILTER (WHERE t.flags @> '{{likely_loss}}'), 0)::bigint,
    count(*) FILTER (WHERE t.status = 'arbitration' OR t.arbitration_result <> '')
FROM (
    SELECT ticket_id, amount, buyer, against,
        CASE WHEN proposed THEN 'gained' ELSE 'lost' END AS change
    FROM ({TICKETS}) tickets
    CROSS JOIN LATERAL (VALUES ('real', real), ('present', present)) AS a (against, approved)
    WHERE approved <> proposed
) d JOIN aftersale_ticket t ON t.id = d.ticket_id
GROUP BY against, change
"""  # noqa: S608


def summarise(
    trial: TrialRun, *, present: Side, proposed: Side, real: Mapping[str, list[int]]
) -> dict[str, Any]:
    """The figures of SPEC M3. Amounts in fen; `days` by strategy and day: hits, amount."""
    changes: dict[str, Any] = {
        against: {change: _figures() for change in ("gained", "lost")}
        for against in ("real", "present")
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"trial": trial.pk})
        for against, change, *figures in cursor.fetchall():
            changes[against][change] = _figures(*figures)
    return {
        "changes": changes,
        "real": {key: {"hits": hits, "amount": amount} for key, (hits, amount) in real.items()},
        "present": _side(present),
        "proposed": _side(proposed),
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


def _side(side: Side) -> dict[str, Any]:
    return {
        "hits": sum(hits for hits, _ in side.days.values()),
        "amount": sum(amount for _, amount in side.days.values()),
        "days": [
            {
                "strategy": "fast_refund" if strategy < 0 else side.keys[strategy],
                "day": date.fromordinal(day).isoformat(),
                "hits": hits,
                "amount": amount,
            }
            for (strategy, day), (hits, amount) in sorted(side.days.items())
        ],
        "hours": [
            {"hour": hour, "hits": hits, "amount": amount}
            for hour, (hits, amount) in sorted(side.hours.items())
        ],
        "tripped": side.tripped,
    }
