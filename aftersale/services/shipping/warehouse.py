"""Reports of a warehouse or courier, and the steps that wait for them (SPEC O4, H1).

Each is a fact with an event that says who reported it and when; the same report again changes
nothing. What follows is done by the services that people use, so that money moves by those alone.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils.translation import gettext_lazy

from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    OPEN_ALERTS,
    Actor,
    AlertState,
    Order,
    OrderStatus,
    ShippingAlert,
    TicketEvent,
    TicketEventKind,
    TicketStatus,
    TicketType,
)
from aftersale.services.orders.shipping import shipping_of
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import Refused, WrongStep
from aftersale.services.shipping import alerts as shipping_alerts
from aftersale.services.shipping.shipments import (
    Change,
    end_alerts,
    lock_shipping,
    look_again,
    note,
    wrong_step,
)
from aftersale.services.tickets import waiting_approvals
from aftersale.services.tickets.cases import lock_case


class Parcel(models.TextChoices):
    """The outcome for a parcel on its way."""

    INTERCEPTED = "intercepted", gettext_lazy("Parcel intercepted")
    REFUSED = "delivery_refused", gettext_lazy("Delivery refused")


_ON_THE_WAY = (OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED)


def goods_received(*, ticket_id: int, user: User, now: datetime) -> Change:
    """The buyer's goods are in the warehouse: the refund of the approved return starts.

    A parcel that was to be stopped has come back. It is noted of an exchange, whose new goods
    people send, and of a ticket that waits for a second person (SPEC G4). Where the refund can't
    start, the arrival is a fact all the same: it is noted with the reason, for people.
    """
    with transaction.atomic():
        ticket = lock_case(ticket_id=ticket_id, user=user, now=now).ticket
        text: str = _("Goods received in the warehouse.")
        alert = ShippingAlert.objects.filter(ticket=ticket, state__in=OPEN_ALERTS).first()
        waits = ticket.status in (TicketStatus.AWAITING_RETURN, TicketStatus.RETURNING)
        before = ticket.goods_received_at
        # A request that was rejected and made again may bring goods a second time.
        if before is not None and alert is None and (not waits or before >= ticket.status_at):
            return "unchanged"
        if not waits and alert is None:
            raise WrongStep(ticket.ticket_no, TicketStatus(ticket.status), TicketStatus.REFUNDING)
        ticket.goods_received_at = now
        ticket.save(update_fields=["goods_received_at"])
        if alert is not None:
            shipping_alerts.advance(
                alert_id=alert.pk, state=AlertState.RETURNED, note=text, user=user, now=now
            )
        for_people = ticket.type == TicketType.EXCHANGE or waiting_approvals.is_waiting(ticket)
        if waits and not for_people:
            try:
                confirmed = approvals.confirm_return(
                    ticket_id=ticket.pk, user=user, now=now, note=text
                )
                for_people = waiting_approvals.is_waiting(confirmed)
            except Refused as refused:
                for_people = True
                text = joined(" · ", [text, refused.message])
        if waits and for_people:
            TicketEvent.objects.create(
                ticket=ticket,
                at=now,
                kind=TicketEventKind.NOTE,
                actor=Actor.PERSON,
                user=user,
                note=text,
            )
        return "updated"


def parcel_intercepted(*, order_id: int, user: User, now: datetime) -> Change:
    """The parcel was stopped on its way: so end the order's shipping alerts that are open."""
    with transaction.atomic():
        order = lock_shipping(order_id=order_id, user=user)
        alerts = ShippingAlert.objects.filter(order=order, state__in=OPEN_ALERTS)
        shipping = shipping_of(order)
        if not alerts.exists():
            if _is_after_shipping(order, shipping.intercepted_at):
                return "unchanged"
            _require_on_the_way(order, Parcel.INTERCEPTED)
        shipping.intercepted_at, shipping.changed_by = now, user
        shipping.save(update_fields=["intercepted_at", "changed_by"])
        note(order, _("The parcel was intercepted, by the courier's word."), user=user, now=now)
        end_alerts(order, AlertState.INTERCEPTED, user=user, now=now)
        look_again(order, now=now)
        return "updated"


def delivery_refused(*, order_id: int, user: User, now: datetime) -> Change:
    """The buyer refused the parcel: it is on its way back, and its tickets say so.

    Shipping alerts stay open until it is back.
    """
    with transaction.atomic():
        order = lock_shipping(order_id=order_id, user=user)
        shipping = shipping_of(order)
        if _is_after_shipping(order, shipping.refused_at):
            return "unchanged"
        _require_on_the_way(order, Parcel.REFUSED)
        shipping.refused_at, shipping.changed_by = now, user
        shipping.save(update_fields=["refused_at", "changed_by"])
        note(order, _("The buyer refused the delivery, by the courier's word."), user=user, now=now)
        look_again(order, now=now)
        return "updated"


def _is_after_shipping(order: Order, at: datetime | None) -> bool:
    """True if it was reported of this very shipment."""
    return at is not None and (order.shipped_at is None or order.shipped_at <= at)


def _require_on_the_way(order: Order, to: Parcel) -> None:
    """A platform closes an order once its money has left, even while its parcel is on its way."""
    closed = order.status == OrderStatus.CLOSED and order.shipped_at is not None
    if order.status not in _ON_THE_WAY and not closed:
        raise wrong_step(order, to)
