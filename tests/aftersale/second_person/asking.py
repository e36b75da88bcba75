"""Shops with limits, and the steps of those who ask and those who confirm (SPEC G4)."""

from django.contrib.auth.models import User

from aftersale.models import (
    ApprovalLimit,
    ApprovalRequest,
    ApprovalState,
    Order,
    Role,
    Shop,
    Ticket,
    TicketFlag,
)
from aftersale.services.refunds import approvals, second_person
from tests.aftersale.refunds.conftest import Clock

AGENT_ALONE, MANAGER_ALONE = 5_000, 50_000


def limited(shop: Shop) -> Shop:
    for role, amount in ((Role.CS_AGENT, AGENT_ALONE), (Role.CS_MANAGER, MANAGER_ALONE)):
        ApprovalLimit.objects.create(shop=shop, role=role, amount=amount)
    return shop


def waiting(ticket: Ticket) -> ApprovalRequest:
    return ApprovalRequest.objects.get(ticket=ticket, state=ApprovalState.WAITING)


def approve(ticket: Ticket, user: User, clock: Clock, **more: object) -> Ticket:
    return approvals.approve(ticket_id=ticket.pk, user=user, now=clock.now, **more)


def confirm(ticket: Ticket, user: User, clock: Clock, **more: object) -> Ticket:
    return second_person.confirm(request_id=waiting(ticket).pk, user=user, now=clock.now, **more)


def decline(ticket: Ticket, user: User, clock: Clock, note: str = "no") -> Ticket:
    return second_person.decline(request_id=waiting(ticket).pk, user=user, now=clock.now, note=note)


def is_asked(ticket: Ticket) -> bool:
    ticket.refresh_from_db()
    assert (TicketFlag.SECOND_PERSON in ticket.flags) == (
        ApprovalRequest.objects.filter(ticket=ticket, state=ApprovalState.WAITING).exists()
    )
    return TicketFlag.SECOND_PERSON in ticket.flags


def committed(order: Order) -> int:
    return Order.objects.values_list("committed", flat=True).get(pk=order.pk)


def last_notes(ticket: Ticket, number: int) -> list[tuple[str | None, str]]:
    events = list(ticket.events.select_related("user").order_by("-pk")[:number])
    return [
        (event.user and event.user.username, event.to_status or str(event.note))
        for event in reversed(events)
    ]
