"""The sources of all figures: rows with a moment, a kind and a key (SPEC M2, P3).

The same query counts a source and lists its rows, so that a figure and its list can't differ.
Triggers of migrations 0003, 0015, 0018 and 0019 mark the days of rows that change later: a source
that reads a new column needs that column in a trigger.
"""

from datetime import datetime
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.utils.translation import gettext_lazy as _

from aftersale.domain.multilingual import read
from strategies.advice.ends import UPHELD_AFTER_DAYS
from strategies.services.known_ends import OVER, ends, handling, stories

from .days import SPANS, Span, parameters


class FigureSource(models.TextChoices):
    ORDER = "order", _("Orders paid")
    REFUND = "refund", _("Refunds paid")
    FAILED = "failed", _("Refunds failed")
    DISPUTE = "dispute", _("Disputes")
    LOST = "lost", _("Disputes lost")
    REJECTION = "rejection", _("Rejections")
    LOSS = "loss", _("Parcels of refunded orders")
    REGRET = "regret", _("Hits that became losses")
    REQUEST = "request", _("Requests of buyers")
    PRODUCT = "product", _("Requests by product")
    ANSWER = "answer", _("Answers of people")
    END = "end", _("Known ends")
    HANDLING = "handling", _("Cases worked on by people")


# Counted with the other sources once a day is over, but not for days that are not: they take
# longer, and no end is known on its day for sure.
OF_DAYS_OVER = frozenset({FigureSource.END, FigureSource.HANDLING})


class Consequence(models.TextChoices):
    """The furthest consequence of a rejection, before the ticket's next rejection."""

    NONE = "", _("Nothing further")
    AGAIN = "again", _("Applied again")
    DISPUTE = "dispute", _("Went to arbitration")
    OVERTURNED = "overturned", _("Overturned by arbitration")


# A dispute is lost when arbitration ends in a refund or in a return for one.
_REFUNDED = "('refunding', 'awaiting_return', 'refunded')"
_LOST = f"(e.from_status = 'arbitration' AND e.to_status IN {_REFUNDED})"
_OVER_THE_DAY = "{0} >= s.starts AND {0} < s.ends"


def _of_days(table: str, moment: str, more: str = "true") -> str:
    """The rows of a span, always by the index of shop and moment: the planner can't estimate the
    spans and would read the whole table. OFFSET 0 prevents other join orders."""
    return f"""(SELECT * FROM {table}
            WHERE shop_id = s.shop_id AND {_OVER_THE_DAY.format(moment)} AND {more} OFFSET 0)"""


# A program's step is told apart from its token's maker's own (SPEC P6).
PROGRAM = "program"
_BY_PEOPLE = f"e.actor = 'person' AND {_OVER_THE_DAY.format('e.at')}"
# The tickets that ended on a day of the span (SPEC M6): with the refund, with arbitration for the
# merchant, or when a rejection was upheld.
_LATELY = f"interval '{UPHELD_AFTER_DAYS} days'"
_LAST = """NOT EXISTS (SELECT FROM aftersale_ticketevent n WHERE n.ticket_id = e.ticket_id
                       AND n.id > e.id AND n.{column} = '{value}')"""
_ENDED = f"""
        SELECT s.shop_id, s.day, r.settled_at AS at, t.id AS ticket
          FROM span s
         CROSS JOIN LATERAL {_of_days("aftersale_refund", "settled_at", "status = 'succeeded'")} r
          JOIN aftersale_ticket t ON t.id = r.ticket_id AND t.status = 'refunded'
         UNION ALL
        SELECT s.shop_id, s.day, e.at, t.id
          FROM span s JOIN aftersale_ticketevent e ON e.from_status = 'arbitration'
           AND {_OVER_THE_DAY.format("e.at")}
           AND {_LAST.format(column="from_status", value="arbitration")}
          JOIN aftersale_ticket t ON t.id = e.ticket_id AND t.shop_id = s.shop_id
           AND t.arbitration_result = 'merchant' AND t.status <> 'refunded'
         UNION ALL
        SELECT s.shop_id, s.day, e.at + {_LATELY}, t.id
          FROM span s JOIN aftersale_ticketevent e ON e.to_status = 'rejected'
           AND e.at >= s.starts - {_LATELY} AND e.at < s.ends - {_LATELY}
           AND {_LAST.format(column="to_status", value="rejected")}
          JOIN aftersale_ticket t ON t.id = e.ticket_id AND t.shop_id = s.shop_id
           AND t.arbitration_result <> 'merchant' AND t.status <> 'refunded'"""
