"""The handler of a case, so that colleagues do not do it twice; anybody may still decide it."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.multilingual import said as _
from aftersale.models import DESK_STATUSES, Actor, Ticket, TicketEvent, TicketEventKind
from aftersale.services.shared import locks
from aftersale.services.shared.errors import Refused
from aftersale.services.tickets.cases import find_case, require_unchanged


def take(*, ticket_id: int, user: User, now: datetime, seen: str | None = None) -> Ticket:
    """Takes an open case into hand, also out of a colleague's."""
    with transaction.atomic():
        ticket = _locked(ticket_id=ticket_id, user=user, seen=seen)
        if ticket.status not in DESK_STATUSES:
            raise Refused(_("Ticket %s needs nobody any more.") % ticket.ticket_no)
        if ticket.handler_id == user.pk:
            return ticket
        before = ticket.handler
        note = _("Taken into hand.") if before is None else _("Taken over from %s.") % _name(before)
        _hand(ticket, user, note=note, user=user, now=now)
        return ticket


def hand_back(*, ticket_id: int, user: User, now: datetime, seen: str | None = None) -> Ticket:
    """The case is unassigned again; only its assignee can hand it back."""
    with transaction.atomic():
        ticket = _locked(ticket_id=ticket_id, user=user, seen=seen)
        if ticket.handler_id != user.pk:
            raise Refused(_("Ticket %s is not in your hands.") % ticket.ticket_no)
        _hand(ticket, None, note=_("Handed back."), user=user, now=now)
        return ticket


def _name(user: User) -> str:
    return user.get_full_name() or user.get_username()


def _locked(*, ticket_id: int, user: User, seen: str | None) -> Ticket:
    """No money moves and the order may not have come yet: the ticket's own row is enough."""
    found = find_case(ticket_id=ticket_id, user=user)
    ticket = locks.lock_ticket(found.pk)
    require_unchanged(ticket, ticket.order, seen)
    return ticket


def _hand(ticket: Ticket, handler: User | None, *, note: str, user: User, now: datetime) -> None:
    ticket.handler = handler
    ticket.save(update_fields=["handler"])
    TicketEvent.objects.create(
        ticket=ticket, at=now, kind=TicketEventKind.NOTE, actor=Actor.PERSON, user=user, note=note
    )
