"""Consequences of a new or changed order for its tickets (SPEC O6, E1, H1, H2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COMMA
from aftersale.models import HANDS_OFF, TicketEventKind, TicketFlag, TicketStatus
from aftersale.services.refunds import second_person
from aftersale.services.shared import locks
from aftersale.services.shared.sql_arrays import flags, numbers, texts
from aftersale.services.tickets.lifecycle import FINAL

from . import windows
from .batch import Key
from .erased_buyers import forget_words
from .events import write_events
from .goods import NO_GOODS, OrderGoods
from .reports import SETTLED_ELSEWHERE, settle_arrival
from .shipments import Shipment, raise_alerts

# An order's lines as read.
LINE = ("line_no", "product", "category", "title", "quantity", "paid_amount", "virtual")


@dataclass(slots=True)
class ArrivedOrder:
    """An order that this transaction has inserted or changed, its row locked."""

    pk: int
    key: Key
    buyer: str
    # In the order of LINE.
    lines: Sequence[tuple[Any, ...]]
    new: bool
    status: str
    completed_at: float | None
    # Why its facts are in doubt, in words; None: unchanged.
    doubts: Sequence[str] | None = None
    shipment: Shipment | None = None
    # The lines of a parcel reported by itself; empty: all lines of the order.
    parcel: Sequence[int] = ()
    goods: OrderGoods = field(init=False)

    def read_goods(self) -> OrderGoods:
        self.goods = OrderGoods.of((line[0], line[1], line[2], line[5]) for line in self.lines)
        return self.goods


def refresh(
    cur: psycopg.Cursor[tuple[Any, ...]], orders: Sequence[ArrivedOrder], now: datetime
) -> set[int]:
    """Links tickets that waited for their order, and has the tickets under review looked at again.

    Returns the shops whose tickets now wait for the automation.
    """
    by_key = {order.key: order for order in orders}
    by_pk = {order.pk: order for order in orders if not order.new}
    rows = _lock(cur, by_key, by_pk)
    if not rows:
        return set()
    waiting: set[int] = set()
    updates, linked, asked = [], [], []
    events: list[tuple[int, str, str]] = []
    places = []
    for row in rows:
        pk, order_pk, shop_pk, order_no, line_no, status, undecided, raised, buyer, has = row[:10]
        order = by_pk.get(order_pk) if order_pk else by_key.get((shop_pk, order_no))
        if order is None:
            # The ticket was moved to another order while this one arrived.
            continue
        if TicketFlag.SECOND_PERSON in raised:
            asked.append((pk, order.pk))
        if order_pk is None:
            linked.append((pk, order))
            events.append((pk, TicketEventKind.REPORTED, _("The order arrived.")))
        goods = order.read_goods().for_line(line_no)
        if order_pk is None or undecided:
            buyer, has = order.buyer, goods or NO_GOODS
            after = windows.filed_after_completion(order.status, order.completed_at, row[10])
            if after or row[11]:
                places.append((pk, after))
        if goods is not None:
            raised = [flag for flag in raised if flag != TicketFlag.LINE_MISSING]
        elif TicketFlag.LINE_MISSING not in raised:
            raised = [*raised, TicketFlag.LINE_MISSING]
            events.append((pk, TicketEventKind.FLAG, _line_missing(line_no)))
        if status not in FINAL:
            raised = _in_doubt(raised, order, pk, events)
        awaiting_evaluation = status == TicketStatus.PENDING_REVIEW and not set(raised) & set(
            HANDS_OFF
        )
        if awaiting_evaluation:
            waiting.add(shop_pk)
        updates.append((pk, order.pk, buyer, has[0], has[1], texts(raised), awaiting_evaluation))
    _update(cur, updates)
    forget_words((pk, order.key, order.buyer) for pk, order in linked)
    windows.place(cur, places, now)
    shipments = [(order.pk, order.shipment, order.parcel) for order in orders if order.shipment]
    events += raise_alerts(cur, shipments, now)
    write_events(cur, events, now)
    for pk, order_pk in asked:
        second_person.look_again(locks.lock_order(order_pk), locks.lock_ticket(pk), now=now)
    _settle(linked, rows, now)
    return waiting


def _in_doubt(
    raised: list[str], order: ArrivedOrder, pk: int, events: list[tuple[int, str, str]]
) -> list[str]:
    """The flags of an open ticket after a version of its order, in doubt or not."""
    flag = TicketFlag.ORDER_IN_DOUBT.value
    if order.doubts is None or (order.doubts and flag in raised):
        return raised
    if order.doubts:
        note = _("In doubt of its order: %s. The ticket is for people.")
        events.append((pk, TicketEventKind.FLAG, note % joined(COMMA, order.doubts)))
        return [*raised, flag]
    return [kept for kept in raised if kept != flag]


def _line_missing(line_no: int) -> str:
    return _("The order has no line %(line)s.") % {"line": line_no}


def _lock(
    cur: psycopg.Cursor[tuple[Any, ...]],
    arrived: dict[Key, ArrivedOrder],
    changed: dict[int, ArrivedOrder],
) -> list[tuple[Any, ...]]:
    pks: list[int] = []
    if arrived:
        cur.execute(
            """
            SELECT t.id FROM unnest(%s::bigint[], %s::text[]) AS k(shop_id, order_no)
              JOIN aftersale_ticket t
                ON t.shop_id = k.shop_id AND t.order_no = k.order_no AND t.order_id IS NULL
            """,
            (numbers(key[0] for key in arrived), texts(key[1] for key in arrived)),
        )
        pks += [row[0] for row in cur]
    if changed:
        cur.execute(
            "SELECT id FROM aftersale_ticket WHERE order_id = ANY(%s::bigint[])",
            (numbers(changed),),
        )
        pks += [row[0] for row in cur]
    if not pks:
        return []
    cur.execute(
        """
        SELECT id, order_id, shop_id, order_no, line_no, status,
               status IN ('pending_review', 'negotiating') AND scenarios_hit = 0
                 AND (committed = 0 OR flags @> ARRAY['second_person']::varchar[]),
               flags, buyer, ARRAY[products::text, categories::text],
               date_part('epoch', applied_at),
               window_id IS NOT NULL OR flags @> ARRAY['no_window']::varchar[]
          FROM aftersale_ticket WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
        """,
        (numbers(pks),),
    )
    return cur.fetchall()


def _update(cur: psycopg.Cursor[tuple[Any, ...]], updates: Sequence[tuple[Any, ...]]) -> None:
    if not updates:
        return
    pks, order_pks, buyers, products, categories, raised, awaiting_evaluation = zip(
        *updates, strict=True
    )
    cur.execute(
        """
        UPDATE aftersale_ticket t
           SET order_id = k.order_id, buyer = k.buyer, products = k.products::text[],
               categories = k.categories::text[], flags = k.flags::text[],
               awaiting_evaluation = k.awaiting_evaluation
          FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
                      %s::boolean[]) 
                   AS k(id, order_id, buyer, products, categories, flags, awaiting_evaluation)
         WHERE t.id = k.id
        """,
        (
            numbers(pks),
            numbers(order_pks),
            texts(buyers),
            texts(products),
            texts(categories),
            texts(raised),
            flags(awaiting_evaluation),
        ),
    )


def _settle(
    linked: Sequence[tuple[int, ArrivedOrder]], rows: Sequence[tuple[Any, ...]], now: datetime
) -> None:
    """Tickets whose money the platform had settled before their order came."""
    statuses = {row[0]: row[5] for row in rows}
    # Shop by shop: an imposed refund or one through a window locks its shop's funds.
    for pk, order in sorted(linked, key=lambda link: (link[1].key[0], link[0])):
        if statuses[pk] in SETTLED_ELSEWHERE:
            ticket = locks.lock_ticket(pk)
            settle_arrival(locks.lock_order(order.pk), ticket, now=now)
