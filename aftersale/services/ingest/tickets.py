"""Tickets come in: new ones, and newer versions of undecided and decided ones (SPEC O3 to O7).
docs/locking.md explains the order of the steps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from django.db import transaction

from aftersale.domain.multilingual import said as _
from aftersale.models import HANDS_OFF, Ticket, TicketEventKind, TicketFlag, TicketStatus
from aftersale.records.schemas import TicketRecord
from aftersale.services.refunds import second_person
from aftersale.services.shared import locks
from aftersale.services.shared.outcomes import CHANGED, NEW, Result, refused, unknown_shop
from aftersale.services.shared.sql_arrays import cursor, numbers, seconds, texts
from aftersale.services.shops.shops import KnownShop
from aftersale.services.tickets.lifecycle import FINAL
from aftersale.signals import tickets_waiting

from . import ticket_rows, windows
from .archived import waiting_in_vain, without_archived
from .batch import (
    REFUSALS,
    Incoming,
    Key,
    compare,
    exported_moment,
    refusal,
    stored_versions,
    write_all,
)
from .dated_ahead import latest_moment, refusal_of
from .erased_buyers import without_words
from .events import write_events
from .goods import OrderGoods
from .reports import (
    SETTLED_ELSEWHERE,
    apply_findings,
    apply_status,
    keep_off,
    note_differences,
    reported_status,
    settle_arrival,
)
from .ticket_changes import Asked, changes_in_words
from .ticket_rows import APPLIED_AT, Placed
from .ticket_same_second import write_same_second

S = TicketStatus
Cursor = psycopg.Cursor[tuple[Any, ...]]


def save_tickets(
    records: Sequence[TicketRecord],
    *,
    shops: Mapping[str, KnownShop],
    now: datetime,
    for_people: Collection[str] = (),
    platform_pays: Collection[str] = (),
    unknown_there: Collection[str] = (),
    exported_at: datetime | None = None,
    came_by: str = "",
) -> list[Result]:
    """Upserts tickets in the sequence given and answers for each; `shops` by code.

    `for_people`: the numbers of those that were open before the shop was connected; new ones among
    them that are yet to be decided wait for people. `platform_pays`: of those that the platform's
    own fast refund pays (SPEC F2). `unknown_there`: of those whose status or type is not known here
    (SPEC O4). All keep the automation off. `exported_at`: they come out of a back office's file of
    that moment (SPEC O11). `came_by`: how new ones came in, of CameBy.

    Opens transactions of its own: one for all that is new or undecided, and one for each ticket
    on whose status the platform reports something.
    """
    results: list[Result | None] = [None] * len(records)
    incoming = []
    latest = latest_moment()
    for position, record in enumerate(records):
        shop = shops.get(record.shop)
        if shop is None:
            results[position] = unknown_shop(record.shop)
        elif ahead := refusal_of(record.updated_at, latest):
            results[position] = ahead
        else:
            item = ticket_rows.incoming(position, record, shop)
            item.exported_at = seconds(exported_at)
            item.came_by = came_by
            item.flags = [
                *_flags(record, record.ticket_no in for_people, record.ticket_no in platform_pays),
                *[TicketFlag.MAY_BE_PAID] * _may_be_paid(record, shop),
                *[TicketFlag.UNKNOWN_THERE] * (record.ticket_no in unknown_there),
            ]
            incoming.append(item)
    write_all(incoming, results, lambda items: _write(items, now))
    return [result for result in results if result is not None]


def _flags(record: TicketRecord, for_people: bool, platform_pays: bool) -> Sequence[str]:
    undecided = reported_status(record) in (None, S.PENDING_REVIEW, S.NEGOTIATING)
    return [TicketFlag.BEFORE_CONNECTION] * (for_people and undecided) + [
        TicketFlag.PLATFORM_PAYS
    ] * platform_pays


def _may_be_paid(record: TicketRecord, shop: KnownShop) -> bool:
    until = shop.in_doubt_until
    over = reported_status(record) in FINAL
    return until is not None and record.applied_at < until and not over


class _KnownOrder(NamedTuple):
    pk: int
    buyer: str
    goods: OrderGoods
    status: str
    completed_at: float | None
    in_doubt: bool

    def completed_before(self, item: Incoming) -> bool:
        return windows.filed_after_completion(self.status, self.completed_at, item.row[APPLIED_AT])


def _write(items: Sequence[Incoming], now: datetime) -> dict[int, Result]:
    results: dict[int, Result] = {}
    with transaction.atomic():
        reports = _write_batch(cursor(), items, results, now)
    for item in reports:
        try:
            with transaction.atomic():
                results[item.position] = _write_report(cursor(), item, now)
        except Ticket.DoesNotExist:
            continue  # archived just now: it comes again, and is recognised
        except REFUSALS as error:
            results[item.position] = refusal(error)
    return results


def _write_batch(
    cur: Cursor, items: Sequence[Incoming], results: dict[int, Result], now: datetime
) -> list[Incoming]:
    """Writes a batch; returns the versions that must go one by one."""
    stored = stored_versions(cur, Ticket._meta.db_table, "ticket_no", items)
    new, changed = [], {}
    for item in items:
        version = stored.get(item.key)
        if version is None:
            new.append(item)
        elif result := compare(item, version[1], version[2]):
            results[item.position] = result
        else:
            changed[version[0]] = item
    new = without_archived(cur, "ticket", new, results) if new else []
    if not new and not changed:
        return []
    orders = _lock_orders(cur, [*new, *changed.values()], changed)
    waiting: set[int] = set()
    reports = _change(cur, changed, orders, results, waiting, now) if changed else []
    if new:
        _insert(cur, new, orders, results, waiting, now)
    if waiting:
        tickets_waiting.send(Ticket, shop_ids=waiting)
    return reports


def _lock_orders(
    cur: Cursor, items: Sequence[Incoming], tickets: Iterable[int]
) -> dict[Key, _KnownOrder]:
    """Locks the orders that the versions name, and those that stored tickets belong to; takes the
    words of erased buyers out of the versions.

    Even a ticket that is merely inserted locks its order: a change of the order must find it.
    """
    keys = {(item.key[0], item.row[0]): item.shop for item in items}
    found = _find_orders(cur, keys)
    missing = {key[0] for key in keys if key not in found}
    if missing:
        locks.lock_arrivals(missing, shared=False)
        found = _find_orders(cur, keys)
    pks = set(found.values())
    pk_list = numbers(tickets)
    if pk_list != "{}":
        cur.execute(
            """SELECT order_id FROM aftersale_ticket
                WHERE id = ANY(%s::bigint[]) AND order_id IS NOT NULL""",
            (pk_list,),
        )
        pks.update(row[0] for row in cur)
    if not pks:
        return {}
    pk_list = numbers(pks)
    cur.execute(
        """SELECT id, shop_id, order_no, buyer, status, date_part('epoch', completed_at), in_doubt
             FROM aftersale_order
            WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE""",
        (pk_list,),
    )
    orders = {
        row[0]: ((row[1], row[2]), _KnownOrder(row[0], row[3], OrderGoods(), *row[4:]))
        for row in cur
    }
    # A statement of its own: its snapshot is younger than the locks.
    cur.execute(
        """SELECT order_id, line_no, product, category, paid_amount FROM aftersale_orderline
            WHERE order_id = ANY(%s::bigint[])""",
        (pk_list,),
    )
    for order_pk, line_no, *line in cur:
        orders[order_pk][1].goods.lines[line_no] = tuple(line)
    known = dict(orders.values())
    without_words(items, {key: order.buyer for key, order in known.items()})
    return known


def _find_orders(cur: Cursor, keys: Iterable[Key]) -> dict[Key, int]:
    keys = list(keys)
    cur.execute(
        """SELECT o.shop_id, o.order_no, o.id
             FROM unnest(%s::bigint[], %s::text[]) AS k(shop_id, order_no)
             JOIN aftersale_order o ON o.shop_id = k.shop_id AND o.order_no = k.order_no""",
        (numbers(key[0] for key in keys), texts(key[1] for key in keys)),
    )
    return {(row[0], row[1]): row[2] for row in cur}


def _place(item: Incoming, orders: Mapping[Key, _KnownOrder]) -> Placed | Result:
    """The order's data that a ticket needs; raises if the order lacks the line."""
    order = orders.get((item.key[0], item.row[0]))
    if order is None:
        return Placed(item, None, "", None)
    goods = order.goods.for_line(item.row[1])
    if goods is None:
        lines = ", ".join(str(line_no) for line_no in sorted(order.goods.lines)[:20])
        return refused(
            "line_no",
            _("expected a line of order %(order)s (%(lines)s), not %(line)s")
            % {"order": item.row[0], "lines": lines, "line": item.row[1]},
        )
    return Placed(item, order.pk, order.buyer, goods, in_doubt=order.in_doubt)


