"""Answers to programs and payments outside, compared with the rows by SQL of its own: it uses
nothing of the program that it audits."""

from collections import Counter
from collections.abc import Collection

import psycopg

from tests.chaos.book import Book

# Each finds rows that must not be; true at any moment, whatever is under way.
_NEVER = {
    "refunds above their orders": """
        SELECT o.id FROM aftersale_order o JOIN aftersale_refund r ON r.order_id = o.id
        WHERE r.status NOT IN ('failed', 'taken_back')
        GROUP BY o.id HAVING sum(r.amount) > o.paid_amount""",
    "orders that hold another amount than their refunds": """
        SELECT o.id FROM aftersale_order o LEFT JOIN aftersale_refund r
            ON r.order_id = o.id AND r.status NOT IN ('failed', 'taken_back')
        GROUP BY o.id HAVING o.committed <> coalesce(sum(r.amount), 0)""",
    "caps whose use is not the sum of their day's decisions": """
        SELECT u.id FROM strategies_strategyusage u
        JOIN strategies_strategy s ON s.id = u.strategy_id
        JOIN aftersale_shop p ON p.id = s.shop_id
        LEFT JOIN LATERAL (
            SELECT sum(d.amount) AS amount FROM strategies_decision d
            WHERE d.strategy_id = u.strategy_id AND d.outcome <> 'manual'
                AND (d.decided_at AT TIME ZONE p.timezone)::date = u.day) x ON true
        WHERE u.used <> coalesce(x.amount, 0) + u.taken""",
    "days of decisions without their cap's use": """
        SELECT d.strategy_id FROM strategies_decision d
        JOIN aftersale_shop p ON p.id = d.shop_id
        LEFT JOIN strategies_strategyusage u ON u.strategy_id = d.strategy_id
            AND u.day = (d.decided_at AT TIME ZONE p.timezone)::date
        WHERE d.strategy_id IS NOT NULL AND d.outcome <> 'manual' AND u.id IS NULL""",
    "caps that are exceeded": """
        SELECT u.id FROM strategies_strategyusage u
        JOIN strategies_strategy s ON s.id = u.strategy_id
        WHERE u.used - u.taken > s.daily_cap""",
    "decisions before the one before them": """
        SELECT id FROM (SELECT id, decided_at, lag(decided_at) OVER (
            PARTITION BY shop_id ORDER BY id) AS before FROM strategies_decision) x
        WHERE decided_at < before""",
    "tickets that two hits approved": """
        SELECT ticket_id FROM strategies_decision WHERE outcome <> 'manual'
        GROUP BY ticket_id HAVING count(*) > 1""",
    "tickets and refunds that contradict each other": """
        SELECT t.id FROM aftersale_ticket t LEFT JOIN aftersale_refund r ON r.ticket_id = t.id
        WHERE (t.status = 'refunded') <> (coalesce(r.status, '') = 'succeeded')""",
}
# Due for two minutes, and nobody has taken it up.
_STANDS_STILL = {
    "tickets that nobody decides": """
        SELECT id FROM aftersale_ticket
        WHERE awaiting_evaluation AND awaiting_since < clock_timestamp() - interval '2 minutes'""",
    "refunds that nobody takes up": """
        SELECT id FROM aftersale_refund
        WHERE status NOT IN ('succeeded', 'failed', 'taken_back') AND NOT needs_people
            AND next_step_at < clock_timestamp() - interval '2 minutes'""",
}
_REFUNDS = """
    SELECT t.ticket_no, r.status, r.amount FROM aftersale_refund r
    JOIN aftersale_ticket t ON t.id = r.ticket_id
"""
_MAY_BE_PAID = {"sending", "unknown", "succeeded"}


def audit(
    connection: psycopg.Connection, accepted: Collection[str], book: Book, *, still: bool = True
) -> list[str]:
    """All that is wrong, in words; may run at any time, beside the programs. `still`: what stands
    still is wrong, too."""
    accepted = set(accepted)
    before = book.payments()
    found = []
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        tickets = {row[0] for row in connection.execute("SELECT ticket_no FROM aftersale_ticket")}
        refunds = {row[0]: row[1:] for row in connection.execute(_REFUNDS)}
        for what, query in (_NEVER | (_STANDS_STILL if still else {})).items():
            if rows := connection.execute(query).fetchall():
                found.append(f"{len(rows)} {what}")
    times = Counter(payment.ticket_no for payment in before)
    after = {payment.ticket_no for payment in book.payments()}
    wrong = {
        "tickets lost that were accepted": accepted - tickets,
        "tickets paid twice": {ticket for ticket, number in times.items() if number > 1},
        "payments without a refund, or of another amount": {
            payment.ticket_no
            for payment in before
            if refunds.get(payment.ticket_no, ("", 0))[0] not in _MAY_BE_PAID
            or refunds[payment.ticket_no][1] != payment.amount
        },
        "refunds that nobody paid": {
            ticket
            for ticket, (status, _) in refunds.items()
            if status == "succeeded" and ticket not in after
        },
    }
    for what, which in wrong.items():
        if which:
            found.append(f"{len(which)} {what} ({', '.join(sorted(which)[:5])})")
    return found
