"""Money of an order that was refunded outside Afterdesk, besides one of its tickets (SPEC O2)."""

from django.db import connection


def elsewhere_sql(own: str) -> str:
    """SQL for the fen refunded of an order `o` outside Afterdesk: beside its tickets, and on them
    by the platform's own refunds; the ticket with the key `own` is left out. A ticket in
    `refunding` without a payment of ours is paid there. What a request of the shop's own has paid
    was decided here.
    """
    return f"""
        o.refunded_amount + (
            SELECT coalesce(sum(CASE p.status WHEN 'succeeded' THEN p.amount
                                              ELSE s.committed END), 0)
              FROM aftersale_ticket s LEFT JOIN aftersale_refund p ON p.ticket_id = s.id
             WHERE s.order_id = o.id AND s.id <> {own} AND NOT EXISTS (
                   SELECT FROM aftersale_shoprequest q
                    WHERE q.order_id = o.id AND q.ticket_no = s.ticket_no) AND (
                   (p.source = 'platform' AND p.status = 'succeeded')
                OR (s.status = 'refunding'
                    AND coalesce(p.status, 'failed') IN ('failed', 'taken_back'))
             ))::bigint
    """  # noqa: S608 - the callers' own texts


def refunded_elsewhere(*, order_pk: int, own: int) -> int:
    """The figure as it is known now, for the ticket `own`; the order is locked."""
    with connection.cursor() as cursor:
        sql = f"SELECT {elsewhere_sql('%s')} FROM aftersale_order o WHERE o.id = %s"  # noqa: S608
        cursor.execute(sql, [own, order_pk])
        return int(cursor.fetchone()[0])
