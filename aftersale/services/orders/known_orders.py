"""Orders with their money, lines and tickets, as SPEC H1 needs them: one indexed query."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from aftersale.domain.held_goods import Claim, Line, OrderMoney, Stage
from aftersale.models import RefundStatus, TicketStatus, TicketType

_UNDER_WAY = {RefundStatus.REQUESTED, RefundStatus.SENDING, RefundStatus.UNKNOWN}
_RETURNS = {TicketStatus.AWAITING_RETURN, TicketStatus.RETURNING}
# Tickets in these statuses ask for nothing any more.
_OVER = {TicketStatus.REJECTED, TicketStatus.CANCELLED, TicketStatus.CLOSED}

_READ = """
    SELECT o.id, o.order_no, o.status, o.labels, o.paid_amount, o.refunded_amount,
        (SELECT coalesce(json_agg(json_build_array(l.line_no, l.quantity, l.paid_amount)
                    ORDER BY l.line_no), '[]')
           FROM aftersale_orderline l WHERE l.order_id = o.id),
        (SELECT coalesce(json_agg(json_build_array(t.ticket_no, t.line_no, t.type, t.status,
                    t.amount,
                    -- What is held for a second person has not left (SPEC G4).
                    CASE WHEN t.status = 'refund_failed'
                              AND t.flags @> ARRAY['second_person']::varchar[]
                         THEN 0 ELSE t.committed END,
                    r.status, r.amount,
                    EXISTS (SELECT FROM aftersale_shoprequest q
                             WHERE q.order_id = o.id AND q.ticket_no = t.ticket_no
                               AND q.kind = 'price_difference')) ORDER BY t.id), '[]')
           FROM aftersale_ticket t LEFT JOIN aftersale_refund r ON r.ticket_id = t.id
          WHERE t.order_id = o.id)
    FROM aftersale_order o
"""


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """`under_way`: tickets whose money is on its way; `done`: tickets whose money has left."""

    order_no: str
    status: str
    labels: list[str]
    money: OrderMoney
    under_way: frozenset[str]
    done: frozenset[str]


def of_orders(order_pks: Iterable[int]) -> dict[int, KnownOrder]:
    return _read(_READ + "WHERE o.id = ANY(%s)", [list(order_pks)])


def of_numbers(*, shop_id: int, order_nos: Iterable[str]) -> list[KnownOrder]:
    """Those that the shop has."""
    found = _read(
        _READ + "WHERE o.shop_id = %s AND o.order_no = ANY(%s)", [shop_id, list(order_nos)]
    )
    return list(found.values())


def _read(sql: str, params: list[Any]) -> dict[int, KnownOrder]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return {pk: _known(*row) for pk, *row in cursor.fetchall()}


def _known(
    order_no: str,
    status: str,
    labels: list[str],
    paid: int,
    outside: int,
    lines: list[list[Any]],
    tickets: list[list[Any]],
) -> KnownOrder:
    claims, under_way, done = [], set(), set()
    for ticket_no, line_no, type, ticket_status, amount, committed, *paid_back in tickets:
        refund, refunded, difference = paid_back
        if _is_done(ticket_status, refund, committed):
            done.add(ticket_no)
        elif refund in _UNDER_WAY or ticket_status == TicketStatus.REFUNDING:
            under_way.add(ticket_no)
        elif ticket_status in _OVER or type == TicketType.EXCHANGE:
            continue
        if ticket_no in done or ticket_no in under_way:
            stage = Stage.GIVEN
            # Exceeds the refund where the platform paid it twice.
            amount = max(committed, refunded or 0) or amount
        elif type == TicketType.REFUND_ONLY and ticket_status not in _RETURNS:
            stage = Stage.WAITS
        else:
            stage = Stage.RETURNS
            # An approved return counts with the agreed amount, which may be less than was asked
            # for.
            amount = committed or amount
        claims.append(Claim(ticket_no, line_no, amount, stage, difference))
    money = OrderMoney(paid, outside, [Line(*line) for line in lines], claims)
    return KnownOrder(order_no, status, labels, money, frozenset(under_way), frozenset(done))


def _is_done(status: str, refund: str | None, committed: int) -> bool:
    """Of a ticket that is over, only money that has left counts (a payment that came late)."""
    if refund == RefundStatus.SUCCEEDED or status == TicketStatus.REFUNDED:
        return True
    over = status in _OVER or status == TicketStatus.REFUND_FAILED
    return over and refund not in _UNDER_WAY and committed > 0
