"""Orders come in: new ones, newer versions, and the consequences of both for their tickets (SPEC
O1, O2, O6). docs/locking.md explains the order of the steps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
from django.db import transaction

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import Order
from aftersale.records.schemas import OrderRecord
from aftersale.services.orders import own_refunds
from aftersale.services.orders.shipping import Reported, Word, keep_platforms, reported_of
from aftersale.services.shared import locks
from aftersale.services.shared.outcomes import CHANGED, NEW, Result, unknown_shop
from aftersale.services.shared.sql_arrays import cursor, flags, numbers, seconds, texts
from aftersale.services.shops.shops import KnownShop
from aftersale.signals import tickets_waiting

from .archived import without_archived
from .batch import Incoming, Key, compare, digest, same_second, stored_versions, write_all
from .dated_ahead import latest_moment, refusal_of
from .erased_buyers import with_stand_ins
from .order_lines import looks_of, write_lines
from .order_same_second import Merged, StoredOrder, merge, read_stored
from .order_tickets import ArrivedOrder, refresh
from .shipments import shipment_reported


def save_orders(
    records: Sequence[OrderRecord],
    *,
    shops: Mapping[str, KnownShop],
    now: datetime,
    own_included: bool = False,
    exported_at: datetime | None = None,
) -> list[Result]:
    """Upserts orders in the sequence given and answers for each; `shops` by code.

    `own_included`: the records' refunded amount is the platform's figure, with Afterdesk's own
    refunds in it; they are taken out under the order's lock (SPEC O2). `exported_at`: they come
    out of a back office's file of that moment (SPEC O11).
    Opens transactions of its own, one for the whole list as a rule.
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
            item = _incoming(position, record, shop)
            item.exported_at = seconds(exported_at)
            if own_included:
                item.refunded_reported = record.refunded_amount
            incoming.append(item)
    write_all(incoming, results, lambda items: _write(items, now))
    return [result for result in results if result is not None]


def _incoming(position: int, record: OrderRecord, shop: KnownShop) -> Incoming:
    lines = [
        (
            line.line_no,
            line.product,
            line.category,
            line.title,
            line.quantity,
            line.paid_amount,
            line.virtual,
        )
        for line in record.lines
    ]
    lines.sort()
    looks = looks_of(record)
    splits = [(s.beneficiary, s.account, s.amount) for s in record.commission_splits]
    row = (
        record.type,
        record.status,
        record.buyer,
        seconds(record.created_at),
        seconds(record.paid_at),
        seconds(record.label_printed_at),
        seconds(record.shipped_at),
        seconds(record.delivered_at),
        seconds(record.completed_at),
        seconds(record.updated_at),
        record.paid_amount,
        record.refunded_amount,
        texts(sorted(set(record.labels))),
        any(line[6] for line in lines),
    )
    return Incoming(
        position,
        (shop.id, record.order_no),
        shop,
        record.updated_at.timestamp(),
        row,
        # Versions without them keep the hash that they had before there were any.
        digest(row, lines, splits, *[looks] * bool(looks)),
        record,
        lines,
        splits,
        looks=looks,
    )


# The columns of `row`, after the key: name, array type, SQL for the value.
_TIME = "to_timestamp(k.{0})"
_COLUMNS = [
    ("type", "text", "k.{0}"),
    ("status", "text", "k.{0}"),
    ("buyer", "text", "k.{0}"),
    ("created_at", "float8", _TIME),
    ("paid_at", "float8", _TIME),
    ("label_printed_at", "float8", _TIME),
    ("shipped_at", "float8", _TIME),
    ("delivered_at", "float8", _TIME),
    ("completed_at", "float8", _TIME),
    ("updated_at", "float8", _TIME),
    ("paid_amount", "bigint", "k.{0}"),
    ("refunded_amount", "bigint", "k.{0}"),
    ("labels", "text", "k.{0}::text[]"),
    ("has_virtual", "boolean", "k.{0}"),
    # These stand behind the row.
    ("refunded_reported", "bigint", "k.{0}"),
    ("digest", "text", "decode(k.{0}, 'hex')"),
    ("in_doubt", "boolean", "k.{0}"),
    ("exported_at", "float8", _TIME),
]
_NAMES = ", ".join(name for name, _type, _sql in _COLUMNS)
_ARRAYS = ", ".join(f"%s::{type}[]" for _name, type, _sql in _COLUMNS)
_VALUES = ", ".join(sql.format(name) for name, _type, sql in _COLUMNS)

_INSERT = f"""
    INSERT INTO aftersale_order (shop_id, order_no, committed, over_refunded, {_NAMES})
    SELECT k.shop_id, k.order_no, 0, k.refunded_amount > k.paid_amount, {_VALUES}
      FROM unnest(%s::bigint[], %s::text[], {_ARRAYS}) AS k(shop_id, order_no, {_NAMES})
    ON CONFLICT (shop_id, order_no) DO NOTHING
    RETURNING shop_id, order_no, id
"""  # noqa: S608 - the names are this module's own

