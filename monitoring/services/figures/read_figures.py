"""Figures of any days: counted days from their counts, other days from the rows."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection, connections

from monitoring.services.figures.days import SPANS, Span, parameters
from monitoring.services.figures.sources import OF_DAYS_OVER, count

# A count is valid while the day still has the same ends and none of its moments has changed; for
# good where its rows may be in an archive (SPEC O12).
COUNTED = """
    SELECT s.shop_id, s.day FROM {0} s
      JOIN monitoring_deskday d ON d.shop_id = s.shop_id AND d.day = s.day
      JOIN aftersale_shop p ON p.id = s.shop_id
     WHERE (d.ends_at <= p.archived_before) IS TRUE
        OR d.starts_at = s.starts AND d.ends_at = s.ends
       AND NOT EXISTS (SELECT FROM monitoring_stalemoment m
                        WHERE m.shop_id = s.shop_id AND m.at >= s.starts AND m.at < s.ends)
"""
_COUNTED = f"""
WITH span AS MATERIALIZED ({SPANS}), counted AS MATERIALIZED ({COUNTED.format("span")})
SELECT c.shop_id, c.day, k.source, k.kind, k.key, k.number, k.amount, k.seconds, k.sample
  FROM counted c LEFT JOIN monitoring_deskcount k ON k.shop_id = c.shop_id AND k.day = c.day
   AND k.source <> ALL(%(left_out)s)
"""
_KNOWN_ENDS = f"""
WITH span AS MATERIALIZED ({SPANS})
SELECT s.shop_id, s.day, k.source, k.kind, k.key, k.number, k.amount, k.seconds, k.sample
  FROM span s JOIN monitoring_deskcount k ON k.shop_id = s.shop_id AND k.day = s.day
   AND k.source = ANY(%(of_days_over)s)
"""
_OF_DAYS_OVER = {"of_days_over": list(OF_DAYS_OVER)}


class Figure(NamedTuple):
    shop_id: int
    day: date
    source: str
    kind: str
    key: str
    number: int
    amount: int
    seconds: int
    # A ticket behind a product's figure; 0 for other sources.
    sample: int


def read(
    spans: Sequence[Span], *, without: str = "", using: str = DEFAULT_DB_ALIAS
) -> list[Figure]:
    """The figures as the rows are now, in at most two statements, of all sources but the one; each
    span is one day, or its beginning. Known ends are not among them: `known_ends`."""
    if not spans:
        return []
    counted: set[tuple[int, date]] = set()
    found = []
    with connections[using].cursor() as cursor:
        cursor.execute(_COUNTED, {**parameters(spans), "left_out": [without, *OF_DAYS_OVER]})
        for row in cursor:
            counted.add(row[:2])
            if row[2] is not None:
                found.append(Figure(*row))
    left = [span for span in spans if (span.shop_id, span.day) not in counted]
    fresh = count(left, without=without, using=using)
    return found + [Figure(*row) for row in fresh]  # type: ignore[arg-type]


def earliest_days(shop_ids: Sequence[int]) -> dict[int, date]:
    """The first counted day of each shop that has any figure."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, d.day FROM unnest(%s::bigint[]) s (id) CROSS JOIN LATERAL ("
            "SELECT min(day) AS day FROM monitoring_deskcount WHERE shop_id = s.id) d"
            " WHERE d.day IS NOT NULL",
            [list(shop_ids)],
        )
        return dict(cursor.fetchall())


def known_ends(spans: Sequence[Span]) -> list[Figure]:
    """How tickets ended on days that are over and were counted (SPEC M6); each span is one day.

    Of FigureSource.END: `kind` the end (strategies.advice.ends.End), `key` the strategy that
    approved, `fast_refund`, or nothing where people did, `amount` the fen that automation would
    have cost; of a likely loss, did cost. Of FigureSource.HANDLING: `kind` the ticket type,
    `number` tickets whose work can be timed, `seconds` of people's work on them.
    """
    if not spans:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_ENDS, parameters(spans) | _OF_DAYS_OVER)
        return [Figure(*row) for row in cursor]
