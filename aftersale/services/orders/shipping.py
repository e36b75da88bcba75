"""An order's shipping as it is known: the platform's word and the warehouse's, put together.

A parcel that left has left, whatever an older picture of the platform says (SPEC H1); else the
platform's status decides (SPEC S2). Times in seconds since the epoch, as in a batch of orders.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from aftersale.models import Order, OrderShipping, OrderStatus, Shipment
from aftersale.services.shared.sql_arrays import numbers, seconds, texts

_NOT_YET = (
    OrderStatus.PENDING_PAYMENT,
    OrderStatus.PENDING_SHIPMENT,
    OrderStatus.PARTIALLY_SHIPPED,
)


class Word(NamedTuple):
    """One source's word on an order's shipping."""

    status: str
    label_printed_at: float | None
    shipped_at: float | None


class Parcel(NamedTuple):
    """A shipment that stands; no lines: all of the order."""

    shipped_at: float
    lines: Collection[int]


class Reported(NamedTuple):
    """The reports of warehouse and courier on an order."""

    parcels: Sequence[Parcel]
    cancelled_at: float | None

    def over(self, platform: Word, lines: Iterable[int]) -> Word:
        """Platform and warehouse combined; `lines`: the order's."""
        status, label, shipped = platform
        if label is not None and self.cancelled_at is not None and label <= self.cancelled_at:
            # The cancelled parcel does not go; one whose label is printed later may.
            label = None
        if not self.parcels:
            return Word(status, label, shipped)
        if status in _NOT_YET:
            named = {line for parcel in self.parcels for line in parcel.lines}
            whole = any(not parcel.lines for parcel in self.parcels) or named >= set(lines)
            status = OrderStatus.SHIPPED if whole else OrderStatus.PARTIALLY_SHIPPED
        if shipped is None:
            shipped = min(parcel.shipped_at for parcel in self.parcels)
        return Word(status, label, shipped)


def reported_of(order_pks: Iterable[int]) -> dict[int, Reported]:
    """Shipping rows of those orders that have one, locked."""
    pks = list(order_pks)
    shippings = OrderShipping.objects.filter(pk__in=pks).values_list("pk", "cancelled_at")
    cancelled = {pk: seconds(at) for pk, at in shippings}
    if not cancelled:
        return {}
    parcels: dict[int, list[Parcel]] = {pk: [] for pk in cancelled}
    standing = Shipment.objects.filter(order__in=list(cancelled), cancelled_at=None)
    for pk, shipped_at, lines in standing.values_list("order", "shipped_at", "lines"):
        parcels[pk].append(Parcel(shipped_at.timestamp(), lines))
    return {pk: Reported(parcels[pk], at) for pk, at in cancelled.items()}


def keep_platforms(cur: psycopg.Cursor[tuple[Any, ...]], words: Mapping[int, Word]) -> None:
    """Notes the platform's present shipping data of orders with reports."""
    if not words:
        return
    cur.execute(
        """
        UPDATE aftersale_ordershipping s
           SET platform_status = k.status, platform_label_printed_at = to_timestamp(k.label),
               platform_shipped_at = to_timestamp(k.shipped)
          FROM unnest(%s::bigint[], %s::text[], %s::float8[], %s::float8[])
            AS k(order_id, status, label, shipped)
         WHERE s.order_id = k.order_id
        """,
        (
            numbers(words),
            texts(word.status for word in words.values()),
            numbers(word.label_printed_at for word in words.values()),
            numbers(word.shipped_at for word in words.values()),
        ),
    )


def shipping_of(order: Order) -> OrderShipping:
    """The row of a locked order; created if missing."""
    shipping, _created = OrderShipping.objects.get_or_create(
        order=order,
        defaults={
            "platform_status": order.status,
            "platform_label_printed_at": order.label_printed_at,
            "platform_shipped_at": order.shipped_at,
        },
    )
    return shipping


def word_of(order: Order, shipping: OrderShipping) -> Word:
    """The shipping of a locked order as it is known now."""
    platform = Word(
        shipping.platform_status,
        seconds(shipping.platform_label_printed_at),
        seconds(shipping.platform_shipped_at),
    )
    lines = order.lines.values_list("line_no", flat=True)
    return reported_of([order.pk])[order.pk].over(platform, lines)


def moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