_UPDATE = f"""
    UPDATE aftersale_order o
       SET ({_NAMES}) = ROW ({_VALUES}),
           over_refunded = k.refunded_amount + o.committed > k.paid_amount
      FROM unnest(%s::bigint[], {_ARRAYS}) AS k(id, {_NAMES})
     WHERE o.id = k.id
"""  # noqa: S608


def _arrays(items: Sequence[Incoming]) -> list[str]:
    """The values for `_ARRAYS`."""
    columns = list(zip(*[item.row for item in items], strict=True))
    arrays = []
    for (_name, type, _sql), column in zip(_COLUMNS, columns, strict=False):
        if type == "text":
            arrays.append(texts(column))
        elif type == "boolean":
            arrays.append(flags(column))
        else:
            arrays.append(numbers(column))
    return [
        *arrays,
        numbers(item.refunded_reported for item in items),
        texts(item.digest for item in items),
        flags(bool(item.doubts) for item in items),
        numbers(item.exported_at for item in items),
    ]


def _write(items: Sequence[Incoming], now: datetime) -> dict[int, Result]:
    results: dict[int, Result] = {}
    with transaction.atomic():
        cur = cursor()
        locks.lock_arrivals({item.key[0] for item in items}, shared=True)
        with_stand_ins(items)
        stored = stored_versions(cur, Order._meta.db_table, "order_no", items)
        new, changed = [], {}
        for item in items:
            version = stored.get(item.key)
            if version is None:
                new.append(item)
            elif result := compare(item, version[1], version[2]):
                results[item.position] = result
            else:
                changed[version[0]] = item
        new = without_archived(cur, "order", new, results) if new else []
        # Inserts wait for other inserts of the same key. Holding changed rows meanwhile would
        # deadlock with a batch that took these for new, too.
        arrived = _insert(cur, new, results) if new else []
        arrived += _change(cur, changed, results) if changed else []
        if arrived:
            waiting = refresh(cur, arrived, now)
            if waiting:
                tickets_waiting.send(Order, shop_ids=waiting)
    return results


def _insert(
    cur: psycopg.Cursor[tuple[Any, ...]], items: Sequence[Incoming], results: dict[int, Result]
) -> list[ArrivedOrder]:
    cur.execute(
        _INSERT,
        (
            numbers(item.key[0] for item in items),
            texts(item.key[1] for item in items),
            *_arrays(items),
        ),
        prepare=True,
    )
    ids: dict[Key, int] = {(row[0], row[1]): row[2] for row in cur}
    inserted = [(ids[item.key], item) for item in items if item.key in ids]
    write_lines(cur, inserted)
    _write_splits(cur, inserted)
    for _pk, item in inserted:
        results[item.position] = NEW
    return [
        ArrivedOrder(
            pk,
            item.key,
            item.row[_BUYER],
            item.lines,
            new=True,
            status=item.row[_STATUS],
            completed_at=item.row[_COMPLETED_AT],
        )
        for pk, item in inserted
    ]


# Where these stand in `row`.
_PLACES = [name for name, _type, _sql in _COLUMNS]
_STATUS = _PLACES.index("status")
_BUYER = _PLACES.index("buyer")
_SHIPPED_AT = _PLACES.index("shipped_at")
_SHIPPING = [_STATUS, _PLACES.index("label_printed_at"), _SHIPPED_AT]
_COMPLETED_AT = _PLACES.index("completed_at")
_REFUNDED_AMOUNT = _PLACES.index("refunded_amount")
_LABELS = _PLACES.index("labels")
_HAS_VIRTUAL = _PLACES.index("has_virtual")


def _change(
    cur: psycopg.Cursor[tuple[Any, ...]],
    changed: Mapping[int, Incoming],
    results: dict[int, Result],
) -> list[ArrivedOrder]:
    cur.execute(
        """
        SELECT id, date_part('epoch', updated_at), encode(digest, 'hex'), refunded_amount, in_doubt,
               status, shipped_at
          FROM aftersale_order
         WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
        """,
        (numbers(changed),),
    )
    pairs, arrived = [], []
    rows = cur.fetchall()
    equal = [row[0] for row in rows if changed[row[0]].updated_at == row[1]]
    stored = read_stored(cur, equal) if equal else {}
    # Only now that the orders are locked.
    reported = reported_of(changed)
    own = own_refunds.of_orders(
        [pk for pk, item in changed.items() if item.refunded_reported is not None]
    )
    told = [
        pk
        for pk, item in changed.items()
        if item.refunded_reported is None and (item.row[_REFUNDED_AMOUNT] or pk in stored)
    ]
    taken = own_refunds.taken(told) if told else {}
    platforms: dict[int, Word] = {}
    for pk, updated_at, stored_digest, outside, in_doubt, *before in rows:
        item = changed[pk]
        if result := compare(item, updated_at, stored_digest):
            results[item.position] = result
            continue
        results[item.position] = CHANGED
        if pk in stored:
            merged = merge(item, stored[pk])
            results[item.position] = same_second(
                is_forward=merged.is_forward, differs=bool(merged.differences)
            )
            if not merged.is_forward and (in_doubt or not merged.differences):
                continue
            item = _with_merged(item, stored[pk], merged, in_doubt=in_doubt)
            if not merged.is_forward:
                item = replace(item, digest=stored_digest)
        if pk in reported:
            platforms[pk] = _word(item)
            item = _with_reported(item, reported[pk])
        if item.refunded_reported is not None and pk in own:
            item = _without_own(item, item.refunded_reported, own[pk], known=outside)
        elif pk in taken:
            item = _with_doubt(item, taken[pk], known=outside, in_doubt=in_doubt)
        pairs.append((pk, item))
        arrived.append(
            ArrivedOrder(
                pk,
                item.key,
                item.row[_BUYER],
                item.lines,
                new=False,
                status=item.row[_STATUS],
                completed_at=item.row[_COMPLETED_AT],
                doubts=item.doubts,
                shipment=shipment_reported(before, item.row[_STATUS], item.row[_SHIPPED_AT]),
            )
        )
    keep_platforms(cur, platforms)
    if pairs:
        ids = numbers(pk for pk, _item in pairs)
        cur.execute(_UPDATE, (ids, *_arrays([item for _pk, item in pairs])))
        write_lines(cur, pairs, replace=ids)
        _write_splits(cur, pairs, replace=ids)
    return arrived