# With the strategy that approved each, `fast_refund`, or nothing where people did.
_ASKED = f"""
        SELECT x.*, coalesce(first.amount, t.amount) AS amount, t.type, coalesce(last.by, '') AS by
          FROM ({_ENDED}) x JOIN aftersale_ticket t ON t.id = x.ticket AND t.status IN {OVER}
          LEFT JOIN LATERAL (SELECT d.amount FROM strategies_decision d
                              WHERE d.ticket_id = t.id ORDER BY d.id LIMIT 1) first ON true
          LEFT JOIN LATERAL (SELECT coalesce(d.strategy_id::text, 'fast_refund') AS by
                               FROM strategies_decision d
                              WHERE d.ticket_id = t.id AND d.outcome <> 'manual'
                              ORDER BY d.id DESC LIMIT 1) last ON true"""

# Each selects: shop_id, day, at, kind, key, amount, seconds, ticket_id, note. `s` is a span.
_QUERIES: dict[str, str] = {
    FigureSource.ORDER: f"""
        SELECT s.shop_id, s.day, o.paid_at AS at, '' AS kind, '' AS key, 0::bigint AS amount,
               0::bigint AS seconds, NULL::bigint AS ticket_id, '' AS note
          FROM span s CROSS JOIN LATERAL {_of_days("aftersale_order", "paid_at")} o""",
    FigureSource.REFUND: f"""
        SELECT s.shop_id, s.day, r.settled_at, r.source, t.type, r.amount,
               greatest(0, extract(epoch FROM r.settled_at - t.applied_at))::bigint, t.id, ''
          FROM span s
         CROSS JOIN LATERAL {_of_days("aftersale_refund", "settled_at", "status = 'succeeded'")} r
          JOIN aftersale_ticket t ON t.id = r.ticket_id""",
    FigureSource.FAILED: f"""
        SELECT s.shop_id, s.day, r.settled_at, r.source, '', r.amount, 0, r.ticket_id, r.failure
          FROM span s
         CROSS JOIN LATERAL {_of_days("aftersale_refund", "settled_at", "status = 'failed'")} r""",
    FigureSource.DISPUTE: f"""
        SELECT s.shop_id, s.day, e.at, '', '', t.amount, 0, t.id, e.note
          FROM span s JOIN aftersale_ticketevent e ON e.to_status = 'arbitration'
           AND {_OVER_THE_DAY.format("e.at")}
          JOIN aftersale_ticket t ON t.id = e.ticket_id AND t.shop_id = s.shop_id""",
    FigureSource.LOST: f"""
        SELECT s.shop_id, s.day, e.at, '', '', t.amount, 0, t.id, e.note
          FROM span s JOIN aftersale_ticketevent e ON {_LOST}
           AND {_OVER_THE_DAY.format("e.at")}
          JOIN aftersale_ticket t ON t.id = e.ticket_id AND t.shop_id = s.shop_id""",
    FigureSource.REJECTION: f"""
        SELECT s.shop_id, s.day, r.at, r.reason, coalesce(
                 (SELECT CASE WHEN bool_or({_LOST}) THEN 'overturned'
                              WHEN bool_or(e.from_status = 'rejected'
                                           AND e.to_status = 'arbitration') THEN 'dispute'
                              WHEN bool_or(e.from_status = 'rejected'
                                           AND e.to_status = 'pending_review') THEN 'again' END
                    FROM aftersale_ticketevent e
                   WHERE e.ticket_id = r.ticket_id AND e.at >= r.at
                     AND e.at < coalesce((SELECT min(n.at) FROM aftersale_rejection n
                                           WHERE n.ticket_id = r.ticket_id AND n.id > r.id),
                                         'infinity')), ''),
               t.amount, 0, t.id, r.explanation
          FROM span s JOIN aftersale_rejection r ON {_OVER_THE_DAY.format("r.at")}
           AND NOT EXISTS (SELECT FROM aftersale_platformstep p
                            WHERE p.rejection_id = r.id AND p.state = 'declined')
          JOIN aftersale_ticket t ON t.id = r.ticket_id AND t.shop_id = s.shop_id""",
    FigureSource.LOSS: f"""
        SELECT s.shop_id, s.day, a.raised_at, a.kind, a.state, t.amount, 0, t.id, a.note
          FROM span s CROSS JOIN LATERAL {_of_days("aftersale_shippingalert", "raised_at")} a
          JOIN aftersale_ticket t ON t.id = a.ticket_id""",
    # Starts from the few losses and finds the decision behind each; never reads all decisions.
    FigureSource.REGRET: f"""
        SELECT s.shop_id, s.day, d.decided_at, d.strategy_id::text, '', d.amount, 0,
               d.ticket_id, string_agg(DISTINCT w.how, ',')
          FROM span s CROSS JOIN LATERAL (
               SELECT a.ticket_id, a.raised_at AS at, 'parcel' AS how
                 FROM aftersale_shippingalert a
                WHERE a.shop_id = s.shop_id AND a.raised_at >= s.starts
                  AND (a.state = 'lost' OR a.kind = 'likely_loss'
                                           AND a.state NOT IN ('intercepted', 'returned'))
               UNION ALL
               SELECT e.ticket_id, e.at, 'dispute' FROM aftersale_ticketevent e
                WHERE {_LOST} AND e.at >= s.starts) w
          JOIN strategies_decision d ON d.ticket_id = w.ticket_id AND d.strategy_id IS NOT NULL
           AND d.decided_at <= w.at AND d.shop_id = s.shop_id
           AND {_OVER_THE_DAY.format("d.decided_at")}
           AND NOT EXISTS (SELECT FROM strategies_decision later
                            WHERE later.ticket_id = d.ticket_id AND later.strategy_id IS NOT NULL
                              AND later.decided_at <= w.at AND later.id > d.id)
         GROUP BY s.shop_id, s.day, d.id""",
    FigureSource.REQUEST: f"""
        SELECT s.shop_id, s.day, t.applied_at, t.reason, '', t.amount, 0, t.id, ''
          FROM span s CROSS JOIN LATERAL {_of_days("aftersale_ticket", "applied_at")} t""",
    # A request about several products counts for each.
    FigureSource.PRODUCT: f"""
        SELECT s.shop_id, s.day, t.applied_at, p.product, t.reason, t.amount, 0, t.id, ''
          FROM span s CROSS JOIN LATERAL {_of_days("aftersale_ticket", "applied_at")} t
         CROSS JOIN LATERAL (SELECT DISTINCT unnest(t.products)) p (product)""",
    # How long it had been waiting: since the step before, or its arrival.
    FigureSource.ANSWER: f"""
        SELECT s.shop_id, s.day, e.at,
               CASE WHEN e.token_id IS NULL THEN coalesce(e.user_id::text, '')
                    ELSE '{PROGRAM}' END, e.from_status, 0::bigint,
               greatest(0, extract(epoch FROM e.at - coalesce(
                 (SELECT b.at FROM aftersale_ticketevent b
                   WHERE b.ticket_id = e.ticket_id AND b.id < e.id
                     AND b.kind IN ('arrived', 'status') ORDER BY b.id DESC LIMIT 1), e.at
               )))::bigint, t.id, e.to_status
          FROM span s JOIN aftersale_ticketevent e ON {_BY_PEOPLE} AND e.kind = 'status'
          JOIN aftersale_ticket t ON t.id = e.ticket_id AND t.shop_id = s.shop_id""",
    # The amount is what automation would have cost, or did cost.
    FigureSource.END: f"""
        SELECT shop_id, day, at, ended, by, at_once, 0, ticket, ''
          FROM ({ends(stories(_ASKED))}) e WHERE ended NOT IN ('open', 'withdrawn', 'other')""",
    FigureSource.HANDLING: f"""
        SELECT a.shop_id, a.day, a.at, a.type, '', a.amount, work.seconds::bigint, a.ticket, ''
          FROM ({_ASKED}) a CROSS JOIN LATERAL ({handling("a.ticket")}) work
         WHERE work.seconds IS NOT NULL""",
}