def _filed_after_completion(item: Incoming, orders: Mapping[Key, _KnownOrder]) -> bool:
    order = orders.get((item.key[0], item.row[0]))
    return order is not None and order.completed_before(item)


def _insert(
    cur: Cursor,
    items: Sequence[Incoming],
    orders: Mapping[Key, _KnownOrder],
    results: dict[int, Result],
    waiting: set[int],
    now: datetime,
) -> None:
    tickets = []
    for item in items:
        placed = _place(item, orders)
        if isinstance(placed, Result):
            results[item.position] = placed
            continue
        if placed.in_doubt and reported_status(item.record) not in FINAL:
            item.flags = [*item.flags, TicketFlag.ORDER_IN_DOUBT]
        tickets.append(placed)
    if not tickets:
        return
    pks = ticket_rows.insert(cur, tickets, now)
    windows.place(
        cur,
        [
            (pks[placed.item.key], True)
            for placed in tickets
            if placed.item.key in pks and _filed_after_completion(placed.item, orders)
        ],
        now,
    )
    flagged = [t.item for t in tickets if t.item.flags and t.item.key in pks]
    events: list[tuple[int, str, str]] = [
        (pks[item.key], TicketEventKind.FLAG, _(TicketFlag(flag).label))
        for item in flagged
        for flag in item.flags
    ]
    events += waiting_in_vain(cur, [t.item for t in tickets if t.order_pk is None], pks)
    write_events(cur, events, now)
    for placed in tickets:
        item = placed.item
        pk = pks.get(item.key)
        if pk is None:
            continue
        results[item.position] = NEW
        if placed.order_pk is None:
            continue
        status = reported_status(item.record)
        if status in (None, TicketStatus.PENDING_REVIEW):
            if not set(HANDS_OFF) & set(item.flags):
                waiting.add(item.key[0])
        elif status in SETTLED_ELSEWHERE:
            settle_arrival(
                locks.lock_order(placed.order_pk),
                locks.lock_ticket(pk),
                result=item.record.refund_result,
                now=now,
            )