def _with_merged(
    item: Incoming, stored: StoredOrder, merged: Merged, *, in_doubt: bool
) -> Incoming:
    """The stored order with what leads forward in a version of the same second."""
    row = list(item.row)
    for name, value in merged.values.items():
        row[_PLACES.index(name)] = value
    reported = None if item.refunded_reported is None else merged.refunded_reported
    if reported is not None:
        row[_REFUNDED_AMOUNT] = reported
    row[_LABELS] = texts(sorted(merged.labels))
    row[_HAS_VIRTUAL] = any(line[-1] for line in stored.lines)
    doubts = list(merged.differences)
    if in_doubt and not doubts:
        doubts.append(_("an earlier version of the same second"))
    return replace(
        item,
        row=tuple(row),
        lines=stored.lines,
        splits=stored.splits,
        refunded_reported=reported,
        doubts=doubts,
    )


def _with_doubt(item: Incoming, taken: Sequence[int], *, known: int, in_doubt: bool) -> Incoming:
    """A source that sends `refunded_amount` itself may include Afterdesk's own refunds: the figure
    is taken as it is, and people look where that is likely (SPEC O2)."""
    total = item.row[_REFUNDED_AMOUNT]
    if total == known:
        likely = in_doubt
    else:
        likely = own_refunds.outside(total, taken, known=0) == 0 or (
            total > known and own_refunds.outside(total, taken, known=known) == known
        )
    if total == 0 or not likely:
        return item
    doubt = _("refunded elsewhere %(total)s, which may be what was refunded here") % {
        "total": format_yuan(total)
    }
    return replace(item, doubts=[*item.doubts, doubt])


def _word(item: Incoming) -> Word:
    return Word(*(item.row[place] for place in _SHIPPING))


def _with_reported(item: Incoming, reported: Reported) -> Incoming:
    """The version with the reports of warehouse and courier added; its digest, by which the
    platform's version is recognised, stays."""
    row = list(item.row)
    word = reported.over(_word(item), [line[0] for line in item.lines])
    for place, value in zip(_SHIPPING, word, strict=True):
        row[place] = value
    return replace(item, row=tuple(row))


def _without_own(item: Incoming, reported: int, own: Sequence[int], *, known: int) -> Incoming:
    """The version without Afterdesk's own refunds in its refunded amount; its digest stays, too."""
    row = list(item.row)
    row[_REFUNDED_AMOUNT] = own_refunds.outside(reported, own, known=known)
    return replace(item, row=tuple(row))


def _write_splits(
    cur: psycopg.Cursor[tuple[Any, ...]],
    orders: Sequence[tuple[int, Incoming]],
    *,
    replace: str = "",
) -> None:
    rows = [
        (pk, position, *split) for pk, item in orders for position, split in enumerate(item.splits)
    ]
    if replace:
        cur.execute(
            """
            DELETE FROM aftersale_commissionsplit s
             WHERE s.order_id = ANY(%s::bigint[])
               AND NOT EXISTS (SELECT FROM unnest(%s::bigint[], %s::int[]) AS k(order_id, position)
                                WHERE k.order_id = s.order_id AND k.position = s.position)
               -- What came back of it is a fact (SPEC W4).
               AND NOT EXISTS (SELECT FROM aftersale_commissionreturn r WHERE r.split_id = s.id)
            """,
            (replace, numbers(row[0] for row in rows), numbers(row[1] for row in rows)),
        )
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    cur.execute(
        """
        INSERT INTO aftersale_commissionsplit (order_id, position, beneficiary, account, amount)
        SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::text[], %s::bigint[])
        ON CONFLICT (order_id, position) DO UPDATE SET
          beneficiary = excluded.beneficiary, account = excluded.account, amount = excluded.amount
        """,
        (
            numbers(columns[0]),
            numbers(columns[1]),
            texts(columns[2]),
            texts(columns[3]),
            numbers(columns[4]),
        ),
        prepare=True,
    )
