"""Buyers' data in the automation's tables: where they stand, and what is given out (SPEC P7)."""

from collections.abc import Mapping, Sequence
from typing import Any

from aftersale.domain.money import plain_yuan
from aftersale.services.privacy.places import Place
from strategies.models import (
    AdviceRun,
    Decision,
    Strategy,
    StrategyRevision,
    TrialEvaluation,
    TrialRun,
)

PLACES = [
    Place(Decision, "shop", buyers=["buyer"], texts=["error"], order="order"),
    Place(TrialEvaluation, "trial__shop", buyers=["buyer"], order="ticket__order"),
    Place(TrialRun, "shop", texts=["title", "error"]),
    Place(AdviceRun, "shop", texts=["error"]),
    Place(Strategy, "shop", texts=["remark"]),
    Place(StrategyRevision, "strategy__shop", texts=["content"]),
]


def decisions_of(tickets: Sequence[int]) -> Mapping[int, Sequence[dict[str, Any]]]:
    """The automation's decisions on each ticket, with what it looked at of the buyer."""
    found: dict[int, list[dict[str, Any]]] = {}
    rows = Decision.objects.filter(ticket__in=tickets).select_related("strategy").order_by("id")
    for row in rows:
        found.setdefault(row.ticket_id, []).append(
            {
                "at": row.decided_at,
                "outcome": row.outcome,
                "why": row.why,
                "source": row.source,
                "scenario": row.scenario,
                "strategy": row.strategy.name if row.strategy else None,
                "amount": plain_yuan(row.amount),
                "buyer": row.buyer,
                "buyer_blocked": row.buyer_blocked,
                "buyer_count": row.buyer_count,
                "buyer_sum": None if row.buyer_sum is None else plain_yuan(row.buyer_sum),
            }
        )
    return found
