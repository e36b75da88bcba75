"""The handler of a case, so that colleagues do not do it twice; anybody may still decide it."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.identifiers import is_visible
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    DESK_STATUSES,
    Actor,
    Membership,
    Ticket,
    TicketEvent,
    TicketEventKind,
)
from aftersale.services.access.rights import ROLES, Right
from aftersale.services.shared import locks
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.shown import person_name
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
        note = (
            _("Taken into hand.")
            if before is None
            else _("Taken over from %s.") % person_name(before)
        )
        _hand(ticket, user, note=note, user=user, now=now)
        return ticket


def colleagues(*, ticket: Ticket, user: User) -> list[User]:
    """The people who may handle the case, but the one who asks."""
    handling = Membership.objects.filter(
        shop=ticket.shop_id, role__in=ROLES[Right.HANDLE_TICKETS], user__is_active=True
    )
    found = handling.exclude(user=user).select_related("user").order_by("user__username")
    return [member.user for member in found]


def handlers(*, shop_ids: Sequence[int]) -> list[User]:
    """The people in whose hands open cases of these shops are."""
    held = Ticket.objects.filter(
        shop__in=shop_ids, status__in=DESK_STATUSES, handler__isnull=False
    ).values("handler")
    return list(User.objects.filter(pk__in=held).order_by("username"))


def hand_over(
    *, ticket_id: int, to: int | None, note: str, user: User, now: datetime, seen: str | None = None
) -> Ticket:
    """Gives an open case into a colleague's hands, with a word on it or without."""
    with transaction.atomic():
        ticket = _locked(ticket_id=ticket_id, user=user, seen=seen)
        if ticket.status not in DESK_STATUSES:
            raise Refused(_("Ticket %s needs nobody any more.") % ticket.ticket_no)
        people = {one.pk: one for one in colleagues(ticket=ticket, user=user)}
        if to not in people:
            raise Refused(_("Choose a colleague who handles tickets of this shop."), pointer="to")
        said: str = _("Handed to %s.") % person_name(people[to])
        if is_visible(note):
            said = joined(" ", [said, note.strip()])
        _hand(ticket, people[to], note=said, user=user, now=now)
        return ticket


def hand_back(*, ticket_id: int, user: User, now: datetime, seen: str | None = None) -> Ticket:
    """The case is unassigned again; only its assignee can hand it back."""
    with transaction.atomic():
        ticket = _locked(ticket_id=ticket_id, user=user, seen=seen)
        if ticket.handler_id != user.pk:
            raise Refused(_("Ticket %s is not in your hands.") % ticket.ticket_no)
        _hand(ticket, None, note=_("Handed back."), user=user, now=now)
        return ticket


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