_LOCK_TICKETS = """
    SELECT id, date_part('epoch', updated_at), encode(digest, 'hex'), status, due_at,
           status IN ('pending_review', 'negotiating') AND scenarios_hit = 0
             AND (committed = 0 OR flags @> ARRAY['second_person']::varchar[]),
           window_id IS NOT NULL OR flags @> ARRAY['no_window']::varchar[], flags,
           type, amount, reason, note, evidence
      FROM aftersale_ticket WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""


def _change(
    cur: Cursor,
    changed: Mapping[int, Incoming],
    orders: Mapping[Key, _KnownOrder],
    results: dict[int, Result],
    waiting: set[int],
    now: datetime,
) -> list[Incoming]:
    """Undecided tickets take over everything and wait again; the others are returned."""
    cur.execute(_LOCK_TICKETS, (numbers(changed),))
    updates, reports, places = [], [], []
    events: list[tuple[int, str, str]] = []
    for row in cur.fetchall():
        pk, updated_at, stored_digest, status, due_at, undecided, has_place, flags, *asked = row
        item = changed[pk]
        if result := compare(item, updated_at, stored_digest):
            results[item.position] = result
        elif (
            not undecided
            or item.updated_at == updated_at
            or reported_status(item.record) not in (None, status)
            or _hands_off(item, flags)
            or TicketFlag.SECOND_PERSON in flags
        ):
            reports.append(item)
        else:
            placed = _place(item, orders)
            if isinstance(placed, Result):
                results[item.position] = placed
                continue
            updates.append((pk, placed, status, due_at))
            events += _events_of(pk, Asked(*asked), item.record)
            after = _filed_after_completion(item, orders)
            if after or has_place:
                places.append((pk, after))
            results[item.position] = CHANGED
            if placed.order_pk is not None and status == TicketStatus.PENDING_REVIEW:
                waiting.add(item.key[0])
    if updates:
        ticket_rows.update(cur, updates)
        windows.place(cur, places, now)
        write_events(cur, events, now)
    return reports


def _ask_again(pk: int, before: Asked, record: TicketRecord, now: datetime) -> None:
    """A second person is asked for nothing on a ticket that asks for something else now (G4)."""
    ticket = locks.lock_ticket(pk)
    if ticket.order_id is not None and changes_in_words(before, record):
        # The history has old and new, where erasing a buyer finds them.
        why = _("the buyer asks for something else now.")
        second_person.fall(locks.lock_order(ticket.order_id), ticket, why=why, now=now)


def _events_of(pk: int, before: Asked, record: TicketRecord) -> list[tuple[int, str, str]]:
    """The event that keeps what an undecided ticket asked for before and asks for now (SPEC O7)."""
    note = changes_in_words(before, record)
    return [(pk, TicketEventKind.REPORTED, note)] if note else []


def _hands_off(item: Incoming, flags: Sequence[str]) -> list[TicketFlag]:
    """Flags that keep the automation off from now on, whatever the ticket was before."""
    told = (TicketFlag.PLATFORM_PAYS, TicketFlag.UNKNOWN_THERE)
    return [flag for flag in told if flag in item.flags and flag not in flags]


def _filed_again(
    cur: Cursor,
    ticket: Ticket,
    item: Incoming,
    status: str,
    orders: Mapping[Key, _KnownOrder],
    now: datetime,
) -> None:
    """Gives a rejected ticket that the buyer filed anew, after completion, its window or flag."""
    again = status == TicketStatus.REJECTED and ticket.status == TicketStatus.PENDING_REVIEW
    if (
        again
        and item.record.applied_at > ticket.applied_at
        and _filed_after_completion(item, orders)
    ):
        ticket.applied_at = item.record.applied_at
        ticket.save(update_fields=["applied_at"])
        windows.place(cur, [(ticket.pk, True)], now)


def _write_report(cur: Cursor, item: Incoming, now: datetime) -> Result:
    """A newer version of one ticket that is decided, or whose status it changes."""
    pk = Ticket.objects.values_list("pk", flat=True).get(shop=item.key[0], ticket_no=item.key[1])
    orders = _lock_orders(cur, [item], [pk])
    cur.execute(_LOCK_TICKETS, (numbers([pk]),))
    row = cur.fetchone()
    if row is None:
        raise Ticket.DoesNotExist
    _pk, updated_at, stored_digest, status, due_at, undecided, has_place, flags, *asked = row
    if result := compare(item, updated_at, stored_digest):
        return result
    placed = _place(item, orders) if undecided else None
    if isinstance(placed, Result):
        return placed
    if undecided and TicketFlag.SECOND_PERSON in flags:
        _ask_again(pk, Asked(*asked), item.record, now)
    ticket = Ticket.objects.select_related("shop", "order").get(pk=pk)
    for flag in _hands_off(item, flags):
        keep_off(ticket, flag, now)
    if item.updated_at == updated_at:
        result = write_same_second(ticket, item.record, undecided=undecided, now=now)
        if ticket.awaiting_evaluation:
            tickets_waiting.send(Ticket, shop_ids={ticket.shop_id})
        return result
    apply_findings(ticket, item.record, now)
    if placed is not None:
        ticket_rows.update(cur, [(pk, placed, status, due_at)])
        write_events(cur, _events_of(pk, Asked(*asked), item.record), now)
        after = _filed_after_completion(item, orders)
        if after or has_place:
            windows.place(cur, [(pk, after)], now)
        ticket.refresh_from_db()
    else:
        note_differences(ticket, item.record, now)
    ticket.updated_at = item.record.updated_at
    ticket.digest = bytes.fromhex(item.digest)
    ticket.exported_at = exported_moment(item)
    ticket.save(update_fields=["updated_at", "digest", "exported_at"])
    apply_status(ticket.order, ticket, item.record, now)
    _filed_again(cur, ticket, item, status, orders, now)
    if ticket.awaiting_evaluation:
        tickets_waiting.send(Ticket, shop_ids={ticket.shop_id})
    return CHANGED
