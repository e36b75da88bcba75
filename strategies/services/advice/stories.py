"""Ends of a shop's past tickets, and minutes of people's work on them, read for the search."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from strategies.advice.ends import End
from strategies.services.known_ends import ends, handling, stories

# For a shop none of whose steps can be timed.
ASSUMED_MINUTES = 3.0

_ASKED = "SELECT * FROM unnest(%(tickets)s::bigint[], %(amounts)s::bigint[]) AS a (ticket, amount)"
_TOLD = f"""
SELECT x.ticket, x.ended, x.at_once, x.goods_first, work.seconds::float / 60
FROM ({ends(stories(_ASKED, now="%(now)s::timestamptz"))}) x
LEFT JOIN LATERAL ({handling("x.ticket")}) work ON true
"""  # noqa: S608


class Told(NamedTuple):
    """A ticket's end, and what automation would have cost (fen)."""

    end: End
    at_once: int
    goods_first: int
    minutes: float | None
    """None where no step of a person can be timed."""


# Of a ticket that has gone meanwhile.
GONE = Told(End.OTHER, 0, 0, None)


def told(tickets: Sequence[int], amounts: Sequence[int], *, now: datetime) -> dict[int, Told]:
    """By ticket, with the amounts that were asked for when they were decided."""
    given: dict[str, Any] = {"now": now, "tickets": list(tickets), "amounts": list(amounts)}
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, given)
        return {ticket: Told(End(end), *rest) for ticket, end, *rest in cursor}
