"""The tickets behind a trial run's figures, by the very query that counted them (SPEC M3)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from strategies.models import TrialRun
from strategies.services.trials.summary import ARBITRATION, LIKELY_LOSS, TICKETS

AGAINST = ("present", "real")
CHANGES = ("gained", "lost")
_ONLY = {"": "true", "likely_loss": LIKELY_LOSS, "arbitration": ARBITRATION}
ONLY = tuple(_ONLY)

# `there` took it, `gone` did not: the proposed strategies, and the baseline.
_FOUND = """
SELECT d.ticket_id, t.ticket_no, d.decision_id, d.amount, d.buyer, d.at, t.status,
    {loss}, {arbitration}, d.real, d.present, d.proposed, count(*) OVER ()
FROM ({tickets}) d JOIN aftersale_ticket t ON t.id = d.ticket_id
WHERE d.{there} IS NOT NULL AND d.{gone} IS NULL AND {only}
    AND (%(strategy)s = '' OR d.{there} = %(strategy)s)
    AND (%(day)s::date IS NULL OR (d.{there}_at AT TIME ZONE %(zone)s)::date = %(day)s)
    AND (%(hour)s::int IS NULL
        OR extract(hour FROM d.{there}_at AT TIME ZONE %(zone)s) = %(hour)s)
ORDER BY d.amount DESC, d.ticket_id LIMIT %(limit)s OFFSET %(offset)s
"""


@dataclass
class AffectedTicket:
    """A gained or lost ticket, with its approver on each side; None for people."""

    ticket: int
    ticket_no: str
    decision: int | None
    amount: int
    buyer: str
    at: datetime
    status: str
    likely_loss: bool
    arbitration: bool
    real: str | None
    present: str | None
    proposed: str | None


def found(
    trial: TrialRun,
    *,
    against: str,
    change: str,
    only: str = "",
    strategy: str = "",
    day: date | None = None,
    hour: int | None = None,
    offset: int = 0,
    limit: int,
) -> tuple[list[AffectedTicket], int]:
    """A page of affected tickets, largest amounts first, and how many there are. `strategy`, `day`
    and `hour` belong to the decision that takes a gained ticket, or took a lost one.
    """
    there, gone = ("proposed", against) if change == "gained" else (against, "proposed")
    query = _FOUND.format(
        loss=LIKELY_LOSS,
        arbitration=ARBITRATION,
        tickets=TICKETS,
        there=there,
        gone=gone,
        only=_ONLY[only],
    )
    given: dict[str, Any] = {
        "trial": trial.pk,
        "strategy": strategy,
        "day": day,
        "hour": hour,
        "zone": trial.shop.timezone,
        "limit": limit,
        "offset": offset,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        rows = cursor.fetchall()
    return [AffectedTicket(*row[:-1]) for row in rows], rows[0][-1] if rows else 0
