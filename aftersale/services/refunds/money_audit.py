"""Money worked out anew from its rows and compared with what is kept (SPEC promise 1, O2, W3, W4).

Reads only, one statement a question. Meant for an idle moment or a snapshot: run beside writers
each statement sees a consistent state, as every change of money is one transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not add up; `subject` names the order, ticket or fund."""

    subject: str
    what: str


_REFUNDS = """
    SELECT t.id, t.ticket_no, t.status AS ticket_status, t.type, t.amount AS asked, t.committed,
           t.flags @> ARRAY['second_person']::varchar[] AS asks_second,
           q.kind AS asked_kind, q.amount AS asked_amount, q.committed_before,
           r.id AS refund, r.status, coalesce(r.amount, 0) AS amount, r.ever_sent,
           t.order_id IS NOT NULL AS order_arrived,
           r.order_id IS DISTINCT FROM t.order_id OR r.shop_id IS DISTINCT FROM t.shop_id AS astray,
           coalesce(a.alive, 0) AS alive, coalesce(a.paid, 0) AS paid,
           coalesce(a.paid_amount, 0) AS paid_amount, coalesce(a.late_amount, 0) AS late_amount,
           coalesce(a.attempts, 0) AS attempts
      FROM aftersale_ticket t
      LEFT JOIN aftersale_refund r ON r.ticket_id = t.id
      LEFT JOIN aftersale_approvalrequest q ON q.ticket_id = t.id AND q.state = 'waiting'
      LEFT JOIN (SELECT refund_id, count(*) AS attempts,
                        count(*) FILTER (WHERE state IN ('leased', 'accepted', 'unknown')) AS alive,
                        count(*) FILTER (WHERE state = 'succeeded') AS paid,
                        sum(amount) FILTER (WHERE state = 'succeeded') AS paid_amount,
                        sum(amount) FILTER (WHERE state = 'paid_late') AS late_amount
                   FROM aftersale_refundattempt GROUP BY refund_id) a ON a.refund_id = r.id
"""

# Money that tickets and price differences take of an order and its lines.
_TAKEN = """
    SELECT order_id, line_no, committed AS taken FROM aftersale_ticket WHERE order_id IS NOT NULL
    UNION ALL SELECT order_id, line_no, held FROM aftersale_shoprequest WHERE held > 0
"""

