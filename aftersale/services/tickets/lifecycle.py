"""The one place where a ticket's status changes (SPEC O4)."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User

from aftersale.domain.deadlines import due_at
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    HANDS_OFF,
    Actor,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from aftersale.services.shared import same_values
from aftersale.services.shared.errors import WrongStep
from aftersale.services.tickets import negotiation, waiting_approvals

A, M, P = Actor.AUTOMATION, Actor.PERSON, Actor.PLATFORM
S = TicketStatus

# SPEC O4's table, row by row.
STEPS: dict[tuple[TicketStatus, TicketStatus], set[Actor]] = {
    (S.PENDING_REVIEW, S.REFUNDING): {A, M},
    (S.PENDING_REVIEW, S.AWAITING_RETURN): {A, M},
    (S.PENDING_REVIEW, S.NEGOTIATING): {M},
    (S.PENDING_REVIEW, S.REJECTED): {M},
    (S.PENDING_REVIEW, S.ARBITRATION): {P},
    (S.PENDING_REVIEW, S.CANCELLED): {P},
    (S.PENDING_REVIEW, S.CLOSED): {M, P},
    (S.NEGOTIATING, S.PENDING_REVIEW): {P},
    (S.NEGOTIATING, S.REFUNDING): {M, P},
    (S.NEGOTIATING, S.AWAITING_RETURN): {M, P},
    (S.NEGOTIATING, S.REJECTED): {M},
    (S.NEGOTIATING, S.ARBITRATION): {P},
    (S.NEGOTIATING, S.CANCELLED): {P},
    (S.NEGOTIATING, S.CLOSED): {M, P},
    (S.AWAITING_RETURN, S.RETURNING): {P},
    (S.AWAITING_RETURN, S.REFUNDING): {M},
    (S.AWAITING_RETURN, S.CANCELLED): {P},
    (S.AWAITING_RETURN, S.CLOSED): {M, P},
    (S.AWAITING_RETURN, S.ARBITRATION): {P},
    (S.RETURNING, S.REFUNDING): {M, P},
    (S.RETURNING, S.REJECTED): {M},
    (S.RETURNING, S.ARBITRATION): {P},
    (S.RETURNING, S.CANCELLED): {P},
    (S.RETURNING, S.CLOSED): {M, P},
    (S.REFUNDING, S.REFUNDED): {P},
    (S.REFUNDING, S.REFUND_FAILED): {P},
    (S.REFUNDING, S.PENDING_REVIEW): {M},
    (S.REFUND_FAILED, S.REFUNDING): {M},
    (S.REFUND_FAILED, S.ARBITRATION): {P},
    (S.REFUND_FAILED, S.CLOSED): {M, P},
    (S.REJECTED, S.PENDING_REVIEW): {P},
    (S.REJECTED, S.ARBITRATION): {P},
    (S.REJECTED, S.CANCELLED): {P},
    (S.REJECTED, S.CLOSED): {P},
    (S.ARBITRATION, S.REFUNDING): {P},
    (S.ARBITRATION, S.AWAITING_RETURN): {P},
    (S.ARBITRATION, S.REJECTED): {P},
    (S.ARBITRATION, S.CANCELLED): {P},
    (S.ARBITRATION, S.CLOSED): {P},
}
# Steps of a person that depend on what the ticket asks for: one of 0.00 is closed, never refunded.
_CLOSED_WITHOUT_RETURN = {(S.PENDING_REVIEW, S.CLOSED), (S.NEGOTIATING, S.CLOSED)}
_CLOSED_WITH_RETURN = {(S.AWAITING_RETURN, S.CLOSED), (S.RETURNING, S.CLOSED)}
_REFUNDED_WITH_RETURN = {(S.AWAITING_RETURN, S.REFUNDING), (S.RETURNING, S.REFUNDING)}
FINAL = {S.REFUNDED, S.CANCELLED, S.CLOSED}

# The columns that a step may change.
_MOVED = [
    "status",
    "status_at",
    "due_at",
    "awaiting_evaluation",
    "rejected_before",
    "taken_back",
    "flags",
]


def allowed(from_status: str, to_status: str, actor: str) -> bool:
    """True if SPEC O4's table has the step for this actor."""
    return actor in STEPS.get((S(from_status), S(to_status)), set())


def asks_for_nothing(ticket: Ticket) -> bool:
    """True if the ticket is of 0.00, as for a gift; an exchange has no amount of its own."""
    return ticket.amount == 0 and ticket.type != TicketType.EXCHANGE


