"""Decisions of any days by outcome: of whole days from their tallies, of the beginning of a day
from the decisions themselves (SPEC M2)."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections

from .days import SPANS, Span, parameters

_DECIDED = f"""
WITH span AS MATERIALIZED ({SPANS}), part AS MATERIALIZED (
    SELECT s.* FROM span s
      JOIN unnest(%(part_shops)s::bigint[], %(part_days)s::date[]) AS p (shop_id, day)
        ON p.shop_id = s.shop_id AND p.day = s.day
)
SELECT shop_id, day, outcome, sum(decisions)::int FROM (
    SELECT s.shop_id, s.day, t.outcome, t.decisions::bigint
      FROM span s JOIN strategies_decisiontally t ON t.shop_id = s.shop_id AND t.day = s.day
     WHERE NOT EXISTS (SELECT FROM part p WHERE p.shop_id = s.shop_id AND p.day = s.day)
     UNION ALL
    SELECT s.shop_id, s.day, d.outcome, count(*)
      FROM part s CROSS JOIN LATERAL (
           SELECT outcome FROM strategies_decision
            WHERE shop_id = s.shop_id AND decided_at >= s.starts AND decided_at < s.ends OFFSET 0) d
     GROUP BY s.shop_id, s.day, d.outcome) counted
 GROUP BY shop_id, day, outcome
"""


class Decided(NamedTuple):
    shop_id: int
    day: date
    outcome: str
    number: int


def decided(
    spans: Sequence[Span], *, parts: Collection[Span], using: str = DEFAULT_DB_ALIAS
) -> list[Decided]:
    """The number of decisions by shop, day and outcome; `parts` are the spans that end before
    their day does: a tally is of the whole day."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            _DECIDED,
            {
                **parameters(spans),
                "part_shops": [span.shop_id for span in parts],
                "part_days": [span.day for span in parts],
            },
        )
        return [Decided(*row) for row in cursor]
