"""A case as its pane shows it: ticket, order, buyer, history, and the steps that are possible."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from aftersale.admin.kit import access, colours, columns
from aftersale.domain.money import format_yuan
from aftersale.models import (
    DESK_STATUSES,
    Negotiation,
    OrderLabel,
    Rejection,
    Shipment,
    ShopRequestKind,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketFlag,
)
from aftersale.services.access.rights import Right
from aftersale.services.desk import (
    beside,
    case_money,
    platform_pictures,
    presence,
    replies,
    shop_requests,
)
from aftersale.services.refunds import approvals, freight_asked
from aftersale.services.shared.prepared import Slot, Slots, prepared
from aftersale.services.shared.shown import format_time
from aftersale.services.shops import buyers
from aftersale.services.tickets import waiting_approvals
from aftersale.services.tickets.cases import seen_now

from . import payments, second_person
from .consequences import (
    DECIDABLE,
    buyer,
    can_confirm,
    can_reject,
    can_retry,
    consequences,
    obstacle,
    to_pay,
)
from .countdown import countdown
from .panels import panels_of

MOST_EVENTS = 50
RELATED = ("shop", "order", "handler", "refund", "shipping_alert", "window__opened_by")


def find(request: HttpRequest, ticket_id: int) -> Ticket:
    """The ticket, if it is of one of the user's shops."""
    shops = access.shop_ids(request)
    if shops is None:
        found = _cases(pk=ticket_id)
    else:
        found = _cases(pk=ticket_id, shops=shops) if shops else []
    if not found:
        raise Http404
    return found[0]


@prepared
def _cases(*, pk: Slot, shops: Slots | None = None) -> QuerySet[Ticket]:
    """The ticket, in these shops; without any named, in whichever it is."""
    tickets = Ticket.objects.select_related(*RELATED).filter(pk=pk)
    return tickets if shops is None else tickets.filter(shop__in=shops)


@prepared
def _events(*, ticket: Slot) -> QuerySet[TicketEvent]:
    events = TicketEvent.objects.filter(ticket=ticket).select_related("user", "token")
    return events.order_by("-pk")[:MOST_EVENTS]


@prepared
def _rejections(*, ticket: Slot) -> QuerySet[Rejection]:
    return Rejection.objects.filter(ticket=ticket).order_by("-pk")


@prepared
def _negotiations(*, ticket: Slot) -> QuerySet[Negotiation]:
    return Negotiation.objects.filter(ticket=ticket).order_by("-pk")


@prepared
def _parcels(*, order: Slot) -> QuerySet[Shipment]:
    return Shipment.objects.filter(order=order, cancelled_at=None)


def show(request: HttpRequest, ticket: Ticket, now: datetime) -> dict[str, Any]:
    user, order = access.person(request), ticket.order
    may = access.may(request, ticket.shop_id, Right.HANDLE_TICKETS)
    refund = getattr(ticket, "refund", None)
    waits = waiting_approvals.is_waiting(ticket)
    can = steps(ticket, user, now=now) if may else set()
    if may:
        presence.visit(ticket=ticket, user=user, now=now)
    events = _events(ticket=ticket.pk)
    return {
        "ticket": ticket,
        "order": order,
        "refund": refund,
        "alert": getattr(ticket, "shipping_alert", None),
        "seen": seen_now(ticket, order, last_event=events[0].pk if events else 0),
        "may": may,
        "steps": can,
        "buyer": buyer(ticket),
        "shown": format_yuan(to_pay(ticket)),
        "money": case_money.money_of(ticket, order),
        "standing": case_money.standing(ticket),
        "reason": columns.buyers_reason(ticket),
        "status_colour": colours.TICKET_STATUS.get(ticket.status, ""),
        "flags": [
            TicketFlag(flag).label
            for flag in ticket.flags
            if flag in TicketFlag.values and flag != TicketFlag.SECOND_PERSON
        ],
        "asked": second_person.asked(ticket, user),
        "risky": OrderLabel.RISK in ticket.labels,
        "countdown": countdown(ticket.due_at, now),
        "obstacle": obstacle(ticket) if ticket.status in DESK_STATUSES and not waits else "",
        "consequences": [] if waits else consequences(ticket, negotiable="negotiate" in can),
        "lines": list(order.lines.all()) if order else [],
        "times": _times(ticket),
        "evidence": _pictures(ticket),
        "rejections": _rejections(ticket=ticket.pk),
        "negotiations": _negotiations(ticket=ticket.pk),
        "events": events,
        "internal": [event for event in events if event.kind == TicketEventKind.INTERNAL],
        "parcels": _parcels(order=order.pk) if order else [],
        "history": buyers.history(shop_id=ticket.shop_id, buyer=ticket.buyer, but=ticket),
        "panels": panels_of(request, ticket),
        "others": presence.others(ticket=ticket, user=user, now=now),
        "is_mine": ticket.handler_id == user.pk,
    }


def steps(ticket: Ticket, user: User, *, now: datetime) -> set[str]:
    """Steps that a person may take on the case as it stands; the services decide (SPEC O4)."""
    found = {"take"} if ticket.status in DESK_STATUSES else set()
    if ticket.order is None:
        return found
    if asked := second_person.steps(ticket, user):
        freight = {"return_freight"} if freight_asked.asked(ticket) else set()
        return found | asked | freight | beside.possible(ticket)
    if ticket.status in DECIDABLE:
        found |= set() if obstacle(ticket) else {"approve"}
    if can_reject(ticket):
        found.add("reject")
    if replies.may_negotiate(ticket, now=now):
        found.add("negotiate")
    if can_confirm(ticket):
        found.add("confirm_return")
    if can_retry(ticket):
        found.add("retry")
    if approvals.may_close(ticket):
        found.add("close")
    found |= beside.possible(ticket)
    if freight_asked.asked(ticket):
        found.add("return_freight")
        if freight_asked.answer_of(ticket) is None:
            found.discard("confirm_return")
    ticket.order.shop = ticket.shop
    for kind in shop_requests.possible(ticket.order):
        difference = kind == ShopRequestKind.PRICE_DIFFERENCE
        found.add("price_difference" if difference else "open_request")
    return found | payments.steps(ticket)


def _times(ticket: Ticket) -> list[tuple[Any, str]]:
    """Where the goods are, as far as the order tells (SPEC S2)."""
    order = ticket.order
    if order is None:
        return []
    times = [
        (_("Paid by the buyer"), order.paid_at),
        (_("Label printed"), order.label_printed_at),
        (_("Shipped"), order.shipped_at),
        (_("Delivered"), order.delivered_at),
        (_("Completed"), order.completed_at),
        (_("Sent back"), ticket.return_shipped_at),
        (_("Goods received"), ticket.goods_received_at),
    ]
    return [(name, format_time(at, ticket.shop)) for name, at in times if at is not None]


def _pictures(ticket: Ticket) -> list[str]:
    """Links to the buyer's pictures; through the desk where their addresses end soon."""
    expire = platform_pictures.expire(ticket)
    return [
        reverse("desk:fresh-picture", args=[ticket.pk, place]) if expire else address
        for place, address in enumerate(ticket.evidence)
        if _is_web(address)
    ]


def _is_web(address: str) -> bool:
    """Only web addresses become links: a platform's text must not run as a script."""
    return address.startswith(("https://", "http://"))