def goods_first(ticket: Ticket) -> bool:
    """True if the goods come back before anything else follows."""
    return ticket.type in (TicketType.RETURN_REFUND, TicketType.EXCHANGE)


def may_move(ticket: Ticket, to_status: str, actor: str) -> bool:
    """True if SPEC O4's table has the step for this actor and this ticket's type."""
    step = (S(ticket.status), S(to_status))
    if not allowed(*step, actor):
        return False
    if actor != M:
        return True
    nothing = asks_for_nothing(ticket)
    if step in _CLOSED_WITHOUT_RETURN:
        return nothing and not goods_first(ticket)
    if step in _CLOSED_WITH_RETURN:
        # An exchange ends with new goods, once the old ones have come.
        exchanged = ticket.type == TicketType.EXCHANGE and ticket.status == S.RETURNING
        return exchanged or nothing
    return not (nothing and step in _REFUNDED_WITH_RETURN)


def move(
    ticket: Ticket,
    to_status: str,
    *,
    actor: str,
    now: datetime,
    user: User | None = None,
    note: str = "",
    as_fact: bool = False,
) -> None:
    """Moves a locked ticket and writes its event; raises WrongStep, having written nothing.

    A rejection, and a refund that a person takes back, are remembered for good (SPEC E2).
    `as_fact` takes over what the platform reports as done where the table has no such step, and
    flags it. The step to or from `pending_review` decides whether the automation has to look.
    """
    event = _moved(ticket, to_status, actor=actor, now=now, user=user, note=note, as_fact=as_fact)
    ticket.save(update_fields=_MOVED)
    event.save()


def move_together(tickets: Sequence[Ticket], to_status: str, *, actor: str, now: datetime) -> None:
    """Moves locked tickets as `move` does, by a statement or two for all of them. Whoever calls it
    wakes the webhooks: it sends no signal for each event."""
    events = [_moved(ticket, to_status, actor=actor, now=now) for ticket in tickets]
    same_values.save(tickets, _MOVED)
    TicketEvent.objects.bulk_create(events)


def _moved(
    ticket: Ticket,
    to_status: str,
    *,
    actor: str,
    now: datetime,
    user: User | None = None,
    note: str = "",
    as_fact: bool = False,
) -> TicketEvent:
    """Changes the ticket, whose caller saves it; its event, not saved yet."""
    from_status = ticket.status
    usual = may_move(ticket, to_status, actor)
    if not usual and not (as_fact and actor == P):
        raise WrongStep(ticket.ticket_no, S(from_status), S(to_status))
    if drop_flag(ticket, TicketFlag.SECOND_PERSON):
        # Its money is dealt with by whoever moves the ticket (refunds/second_person.py).
        why = _("the ticket went to “%s”.") % S(to_status).label
        waiting_approvals.fall(ticket, why=why, now=now)
    if from_status == S.NEGOTIATING:
        negotiation.end(ticket, to_status, actor=actor, now=now)
    ticket.status = to_status
    ticket.status_at = now
    # A platform's deadline belongs to the status it came with (SPEC O5).
    ticket.due_at = due_at(
        platform=ticket.shop.platform, type=ticket.type, status=to_status, since=now
    )
    ticket.awaiting_evaluation = may_wait(ticket)
    if to_status == S.REJECTED:
        ticket.rejected_before = True
    elif (from_status, to_status) == (S.REFUNDING, S.PENDING_REVIEW) and actor == M:
        ticket.taken_back = True
    if not usual:
        add_flag(ticket, TicketFlag.PLATFORM_STEP)
    return TicketEvent(
        ticket=ticket,
        at=now,
        kind=TicketEventKind.STATUS,
        actor=actor,
        user=user,
        from_status=from_status,
        to_status=to_status,
        note=note,
    )


def may_wait(ticket: Ticket) -> bool:
    """True if the automation can evaluate the ticket: it is under review, its order and line have
    arrived (SPEC O6), and no flag keeps it for people."""
    return (
        ticket.status == S.PENDING_REVIEW
        and ticket.order_id is not None
        and not set(HANDS_OFF) & set(ticket.flags)
    )


def drop_flag(ticket: Ticket, flag: str) -> bool:
    """Takes a flag from a locked ticket that the caller saves; False where it was not up."""
    if flag not in ticket.flags:
        return False
    ticket.flags = [other for other in ticket.flags if other != flag]
    return True


def add_flag(ticket: Ticket, flag: str) -> bool:
    """Raises a flag on a locked ticket that the caller saves; False where it was up already."""
    if flag in ticket.flags:
        return False
    ticket.flags = [*ticket.flags, flag]
    return True
