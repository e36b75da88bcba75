"""Shipments that an ERP or a warehouse reports, and that they cancel (SPEC H1, H2).

Like an order that came in: under the order's lock, with the same alerts, and its tickets looked
at again. A later version of the order from the platform does not undo it (order_shipping.py).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Choices

from aftersale.domain.multilingual import said as _
from aftersale.models import (
    OPEN_ALERTS,
    Actor,
    AlertState,
    Order,
    OrderShipping,
    OrderStatus,
    Shipment,
    ShippingAlert,
    Ticket,
    TicketEvent,
    TicketEventKind,
)
from aftersale.services.access.rights import Right, require
from aftersale.services.ingest.order_tickets import LINE, ArrivedOrder, refresh
from aftersale.services.ingest.shipments import Shipment as Shipped
from aftersale.services.ingest.shipments import shipment_reported
from aftersale.services.orders.shipping import moment, shipping_of, word_of
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotFound, Refused, WrongStep
from aftersale.services.shared.sql_arrays import cursor, seconds
from aftersale.services.shipping import alerts as shipping_alerts
from aftersale.services.tickets.lifecycle import FINAL
from aftersale.signals import tickets_waiting

# A warehouse's clock may be ahead by this much.
_AHEAD = timedelta(hours=1)

Change = Literal["created", "updated", "unchanged"]


def report(
    *,
    order_id: int,
    shipped_at: datetime,
    carrier: str,
    tracking_no: str,
    lines: Sequence[int],
    user: User,
    now: datetime,
) -> Change:
    """A parcel has left, with these lines of the order or, where none is named, all of it.

    The same parcel again with another time is put right; one that was cancelled since, and comes
    again as it was, changes nothing.
    """
    if shipped_at > now + _AHEAD:
        raise Refused(_("expected a time that is not ahead"), pointer="shipped_at")
    with transaction.atomic():
        order = lock_shipping(order_id=order_id, user=user)
        wanted = sorted(set(lines))
        _require_lines(order, wanted)
        same = Shipment.objects.filter(
            order=order, carrier=carrier, tracking_no=tracking_no, lines=wanted
        )
        if same.filter(shipped_at=shipped_at).exists():
            return "unchanged"
        shipping = shipping_of(order)
        if same.filter(cancelled_at=None).update(shipped_at=shipped_at):
            change: Change = "updated"
        else:
            change = "created"
            Shipment.objects.create(
                order=order,
                shipped_at=shipped_at,
                carrier=carrier,
                tracking_no=tracking_no,
                lines=wanted,
                reported_at=now,
                reported_by=user,
            )
        told = _("Shipped, by the warehouse: %s") % (f"{carrier} {tracking_no}".strip() or "–")
        note(order, told, user=user, now=now)
        _know_anew(order, shipping, now=now, parcel=wanted if change == "created" else None)
        return change


def cancel(*, order_id: int, user: User, now: datetime) -> Change:
    """The order's goods did not leave, and do not leave for now.

    Reported shipments are withdrawn, a printed label no longer counts, open shipping alerts end.
    Where the platform itself says that the order was shipped, its status stays (SPEC S2). Tickets
    under review are evaluated again: only that may move money.
    """
    with transaction.atomic():
        order = lock_shipping(order_id=order_id, user=user)
        if order.status in (OrderStatus.DELIVERED, OrderStatus.COMPLETED):
            raise wrong_step(order, OrderStatus.PENDING_SHIPMENT)
        shipping = shipping_of(order)
        standing = Shipment.objects.filter(order=order, cancelled_at=None)
        before = shipping.cancelled_at
        if (
            before is not None
            and not standing.exists()
            and order.label_printed_at is None
            and (order.shipped_at is None or order.shipped_at <= before)
        ):
            return "unchanged"
        standing.update(cancelled_at=now)
        shipping.cancelled_at, shipping.changed_by = now, user
        shipping.save(update_fields=["cancelled_at", "changed_by"])
        note(order, _("Shipping was cancelled, by the warehouse."), user=user, now=now)
        end_alerts(order, AlertState.INTERCEPTED, user=user, now=now)
        _know_anew(order, shipping, now=now)
        return "updated"


def lock_shipping(*, order_id: int, user: User) -> Order:
    """The locked order, for users who may handle its shop's tickets."""
    found = Order.objects.filter(pk=order_id).values_list("shop", flat=True).first()
    if found is None:
        raise NotFound(_("There is no such order."))
    require(user, found, Right.HANDLE_TICKETS)
    return locks.lock_order(order_id)


