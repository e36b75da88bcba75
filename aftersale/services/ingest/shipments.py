"""A shipment of goods whose refund is under way or done raises an alert (SPEC H1, H2).

The shipment itself is a fact and always accepted. Everything here needs the orders' rows locked.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

import psycopg

from aftersale.domain.multilingual import said as _
from aftersale.models import (
    AlertKind,
    AlertState,
    OrderStatus,
    ShippingAlert,
    TicketEventKind,
    TicketFlag,
)
from aftersale.services.orders import known_orders
from aftersale.services.shared.sql_arrays import numbers, texts
from aftersale.signals import to_be_told

_SHIPPED = {OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED, OrderStatus.DELIVERED}
_WHOLE = {OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.COMPLETED}


class Shipment(Enum):
    """Shipping data of a newer version of an order."""

    FIRST = "first"  # it had not been shipped so far
    REST = "rest"  # a part had been
    DATED = "dated"  # known, and now with another time


def shipment_reported(
    before: Sequence[Any], status: str, shipped_at: float | None
) -> Shipment | None:
    """`before`: status and shipping time as stored; the others as reported now."""
    status_before, shipped_before = before
    if shipped_before is None and status_before not in _SHIPPED:
        shipped = shipped_at is not None or status in _SHIPPED
        return Shipment.FIRST if shipped else None
    if status_before == OrderStatus.PARTIALLY_SHIPPED and status in _WHOLE:
        return Shipment.REST
    if shipped_at is not None and (
        shipped_before is None or shipped_before.timestamp() != shipped_at
    ):
        return Shipment.DATED
    return None


# FIRST: every refund decided so far was decided as if nothing were shipped. REST: of a partly
# shipped order, only goods that nobody was to send back. DATED: a raised alert may turn out to be a
# likely loss; refunds decided after the shipment was known are none.
_DECIDED = """
SELECT t.order_id, t.id, t.ticket_no, t.line_no
  FROM aftersale_ticket t LEFT JOIN aftersale_refund r ON r.ticket_id = t.id
 WHERE t.order_id = ANY(%(orders)s::bigint[])
   AND (r.status <> 'taken_back' OR r.id IS NULL AND t.status IN ('refunding', 'refunded'))
"""
_RAISE = """
WITH found AS (
  SELECT t.shop_id, t.order_id, t.id AS ticket_id,
         CASE WHEN k.shipment <> 'rest' AND o.shipped_at <= COALESCE(r.requested_at, t.status_at)
              THEN %(likely_loss)s ELSE %(after_refund)s END AS kind,
         r.status = 'failed' AS failed
    FROM unnest(%(orders)s::bigint[], %(shipments)s::text[]) AS k(order_id, shipment)
    JOIN aftersale_order o ON o.id = k.order_id
    JOIN aftersale_ticket t ON t.order_id = k.order_id
    LEFT JOIN aftersale_refund r ON r.ticket_id = t.id
   WHERE t.id = ANY(%(tickets)s::bigint[])
     AND (k.shipment = 'first'
          OR k.shipment = 'rest' AND t.type = 'refund_only'
          OR EXISTS (SELECT FROM aftersale_shippingalert a WHERE a.ticket_id = t.id))
), raised AS (
  INSERT INTO aftersale_shippingalert
    (shop_id, order_id, ticket_id, kind, state, raised_at, changed_at, note)
  SELECT shop_id, order_id, ticket_id, kind, %(to_stop)s, %(now)s, %(now)s, ''
    FROM found WHERE failed IS NOT TRUE OR kind = %(likely_loss)s
   ORDER BY ticket_id
  ON CONFLICT (ticket_id) DO UPDATE SET kind = excluded.kind
   WHERE aftersale_shippingalert.kind <> excluded.kind AND excluded.kind = %(likely_loss)s
  RETURNING ticket_id, kind, shop_id
), flagged AS (
  UPDATE aftersale_ticket t SET flags = t.flags || %(flag)s::text
    FROM raised WHERE t.id = raised.ticket_id AND raised.kind = %(likely_loss)s
     AND NOT t.flags @> ARRAY[%(flag)s]::varchar[]
)
SELECT ticket_id, kind, shop_id FROM raised ORDER BY ticket_id
"""
# The warehouse had cancelled the shipping, but the order is shipped after all: alerts that had
# ended are raised again.
_RAISE_AGAIN = """
UPDATE aftersale_shippingalert a
   SET state = %(to_stop)s, raised_at = %(now)s, changed_at = %(now)s, changed_by_id = NULL,
       note = ''
  FROM unnest(%(orders)s::bigint[], %(shipments)s::text[]) AS k(order_id, shipment)
  JOIN aftersale_ticket t ON t.order_id = k.order_id
  JOIN aftersale_ordershipping s ON s.order_id = k.order_id
  LEFT JOIN aftersale_refund r ON r.ticket_id = t.id
 WHERE k.shipment = 'first' AND a.ticket_id = t.id AND a.state = ANY(%(ended)s)
   AND a.changed_at <= s.cancelled_at
   AND (r.status NOT IN ('taken_back', 'failed')
        OR r.id IS NULL AND t.status IN ('refunding', 'refunded'))
   AND t.id = ANY(%(tickets)s::bigint[])
