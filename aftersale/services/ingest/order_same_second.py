"""A version of an order with the stored update time and other content (SPEC O6).

Platforms date by the second. Values that lead forward are taken: a later status, a time that was
missing, a larger refunded amount, the label `risk`. The rest is a difference that people have to
see. Either order of arrival stores the same values.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg
from django.utils.translation import gettext_lazy

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import COMMA, SEMICOLON
from aftersale.models import OrderLabel, OrderStatus, OrderType
from aftersale.records.schemas import OrderRecord
from aftersale.services.shared.sql_arrays import numbers, seconds

from .batch import Incoming

# The statuses of an order in the order of its life; the last one is final.
_STATUSES = [status.value for status in OrderStatus]
_TIMES = {
    "created_at": gettext_lazy("created at"),
    "paid_at": gettext_lazy("paid at"),
    "label_printed_at": gettext_lazy("label printed at"),
    "shipped_at": gettext_lazy("shipped at"),
    "delivered_at": gettext_lazy("delivered at"),
    "completed_at": gettext_lazy("completed at"),
}
# Stored apart for orders on which a warehouse has reported.
_SHIPPING_TIMES = ("label_printed_at", "shipped_at")
_RISK = OrderLabel.RISK.value


class StoredOrder(NamedTuple):
    """The platform's latest state of a locked order, in the shape of an incoming version."""

    values: dict[str, Any]
    labels: frozenset[str]
    lines: Sequence[tuple[Any, ...]]
    splits: Sequence[tuple[Any, ...]]
    refunded_reported: int | None


def read_stored(
    cur: psycopg.Cursor[tuple[Any, ...]], order_pks: Sequence[int]
) -> dict[int, StoredOrder]:
    """The orders as their platform reported them, without what a warehouse has reported since."""
    times = ", ".join(
        f"date_part('epoch', CASE WHEN s.order_id IS NULL THEN o.{name} ELSE s.platform_{name} END)"
        if name in _SHIPPING_TIMES
        else f"date_part('epoch', o.{name})"
        for name in _TIMES
    )
    cur.execute(
        f"""
        SELECT o.id, o.type, o.buyer, o.paid_amount, o.refunded_amount, o.refunded_reported,
               o.labels, CASE WHEN s.order_id IS NULL THEN o.status ELSE s.platform_status END,
               {times}
          FROM aftersale_order o LEFT JOIN aftersale_ordershipping s ON s.order_id = o.id
         WHERE o.id = ANY(%s::bigint[])
        """,  # noqa: S608 - the names are this module's own
        (numbers(order_pks),),
    )
    rows = cur.fetchall()
    lines = _of_orders(
        cur,
        """SELECT order_id, line_no, product, category, title, quantity, paid_amount, virtual
             FROM aftersale_orderline WHERE order_id = ANY(%s::bigint[]) ORDER BY line_no""",
        order_pks,
    )
    splits = _of_orders(
        cur,
        """SELECT order_id, beneficiary, account, amount FROM aftersale_commissionsplit
            WHERE order_id = ANY(%s::bigint[]) ORDER BY position""",
        order_pks,
    )
    return {
        pk: StoredOrder(
            {
                "type": type,
                "buyer": buyer,
                "paid_amount": paid,
                "refunded_amount": refunded,
                "status": status,
                **dict(zip(_TIMES, moments, strict=True)),
            },
            frozenset(labels),
            lines.get(pk, []),
            splits.get(pk, []),
            reported,
        )
        for pk, type, buyer, paid, refunded, reported, labels, status, *moments in rows
    }


def _of_orders(
    cur: psycopg.Cursor[tuple[Any, ...]], query: str, order_pks: Sequence[int]
) -> dict[int, list[tuple[Any, ...]]]:
    cur.execute(query, (numbers(order_pks),))
    found: dict[int, list[tuple[Any, ...]]] = {}
    for pk, *values in cur:
        found.setdefault(pk, []).append(tuple(values))
    return found


class Merged(NamedTuple):
    """The stored values with what leads forward, and what else differs, in words."""

    values: dict[str, Any]
    labels: frozenset[str]
    refunded_reported: int | None
    differences: Sequence[str]
    is_forward: bool


def merge(item: Incoming, stored: StoredOrder) -> Merged:
    record, known = item.record, stored.values
    values = dict(known)
    if _STATUSES.index(record.status) > _STATUSES.index(known["status"]):
        values["status"] = record.status
    for name in _TIMES:
        if known[name] is None:
            values[name] = seconds(getattr(record, name))
    reported = stored.refunded_reported
    if item.refunded_reported is None:
        values["refunded_amount"] = max(known["refunded_amount"], record.refunded_amount)
    else:
        reported = max(reported or 0, item.refunded_reported)
    labels = stored.labels | ({_RISK} & set(record.labels))
    forward = values != known or labels != stored.labels or reported != stored.refunded_reported
    return Merged(values, labels, reported, _differences(item, stored), forward)


def _differences(item: Incoming, stored: StoredOrder) -> list[str]:
    """Values of the version that don't lead forward, each as "paid ¥120.00"."""
    record, known = item.record, stored.values
    found: list[tuple[Any, Any]] = []
    if record.type != known["type"]:
        found.append((gettext_lazy("type"), OrderType(record.type).label))
    if record.buyer != known["buyer"]:
        found.append((gettext_lazy("buyer"), record.buyer))
    if record.paid_amount != known["paid_amount"]:
        found.append((gettext_lazy("paid"), format_yuan(record.paid_amount)))
    for name, label in _TIMES.items():
        at = getattr(record, name)
        if at is not None and known[name] not in (None, at.timestamp()):
            found.append((label, at.isoformat()))
    if set(record.labels) - {_RISK} != stored.labels - {_RISK}:
        found.append((gettext_lazy("labels"), _labels(record) or "–"))
    if list(item.lines) != list(stored.lines):
        found.append((gettext_lazy("lines"), _shown_lines(record)))
    if list(item.splits) != list(stored.splits):
        total = sum(split.amount for split in record.commission_splits)
        found.append((gettext_lazy("commission"), format_yuan(total)))
    return [_("%(what)s %(value)s") % {"what": what, "value": value} for what, value in found]


def _labels(record: OrderRecord) -> str:
    return joined(COMMA, [OrderLabel(label).label for label in sorted(record.labels)])


def _shown_lines(record: OrderRecord) -> str:
    return joined(
        SEMICOLON,
        (
            f"{line.line_no}: {line.product} × {line.quantity}, {format_yuan(line.paid_amount)}"
            for line in record.lines[:5]
        ),
    )