# Description of a difference -> a query for (subject, detail); x is _REFUNDS, taken is
# _TAKEN.
_QUESTIONS = {
    "order.committed is not the sum of its tickets' and requests'": """
        SELECT o.order_no, o.committed || ', tickets and requests: ' || coalesce(sum(t.taken), 0)
          FROM aftersale_order o LEFT JOIN taken t ON t.order_id = o.id
         GROUP BY o.id HAVING o.committed <> coalesce(sum(t.taken), 0)""",
    "line.taken is not the sum of its tickets' and requests'": """
        SELECT o.order_no || ' ' || l.line_no,
               l.taken || ', tickets and requests: ' || coalesce(t.taken, 0)
          FROM aftersale_orderline l JOIN aftersale_order o ON o.id = l.order_id
          LEFT JOIN (SELECT order_id, line_no, sum(taken) AS taken FROM taken
                      WHERE line_no IS NOT NULL GROUP BY order_id, line_no) t
            ON t.order_id = l.order_id AND t.line_no = l.line_no
         WHERE l.taken <> coalesce(t.taken, 0)""",
    # Settled, its ticket has the money, or nobody.
    "a request of the shop's holds money although it is over": """
        SELECT q.key, q.held || ', ' || coalesce(s.state, 'no step') FROM aftersale_shoprequest q
          LEFT JOIN aftersale_platformstep s ON s.request_id = q.id
         WHERE q.held > 0 AND coalesce(s.state, '') NOT IN ('due', 'sending', 'unknown')""",
    "a ticket that was rejected is not marked so": """
        SELECT DISTINCT t.ticket_no, 'rejected_before'
          FROM aftersale_ticket t JOIN aftersale_ticketevent e ON e.ticket_id = t.id
         WHERE e.to_status = 'rejected' AND NOT t.rejected_before""",
    "order.over_refunded does not say what the figures say": """
        SELECT order_no, 'paid ' || paid_amount || ', gone ' || committed + refunded_amount
          FROM aftersale_order
         WHERE over_refunded <> (paid_amount < committed + refunded_amount)""",
    "more was refunded outside than the platform says was refunded": """
        SELECT order_no, refunded_amount || ', reported: ' || refunded_reported
          FROM aftersale_order WHERE refunded_amount > refunded_reported""",
    "a ticket without an order has taken money": """
        SELECT ticket_no, committed::text FROM aftersale_ticket
         WHERE order_id IS NULL AND committed <> 0""",
    "ticket.committed is not what its refund takes": """
        SELECT ticket_no, committed || ', refund: ' || amount + late_amount FROM x
         WHERE status IN ('requested', 'sending', 'unknown', 'succeeded')
           AND committed <> amount + late_amount""",
    # An approved return takes money before it has a refund, arbitration may interrupt one, and a
    # refund that the platform reports as under way has no row until it is done.
    "ticket.committed although nothing is under way": """
        SELECT ticket_no, committed || ', ' || ticket_status FROM x
         WHERE coalesce(status, '') NOT IN ('requested', 'sending', 'unknown', 'succeeded')
           AND committed <> late_amount AND NOT asks_second
           AND NOT (ticket_status IN ('awaiting_return', 'returning', 'arbitration', 'refunding')
                    AND type <> 'exchange')""",
    # Recording a payment holds nothing more: the refund has its money (SPEC G4).
    "what is held for a second person is not what was asked for": """
        SELECT ticket_no, coalesce(asked_kind, 'none') || ', held ' || committed
                          || ', asked ' || coalesce(asked_amount, 0) FROM x
         WHERE asks_second <> (asked_kind IS NOT NULL)
            OR (asked_kind NOT IN ('paid', 'was_paid') AND committed <> asked_amount)
            OR (asked_kind IN ('paid', 'was_paid') AND committed <> committed_before)""",
    "a step was confirmed by whoever asked for it, or by nobody": """
        SELECT t.ticket_no, q.kind FROM aftersale_approvalrequest q
          JOIN aftersale_ticket t ON t.id = q.ticket_id
         WHERE q.state = 'confirmed' AND q.settled_by_id IS NOT DISTINCT FROM q.requested_by_id""",
    "the refund's attempts do not fit its status": """
        SELECT ticket_no, status || ', alive ' || alive || ', paid ' || paid FROM x
         WHERE refund IS NOT NULL
           AND (alive <> (status IN ('sending', 'unknown'))::int
                OR paid <> (status = 'succeeded')::int
                OR (status = 'succeeded' AND paid_amount <> amount)
                OR (NOT ever_sent AND attempts > 0))""",
    # A platform's refund from before the order came in is written down when it comes.
    "ticket and refund do not fit together": """
        SELECT ticket_no, ticket_status || ', refund: ' || coalesce(status, 'none')
          FROM x
         WHERE (status = 'succeeded' AND ticket_status <> 'refunded')
            OR (status = 'requested' AND ticket_status <> 'refunding')
            OR (ticket_status = 'refunded' AND asked > 0 AND order_arrived
                AND status IS DISTINCT FROM 'succeeded')
            OR (ticket_status IN ('refund_failed', 'pending_review', 'negotiating', 'rejected')
                AND status IN ('requested', 'sending', 'unknown'))
            OR (refund IS NOT NULL AND astray)""",
    "the fund's balance is not the sum of its entries": """
        SELECT s.code || ' ' || f.kind, f.balance || ', entries: ' || coalesce(sum(e.amount), 0)
          FROM aftersale_fund f JOIN aftersale_shop s ON s.id = f.shop_id
          LEFT JOIN aftersale_fundentry e ON e.fund_id = f.id
         GROUP BY f.id, s.code HAVING f.balance <> coalesce(sum(e.amount), 0)""",
    "a running balance does not follow from the entries before it": """
        SELECT entry_no, balance_after || ', entries: ' || running
          FROM (SELECT entry_no, balance_after,
                       sum(amount) OVER (PARTITION BY fund_id ORDER BY id) AS running
                  FROM aftersale_fundentry) e
         WHERE balance_after <> running""",
    # An attempt that is under way or paid has debited its amount once, one that failed nothing.
    "what the attempt took of a fund does not fit its state": """
        SELECT a.key, a.state || ', ' || a.amount || ', entries: ' || coalesce(e.net, 0)
          FROM aftersale_refundattempt a
          LEFT JOIN (SELECT attempt_id, sum(amount) AS net FROM aftersale_fundentry
                      WHERE attempt_id IS NOT NULL AND kind <> 'commission'
                      GROUP BY attempt_id) e ON e.attempt_id = a.id
         WHERE (a.fund <> '' OR e.net IS NOT NULL)
           AND coalesce(e.net, 0) <> CASE a.state WHEN 'failed' THEN 0 ELSE -a.amount END""",
    "a refund through a window was paid from no fund": """
        SELECT t.ticket_no, a.state
          FROM aftersale_refundattempt a JOIN aftersale_refund r ON r.id = a.refund_id
          JOIN aftersale_ticket t ON t.id = r.ticket_id
         WHERE t.window_id IS NOT NULL AND a.fund = '' AND a.state <> 'failed'""",
    "the commission that came back is not what the wallet got": """
        SELECT t.ticket_no, coalesce(c.sum, 0) || ', wallet: ' || coalesce(e.sum, 0)
          FROM aftersale_refund r JOIN aftersale_ticket t ON t.id = r.ticket_id
          LEFT JOIN (SELECT refund_id, sum(amount) AS sum FROM aftersale_commissionreturn
                      GROUP BY refund_id) c ON c.refund_id = r.id
          LEFT JOIN (SELECT a.refund_id, sum(f.amount) AS sum
                       FROM aftersale_fundentry f
                       JOIN aftersale_refundattempt a ON a.id = f.attempt_id
                      WHERE f.kind = 'commission' GROUP BY a.refund_id) e ON e.refund_id = r.id
         WHERE coalesce(c.sum, 0) <> coalesce(e.sum, 0)""",
    # At most: which lines qualify is a setting, and what has come back under an earlier one stays.
    "more commission came back than its refunds are worth": """
        SELECT o.order_no, c.sum || ', at most: ' || floor(s.sum * r.sum / o.paid_amount)
          FROM (SELECT s.order_id, sum(c.amount) AS sum FROM aftersale_commissionreturn c
                  JOIN aftersale_commissionsplit s ON s.id = c.split_id GROUP BY s.order_id) c
          JOIN aftersale_order o ON o.id = c.order_id
          CROSS JOIN LATERAL (SELECT sum(amount) AS sum FROM aftersale_commissionsplit
                               WHERE order_id = o.id) s
          CROSS JOIN LATERAL (SELECT coalesce(sum(r.amount), 0) AS sum
                                FROM aftersale_refund r
                                JOIN aftersale_ticket t ON t.id = r.ticket_id
                               WHERE r.order_id = o.id AND r.status = 'succeeded'
                                 AND t.window_id IS NOT NULL) r
         WHERE c.sum * o.paid_amount > s.sum * r.sum OR c.sum > s.sum""",
    "more commission came back of a split than was paid out": """
        SELECT o.order_no, s.amount || ', back: ' || sum(c.amount)
          FROM aftersale_commissionsplit s JOIN aftersale_order o ON o.id = s.order_id
          JOIN aftersale_commissionreturn c ON c.split_id = s.id
         GROUP BY s.id, o.order_no HAVING sum(c.amount) > s.amount""",
}


def differences() -> Iterator[Difference]:
    """All differences, check by check."""
    with connection.cursor() as cursor:
        for what, query in _QUESTIONS.items():
            cursor.execute(f"WITH x AS ({_REFUNDS}), taken AS ({_TAKEN}) {query}")
            for subject, detail in cursor:
                yield Difference(subject, f"{what} ({detail})")