def wrong_step(order: Order, to: Choices) -> WrongStep:
    status = OrderStatus(order.status)
    message = _("Order %(order)s can't go from “%(from)s” to “%(to)s”.") % {
        "order": order.order_no,
        "from": status.label,
        "to": to.label,
    }
    return WrongStep(order.order_no, status, to, message)


def note(order: Order, text: str, *, user: User, now: datetime) -> None:
    """Writes the report into the history of each ticket that is open or has a parcel to stop."""
    tickets = Ticket.objects.filter(order=order)
    concerned = tickets.exclude(status__in=FINAL) | tickets.filter(shipping_alert__isnull=False)
    TicketEvent.objects.bulk_create(
        TicketEvent(
            ticket_id=pk,
            at=now,
            kind=TicketEventKind.NOTE,
            actor=Actor.PERSON,
            user=user,
            note=text,
        )
        for pk in concerned.order_by("pk").values_list("pk", flat=True)
    )


def end_alerts(order: Order, state: AlertState, *, user: User, now: datetime) -> None:
    """Ends the order's open shipping alerts in this state."""
    alerts = ShippingAlert.objects.filter(order=order, state__in=OPEN_ALERTS)
    for pk in alerts.order_by("ticket").values_list("pk", flat=True):
        shipping_alerts.advance(alert_id=pk, state=state, note="", user=user, now=now)


def look_again(order: Order, *, now: datetime, shipment: Shipped | None = None) -> None:
    """Consequences of a changed order for its tickets, as if it had just come in."""
    _refresh(order, now=now, shipment=shipment, parcel=())


def _know_anew(
    order: Order, shipping: OrderShipping, *, now: datetime, parcel: Sequence[int] | None = None
) -> None:
    """Saves the combined state of the order; `parcel`: the lines of a reported one."""
    known = word_of(order, shipping)
    shipment = shipment_reported((order.status, order.shipped_at), known.status, known.shipped_at)
    if shipment is None and parcel is not None:
        # One more parcel of an order that was known as shipped, in part at least.
        shipment = Shipped.REST
    order.status = known.status
    order.label_printed_at = moment(known.label_printed_at)
    order.shipped_at = moment(known.shipped_at)
    order.save(update_fields=["status", "label_printed_at", "shipped_at"])
    _refresh(order, now=now, shipment=shipment, parcel=parcel or ())


def _refresh(
    order: Order, *, now: datetime, shipment: Shipped | None, parcel: Sequence[int]
) -> None:
    arrived = ArrivedOrder(
        order.pk,
        (order.shop_id, order.order_no),
        order.buyer,
        list(order.lines.values_list(*LINE)),
        new=False,
        status=order.status,
        completed_at=seconds(order.completed_at),
        shipment=shipment,
        parcel=parcel,
    )
    waiting = refresh(cursor(), [arrived], now)
    if waiting:
        tickets_waiting.send(Order, shop_ids=waiting)


def _require_lines(order: Order, wanted: Sequence[int]) -> None:
    if not wanted:
        return
    known = set(order.lines.values_list("line_no", flat=True))
    if not known.issuperset(wanted):
        raise Refused(
            _("expected lines of order %(order)s: %(lines)s")
            % {"order": order.order_no, "lines": ", ".join(map(str, sorted(known)[:20]))},
            pointer="lines",
        )
