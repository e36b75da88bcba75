"""The rows that belong to an order: read for its archive, and deleted with it (SPEC O12).

Other apps add theirs by `register`. `tests/archive/test_parts.py` fails for a table that refers to
an order or ticket and is neither here nor said to keep its order in the database.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Model

from aftersale.models import (
    ApprovalRequest,
    CaseVisit,
    CommissionSplit,
    Negotiation,
    Order,
    OrderLine,
    OrderShipping,
    PlatformStep,
    Refund,
    RefundAttempt,
    Rejection,
    ReturnFreight,
    Shipment,
    ShippingAlert,
    Ticket,
    TicketEvent,
)
from aftersale.services.privacy.places import places
from aftersale.services.shared.sql_arrays import cursor

# A row's way to its order: what is joined as p, and the order's key.
_WAYS = {
    "pk": ("", "x.id"),
    "order": ("", "x.order_id"),
    "ticket": ("aftersale_ticket p ON p.id = x.ticket_id", "p.order_id"),
    "refund": ("aftersale_refund p ON p.id = x.refund_id", "p.order_id"),
}
# Besides the columns in which a buyer's number may stand: a parcel leads to an address.
_PARCELS = ["carrier", "tracking_no", "return_carrier", "return_tracking_no"]


class Part(NamedTuple):
    """A table; `way` of its rows to their order."""

    model: type[Model]
    way: str
    # False: worth nothing without the ticket, so it is deleted only.
    written: bool = True
    # SQL of rows x and their parents p, for an index that begins with something else.
    also: str = "true"

    @property
    def table(self) -> str:
        return self.model._meta.db_table


# In the order of deleting: a row before those that it refers to.
_PARTS = [
    Part(CaseVisit, "ticket", written=False),
    Part(PlatformStep, "order"),
    Part(ReturnFreight, "ticket"),
    Part(Rejection, "ticket"),
    Part(Negotiation, "ticket"),
    Part(ApprovalRequest, "ticket"),
    Part(ShippingAlert, "order"),
    Part(RefundAttempt, "refund"),
    Part(Refund, "order"),
    Part(TicketEvent, "ticket"),
    Part(Ticket, "order"),
    Part(Shipment, "order"),
    Part(OrderShipping, "order"),
    Part(CommissionSplit, "order"),
    Part(OrderLine, "order"),
    Part(Order, "pk"),
]


def register(*parts: Part) -> None:
    """Of other apps: deleted before the desk's own rows."""
    _PARTS[:0] = [part for part in parts if part not in _PARTS]


def parts() -> Sequence[Part]:
    return _PARTS


def rows_of(order_pks: Sequence[int]) -> Mapping[int, dict[str, list[dict[str, Any]]]]:
    """For each order its rows by table, without buyers' data (SPEC P7)."""
    found: dict[int, dict[str, list[dict[str, Any]]]] = defaultdict(dict)
    with transaction.atomic():
        cur = cursor()
        for part in _PARTS:
            if not part.written:
                continue
            joined, order = _WAYS[part.way]
            key = part.model._meta.pk.column
            cur.execute(
                f"SELECT {order}, (to_jsonb(x) - %s::text[])::text FROM {part.table} x"  # noqa: S608
                f" {'JOIN ' + joined if joined else ''}"
                f" WHERE {order} = ANY(%s) ORDER BY {order}, x.{key}",
                [_left_out(part.model), list(order_pks)],
            )
            for pk, row in cur:
                found[pk].setdefault(part.table, []).append(json.loads(row))
    return found


def delete(order_pks: Sequence[int]) -> dict[str, int]:
    """Returns how many rows of each written table went."""
    gone: dict[str, int] = {}
    with transaction.atomic():
        cur = cursor()
        for part in _PARTS:
            joined, order = _WAYS[part.way]
            # USING takes the table and the condition apart.
            parent, _on, condition = joined.partition(" ON ")
            cur.execute(
                f"DELETE FROM {part.table} x {'USING ' + parent if parent else ''}"  # noqa: S608
                f" WHERE {condition or 'true'} AND {part.also}"
                f" AND {order} = ANY(%s)",
                [list(order_pks)],
            )
            if part.written and cur.rowcount:
                gone[part.table] = cur.rowcount
    return gone


def _left_out(model: type[Model]) -> list[str]:
    """Columns with a buyer's number, or texts in which it may stand, and of parcels; digests of
    versions are worth nothing elsewhere."""
    named = {name for place in places() if place.model is model for name in _named(place)}
    return sorted(named | {*_PARCELS, "digest"})


def _named(place: Any) -> Iterator[str]:
    yield from place.buyers
    yield from place.texts