class Count(NamedTuple):
    shop_id: int
    day: object
    source: str
    kind: str
    key: str
    number: int
    amount: int
    seconds: int
    sample: int


# Column names, given here because in a UNION only the first query could name them.
_NAMED = "x (shop_id, day, at, kind, key, amount, seconds, ticket_id, note)"


def counting(source: str) -> str:
    """The query that counts a source of the rows in `span`."""
    # Of a product the newest ticket, whose order knows its title.
    sample = "max(ticket_id)" if source == FigureSource.PRODUCT else "0::bigint"
    return f"""
    SELECT shop_id, day, '{source}' AS source, kind, key, count(*)::int AS number,
           sum(amount)::bigint AS amount, sum(seconds)::bigint AS seconds, {sample} AS sample
      FROM ({_QUERIES[source]}) {_NAMED} GROUP BY shop_id, day, kind, key"""


def count(
    spans: list[Span],
    *,
    over: bool = False,
    without: str = "",
    using: str = DEFAULT_DB_ALIAS,
) -> list[Count]:
    """Figures of days, counted from the rows in one statement; of all sources but the one. `over`:
    with those that only days that are over have."""
    if not spans:
        return []
    left_out = {without} if over else {without, *OF_DAYS_OVER}
    sources = [counting(source) for source in _QUERIES if source not in left_out]
    statement = f"WITH span AS MATERIALIZED ({SPANS})" + " UNION ALL ".join(sources)
    with connections[using].cursor() as cursor:
        cursor.execute(statement, parameters(spans))
        return [Count(*row) for row in cursor]


