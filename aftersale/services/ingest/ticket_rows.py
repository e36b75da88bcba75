"""The statements that write tickets by the batch."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import psycopg

from aftersale.domain import deadlines
from aftersale.models import HANDS_OFF, Actor, TicketStatus
from aftersale.records.schemas import TicketRecord
from aftersale.services.shared.sql_arrays import flags, numbers, seconds, texts
from aftersale.services.shops.shops import KnownShop
from config import acting

from .batch import Incoming, Key, digest
from .goods import NO_GOODS, Goods
from .reports import reported_status

# The columns that a record gives, in the order of `Incoming.row`: name, array type, SQL.
_TIME = "to_timestamp(k.{0})"
_COLUMNS = [
    ("order_no", "text", "k.{0}"),
    ("line_no", "int", "k.{0}"),
    ("type", "text", "k.{0}"),
    ("reason", "text", "k.{0}"),
    ("amount", "bigint", "k.{0}"),
    ("applied_at", "float8", _TIME),
    ("updated_at", "float8", _TIME),
    ("note", "text", "k.{0}"),
    ("evidence", "text", "k.{0}::text[]"),
    ("return_carrier", "text", "k.{0}"),
    ("return_tracking_no", "text", "k.{0}"),
    ("return_shipped_at", "float8", _TIME),
    ("arbitration_result", "text", "k.{0}"),
    ("labels", "text", "k.{0}::text[]"),
    ("digest", "text", "decode(k.{0}, 'hex')"),
]
# The columns' places in `Incoming.row`.
_PLACES = [name for name, _type, _sql in _COLUMNS]
APPLIED_AT = _PLACES.index("applied_at")
# Columns from the order and from the state of the ticket.
_MORE = [
    ("order_id", "bigint", "k.{0}"),
    ("buyer", "text", "k.{0}"),
    ("products", "text", "k.{0}::text[]"),
    ("categories", "text", "k.{0}::text[]"),
    ("due_at", "float8", _TIME),
    ("awaiting_evaluation", "boolean", "k.{0}"),
]
_LAST = [("exported_at", "float8", _TIME)]
_NEW = [
    ("status", "text", "k.{0}"),
    ("status_at", "float8", _TIME),
    ("flags", "text", "k.{0}::text[]"),
    ("came_by", "text", "k.{0}"),
]
_HANDS_OFF = "ARRAY[" + ", ".join(f"'{flag.value}'" for flag in HANDS_OFF) + "]::varchar[]"

Columns = list[tuple[str, str, str]]


def _names(columns: Columns) -> str:
    return ", ".join(name for name, _type, _sql in columns)


def _arrays(columns: Columns) -> str:
    return ", ".join(f"%s::{type}[]" for _name, type, _sql in columns)


def _values(columns: Columns) -> str:
    return ", ".join(sql.format(name) for name, _type, sql in columns)


_ALL = _COLUMNS + _MORE
_INSERTED = _ALL + _NEW + _LAST
_UPDATED = [column for column in _ALL if column[0] != "awaiting_evaluation"] + _LAST

_INSERT = f"""
    WITH inserted AS (
      INSERT INTO aftersale_ticket
        (shop_id, ticket_no, requested_type, committed, scenarios_hit, rejected_before,
         {_names(_INSERTED)})
      SELECT k.shop_id, k.ticket_no, k.type, 0, 0, k.status = '{TicketStatus.REJECTED.value}',
             {_values(_INSERTED)}
        FROM unnest(%s::bigint[], %s::text[], {_arrays(_INSERTED)})
          AS k(shop_id, ticket_no, {_names(_INSERTED)})
      ON CONFLICT (shop_id, ticket_no) DO NOTHING
      RETURNING id, shop_id, ticket_no, status
    ), arrived AS (
      INSERT INTO aftersale_ticketevent
        (ticket_id, at, token_id, request_id, kind, actor, from_status, to_status, note)
      SELECT id, %s, %s::bigint, %s, 'arrived', '{Actor.PLATFORM.value}', '', status, ''
        FROM inserted
    )
    SELECT shop_id, ticket_no, id FROM inserted
"""  # noqa: S608 - the names are this module's own

# A newer version that is taken whole leaves no difference open.
_FLAGS = """array_remove(array_remove(array_remove(t.flags, 'line_missing'), 'differs'),
                       'order_in_doubt')
           || CASE WHEN k.in_doubt THEN ARRAY['order_in_doubt'] ELSE '{}' END::varchar[]"""
_UPDATE = f"""
    UPDATE aftersale_ticket t
       SET requested_type = k.type, flags = {_FLAGS},
           ({_names(_UPDATED)}) = ROW ({_values(_UPDATED)}),
           awaiting_evaluation = k.awaiting_evaluation AND NOT ({_FLAGS}) && {_HANDS_OFF}
      FROM unnest(%s::bigint[], {_arrays(_ALL)}, %s::boolean[], {_arrays(_LAST)})
             AS k(id, {_names(_ALL)}, in_doubt, {_names(_LAST)})
     WHERE t.id = k.id
