"""Requests for a second person, as rows of their tickets (SPEC G4).

Callers hold the locks of the order and the ticket. The money that a request holds is the subject of
refunds/second_person.py.
"""

from datetime import datetime

from django.contrib.auth.models import User

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    Actor,
    ApprovalRequest,
    ApprovalState,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketFlag,
)
from aftersale.services.shared.errors import WaitsForSecondPerson
from aftersale.services.shared.shown import who


def is_waiting(ticket: Ticket) -> bool:
    """The flag and the row come and go together."""
    return TicketFlag.SECOND_PERSON in ticket.flags


def of_ticket(ticket: Ticket) -> ApprovalRequest | None:
    """The request that waits, if one does."""
    if not is_waiting(ticket):
        return None
    waiting = ApprovalRequest.objects.filter(ticket=ticket, state=ApprovalState.WAITING)
    return waiting.select_related("requested_by", "requested_token").first()


def require_none(ticket: Ticket) -> None:
    """Raises WaitsForSecondPerson: nobody decides the case past whoever has asked."""
    request = of_ticket(ticket)
    if request is not None:
        raise WaitsForSecondPerson(
            _(
                "Ticket %(ticket)s waits for a second person: %(who)s asked for “%(what)s”,"
                " %(amount)s. Confirm or decline that first."
            )
            % {
                "ticket": ticket.ticket_no,
                "who": who(request, "requested_by"),
                "what": request.get_kind_display(),
                "amount": format_yuan(request.amount),
            }
        )


def settle(
    request: ApprovalRequest, state: ApprovalState, *, user: User | None, now: datetime, note: str
) -> None:
    """Ends the request; None: nobody ended it. The note says why, in the case's history too."""
    request.state, request.settled_by, request.settled_at = state, user, now
    request.note, request.arguments = note, {}
    request.save(update_fields=["state", "settled_by", "settled_at", "note", "arguments"])
    write_event(
        request.ticket_id,
        note,
        actor=Actor.PERSON if user else Actor.AUTOMATION,
        user=user,
        now=now,
    )


def fall(ticket: Ticket, *, why: str, now: datetime) -> None:
    """Ends the request of a ticket that has lost its flag, because things have changed."""
    request = ApprovalRequest.objects.get(ticket=ticket, state=ApprovalState.WAITING)
    note = _("Not asked of a second person any more: %s") % why
    settle(request, ApprovalState.FALLEN, user=None, now=now, note=note)


def write_event(ticket_pk: int, note: str, *, actor: str, user: User | None, now: datetime) -> None:
    TicketEvent.objects.create(
        ticket_id=ticket_pk, at=now, kind=TicketEventKind.NOTE, actor=actor, user=user, note=note
    )