class Row(NamedTuple):
    shop_id: int
    at: datetime
    kind: str
    key: str
    amount: int
    seconds: int
    ticket_id: int | None
    note: str


def _chosen(source: str, select: str) -> str:
    return f"""
        WITH span AS MATERIALIZED ({SPANS})
        SELECT {select} FROM ({_QUERIES[source]}) {_NAMED}
         WHERE (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
           AND (%(keys)s::text[] IS NULL OR key = ANY(%(keys)s))"""


def rows_behind(
    *,
    source: str,
    spans: list[Span],
    kinds: list[str] | None,
    keys: list[str] | None,
    limit: int,
    offset: int,
) -> tuple[int, list[Row]]:
    """The number of rows behind a figure, and one page of them, newest first."""
    if not spans:
        return 0, []
    values = {**parameters(spans), "kinds": kinds, "keys": keys, "limit": limit, "offset": offset}
    with connection.cursor() as cursor:
        cursor.execute(_chosen(source, "count(*)"), values)
        found = cursor.fetchone()[0]
        cursor.execute(
            _chosen(source, "shop_id, at, kind, key, amount, seconds, ticket_id, note")
            + " ORDER BY at DESC, ticket_id DESC LIMIT %(limit)s OFFSET %(offset)s",
            values,
        )
        return found, [row._replace(note=read(row.note)) for row in map(Row._make, cursor)]