"""  # noqa: S608


class Placed:
    """A version with what its order says about it."""

    __slots__ = ("buyer", "goods", "in_doubt", "item", "order_pk")

    def __init__(
        self,
        item: Incoming,
        order_pk: int | None,
        buyer: str,
        goods: Goods | None,
        *,
        in_doubt: bool = False,
    ) -> None:
        self.item = item
        self.order_pk = order_pk
        self.buyer = buyer
        self.goods = goods or NO_GOODS
        self.in_doubt = in_doubt


def incoming(position: int, record: TicketRecord, shop: KnownShop) -> Incoming:
    shipment = record.return_shipment
    row = (
        record.order_no,
        record.line_no,
        record.type,
        record.reason,
        record.amount,
        seconds(record.applied_at),
        seconds(record.updated_at),
        record.note,
        texts(record.evidence),
        shipment.carrier if shipment else "",
        shipment.tracking_no if shipment else "",
        seconds(shipment.shipped_at) if shipment else None,
        record.arbitration_result or "",
        texts(record.labels),
    )
    return Incoming(
        position,
        (shop.id, record.ticket_no),
        shop,
        record.updated_at.timestamp(),
        row,
        digest(row, _reported(record)),
        record,
    )


def leave_out_words(item: Incoming) -> None:
    """The version without the buyer's note and pictures."""
    row = list(item.row)
    row[_PLACES.index("note")], row[_PLACES.index("evidence")] = "", texts([])
    item.row = tuple(row)
    item.record = item.record.model_copy(update={"note": "", "evidence": []})
    item.digest = digest(item.row, _reported(item.record))


def _reported(record: TicketRecord) -> tuple[Any, ...]:
    result = record.refund_result
    return (
        record.status,
        seconds(record.due_at),
        (result.status, seconds(result.at), result.reason) if result else None,
    )


def insert(
    cur: psycopg.Cursor[tuple[Any, ...]], tickets: Sequence[Placed], now: datetime
) -> dict[Key, int]:
    """Inserts tickets with their events; leaves out those that another process inserted first."""
    statuses = [reported_status(t.item.record) or TicketStatus.PENDING_REVIEW for t in tickets]
    since = [_since(t.item.record) for t in tickets]
    cur.execute(
        _INSERT,
        (
            numbers(t.item.key[0] for t in tickets),
            texts(t.item.key[1] for t in tickets),
            *_record_arrays(tickets),
            *_placed_arrays(tickets),
            numbers(
                seconds(_due(t, s, at)) for t, s, at in zip(tickets, statuses, since, strict=True)
            ),
            flags(
                t.order_pk is not None
                and status == TicketStatus.PENDING_REVIEW
                and not set(HANDS_OFF) & set(t.item.flags)
                for t, status in zip(tickets, statuses, strict=True)
            ),
            texts(statuses),
            numbers(seconds(at) for at in since),
            texts(texts(t.item.flags) for t in tickets),
            texts(t.item.came_by for t in tickets),
            numbers(t.item.exported_at for t in tickets),
            now,
            acting.token(),
            acting.request_id(),
        ),
        prepare=True,
    )
    return {(row[0], row[1]): row[2] for row in cur}


def update(
    cur: psycopg.Cursor[tuple[Any, ...]],
    tickets: Sequence[tuple[int, Placed, str, datetime | None]],
) -> None:
    """Updates undecided tickets as a whole; they wait for evaluation again unless something keeps
    automation off. Returns (id, version, status, due at as stored)."""
    placed = [t for _pk, t, _status, _due_at in tickets]
    cur.execute(
        _UPDATE,
        (
            numbers(pk for pk, _t, _status, _due_at in tickets),
            *_record_arrays(placed),
            *_placed_arrays(placed),
            # A platform's deadline belongs to its status; without one the stored deadline stays.
            numbers(
                seconds(
                    t.item.record.due_at
                    if t.item.record.due_at is not None
                    and (t.item.record.status or TicketStatus.PENDING_REVIEW) == status
                    else due_at
                )
                for _pk, t, status, due_at in tickets
            ),
            flags(
                t.order_pk is not None and status == TicketStatus.PENDING_REVIEW
                for _pk, t, status, _due_at in tickets
            ),
            flags(t.in_doubt for _pk, t, _status, _due_at in tickets),
            numbers(t.item.exported_at for _pk, t, _status, _due_at in tickets),
        ),
    )


def _record_arrays(tickets: Sequence[Placed]) -> list[str]:
    columns = zip(*[t.item.row for t in tickets], strict=True)
    arrays = [
        texts(column) if type == "text" else numbers(column)
        for (_name, type, _sql), column in zip(_COLUMNS, columns, strict=False)
    ]
    return [*arrays, texts(t.item.digest for t in tickets)]


def _placed_arrays(tickets: Iterable[Placed]) -> list[str]:
    return [
        numbers(t.order_pk for t in tickets),
        texts(t.buyer for t in tickets),
        texts(t.goods.products for t in tickets),
        texts(t.goods.categories for t in tickets),
    ]


def _since(record: TicketRecord) -> datetime:
    """Since when a ticket that arrives is in its status, by the platform's word."""
    if reported_status(record) in (None, TicketStatus.PENDING_REVIEW):
        return min(record.applied_at, record.updated_at)
    result = record.refund_result
    return (result and result.at) or record.updated_at


def _due(ticket: Placed, status: str, since: datetime) -> datetime | None:
    record = ticket.item.record
    if record.due_at is not None:
        return record.due_at
    if ticket.item.exported_at is not None and status != TicketStatus.PENDING_REVIEW:
        # A file does not say since when it is in its status (SPEC O11).
        return None
    return deadlines.due_at(
        platform=ticket.item.shop.platform, type=record.type, status=status, since=since
    )