RETURNING a.ticket_id, a.kind, a.shop_id
"""


def raise_alerts(
    cur: psycopg.Cursor[tuple[Any, ...]],
    shipments: Sequence[tuple[int, Shipment, Sequence[int]]],
    now: datetime,
) -> list[tuple[int, str, str]]:
    """Raises one alert for each ticket concerned; returns the tickets' events.

    `shipments`: (order, reported shipping, lines of the parcel; none: all).
    """
    concerned = _concerned(cur, {pk: lines for pk, _shipment, lines in shipments})
    if not concerned:
        return []
    values = {
        "orders": numbers(pk for pk, _shipment, _lines in shipments),
        "shipments": texts(shipment.value for _pk, shipment, _lines in shipments),
        "tickets": numbers(concerned),
        "likely_loss": AlertKind.LIKELY_LOSS.value,
        "after_refund": AlertKind.SHIPPED_AFTER_REFUND.value,
        "to_stop": AlertState.TO_STOP.value,
        "ended": [AlertState.INTERCEPTED, AlertState.RETURNED, AlertState.LOST],
        "flag": TicketFlag.LIKELY_LOSS.value,
        "now": now,
    }
    cur.execute(_RAISE_AGAIN, values)
    again = cur.fetchall()
    cur.execute(_RAISE, values)
    notes = {
        AlertKind.LIKELY_LOSS: _(
            "Refunded as not shipped, but the order had been shipped by then. The parcel is to be"
            " stopped."
        ),
        AlertKind.SHIPPED_AFTER_REFUND: _(
            "The order was shipped although its refund was under way or done. The parcel is to be"
            " stopped."
        ),
    }
    raised = again + cur.fetchall()
    if raised:
        to_be_told.send(ShippingAlert, shop_ids={row[2] for row in raised})
    return [
        (ticket, TicketEventKind.FLAG, notes[AlertKind(kind)]) for ticket, kind, _shop in raised
    ]


def _concerned(
    cur: psycopg.Cursor[tuple[Any, ...]], parcels: Mapping[int, Sequence[int]]
) -> list[int]:
    """The tickets with a refund that hold goods of the parcels.

    A price adjustment holds none. A refund that failed holds the line it was for.
    """
    if not parcels:
        return []
    cur.execute(_DECIDED, {"orders": numbers(parcels)})
    decided = cur.fetchall()
    if not decided:
        return []
    known = known_orders.of_orders({row[0] for row in decided})
    concerned = []
    for order_pk, pk, ticket_no, line_no in decided:
        money = known[order_pk].money
        if ticket_no in money.adjustments:
            continue
        own = None if line_no is None else frozenset({line_no})
        held, parcel = money.held.get(ticket_no, own), parcels[order_pk]
        if not parcel or held is None or held.intersection(parcel):
            concerned.append(pk)
    return concerned
