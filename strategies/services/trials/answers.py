"""Three answers to each past evaluation: what happened, and those of two rulebooks (SPEC M3)."""

from collections.abc import Callable

import numpy as np
from django.db import connection

from strategies.models import TrialRun
from strategies.services.past import NOT_AGAIN, Decided, Past
from strategies.services.past.columns import FAST, HIT, PEOPLE

# Rows written at a time.
PIECE = 50_000

_WORD = "CASE e.{0} WHEN %(people)s THEN '' WHEN %(fast)s THEN 'fast_refund'"
_WORD += " WHEN %(not_again)s THEN '-' ELSE e.{0}::text END"
# The past in columns has no buyer's number: it is looked up.
_KEEP = f"""
INSERT INTO strategies_trialevaluation
    (trial_id, decision_id, ticket_id, at, amount, buyer, real, present, proposed)
SELECT %(trial)s, nullif(e.decision, 0), e.ticket,
    timestamptz 'epoch' + e.at * interval '1 microsecond', e.amount,
    coalesce(d.buyer, o.buyer, ''), {", ".join(map(_WORD.format, ("real", "present", "proposed")))}
FROM unnest(%(decision)s::bigint[], %(ticket)s::bigint[], %(order)s::bigint[], %(at)s::bigint[],
    %(amount)s::bigint[], %(real)s::bigint[], %(present)s::bigint[], %(proposed)s::bigint[])
    WITH ORDINALITY AS e (decision, ticket, order_id, at, amount, real, present, proposed, place)
LEFT JOIN strategies_decision d ON d.id = e.decision
    AND d.id BETWEEN (SELECT min(one) FROM unnest(%(decision)s::bigint[]) one WHERE one > 0)
                 AND (SELECT max(one) FROM unnest(%(decision)s::bigint[]) one)
LEFT JOIN aftersale_order o ON e.decision = 0 AND o.id = e.order_id
ORDER BY e.place
"""  # noqa: S608


def differing(past: Past, present: Decided, proposed: Decided) -> np.ndarray:
    """Rows whose answers differ, and what was approved of orders with several: their tickets may
    be approved at another evaluation here."""
    real, now, new = past["approver"], present.approvers, proposed.approvers
    return np.flatnonzero(~((real == now) & (now == new)) | (past.has(HIT) & past.repeated))


def keep(
    trial: TrialRun,
    past: Past,
    present: Decided,
    proposed: Decided,
    *,
    alive: Callable[[], object],
) -> None:
    """Writes the differing rows; `alive` is called between pieces."""
    rows = differing(past, present, proposed)
    columns = {
        **{name: past[name] for name in ("decision", "ticket", "order", "amount")},
        "at": past["decided_at"],
        "real": past["approver"],
        "present": present.approvers,
        "proposed": proposed.approvers,
    }
    words = {"trial": trial.pk, "people": PEOPLE, "fast": FAST, "not_again": NOT_AGAIN}
    for first in range(0, len(rows), PIECE):
        own = rows[first : first + PIECE]
        with connection.cursor() as cursor:
            cursor.execute(
                _KEEP, words | {name: column[own].tolist() for name, column in columns.items()}
            )
        alive()
