"""A case: a ticket with its order and refund, found and locked for a person of the desk.

A decision names the state that the person saw (SPEC O10). If the case has changed since, the person
is told the difference, and nothing is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Max
from django.utils.translation import gettext as _

from aftersale.domain.punctuation import COLON, SEMICOLON
from aftersale.models import Actor, Order, Refund, Ticket, TicketEvent, TicketEventKind
from aftersale.services.access.rights import Right, require, scoped
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotFound, Refused, Stale
from aftersale.services.shared.shown import done_by
from aftersale.services.tickets import snapshot


@dataclass
class Case:
    """A ticket with its order and refund, locked in this order, and who acts on it, when.

    `user` is None where the automation or the platform acts.
    """

    order: Order
    ticket: Ticket
    refund: Refund | None
    now: datetime
    user: User | None = None


@dataclass
class RefundCase(Case):
    """A case whose refund is there."""

    refund: Refund


# Events quoted to a person who comes too late; the following page shows all of them.
MOST_EVENTS = 3


def find_case(*, ticket_id: int, user: User, right: Right = Right.HANDLE_TICKETS) -> Ticket:
    """The ticket with its shop and order, if the user may see it and has the right."""
    tickets = scoped(Ticket.objects.select_related("shop", "order"), user)
    ticket = tickets.filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound(_("There is no such ticket."))
    require(user, ticket.shop_id, right)
    return ticket


def lock_case(*, ticket_id: int, user: User, now: datetime, seen: str | None = None) -> Case:
    """The case of a ticket that the user may handle, locked.

    `seen` is the text of `seen_now` from when the person looked at the case: raises Stale where
    the case differs from it. None: the caller does not say what was seen.
    """
    found = find_case(ticket_id=ticket_id, user=user)
    order = locks.lock_order(order_of(found).pk)
    ticket = locks.lock_ticket(found.pk)
    case = case_of_locked(order, ticket, now=now, user=user)
    require_unchanged(ticket, order, seen)
    return case


def case_of_locked(
    order: Order, ticket: Ticket, *, now: datetime, user: User | None = None
) -> Case:
    """The case of an order and a ticket that are locked already; locks the refund too."""
    return Case(order, ticket, locks.lock_refund(ticket.pk), now, user)


def lock_refund_case(
    *, refund_id: int, user: User, now: datetime, seen: str | None = None
) -> RefundCase:
    """The same of a refund that the user may handle."""
    found = scoped(Refund.objects.all(), user).filter(pk=refund_id).first()
    if found is None:
        raise NotFound(_("There is no such refund."))
    case = lock_case(ticket_id=found.ticket_id, user=user, now=now, seen=seen)
    assert case.refund is not None
    return RefundCase(case.order, case.ticket, case.refund, now, user)


def require_unchanged(ticket: Ticket, order: Order | None, seen: str | None) -> None:
    """Raises Stale, with the difference, if a locked case differs from the state that was seen."""
    if seen is not None and (changes := changes_since(ticket, order, seen)):
        raise Stale(
            _("Nothing was done: ticket %(ticket)s has changed meanwhile: %(changes)s.")
            % {"ticket": ticket.ticket_no, "changes": changes}
        )


def order_of(ticket: Ticket) -> Order:
    """The ticket's order; a ticket that came before its order is not decided (SPEC O6)."""
    if ticket.order is None:
        raise Refused(_("Ticket %s is waiting for its order.") % ticket.ticket_no)
    return ticket.order


def seen_now(ticket: Ticket, order: Order | None, *, last_event: int | None = None) -> str:
    """The facts of the case as they are now, for `seen` of a later decision.

    `last_event`: the key of the ticket's last event, where it has been read already.
    """
    last = _last_events([ticket.pk]).get(ticket.pk, 0) if last_event is None else last_event
    return snapshot.take(ticket, order, last_event=last).as_text()


def seen_of(tickets: Iterable[Ticket]) -> dict[int, str]:
    """`seen_now` of each ticket, by key; the tickets have their orders with them."""
    tickets = list(tickets)
    last = _last_events(ticket.pk for ticket in tickets)
    return {
        ticket.pk: snapshot.take(ticket, ticket.order, last_event=last.get(ticket.pk, 0)).as_text()
        for ticket in tickets
    }


def seen_after(seen: str, before: str, after: str) -> str:
    """`seen` of a case, once the same person has changed its order by a step on another case.

    `before` and `after` are of that other case. Any further change still shows.
    """
    own, old, new = map(snapshot.read, (seen, before, after))
    if own is None or old is None or new is None:
        return seen
    return own.after_own_step(old, new).as_text()


def changes_since(ticket: Ticket, order: Order | None, seen: str) -> str:
    """The difference between the case and the state that was seen, in words; empty if there is
    none."""
    before = snapshot.read(seen)
    if before is None:
        return _("it can't be compared with what you saw")
    told = snapshot.differences(before, ticket, order)
    events = list(
        TicketEvent.objects.filter(ticket=ticket, pk__gt=before.last_event)
        .select_related("user", "token")
        .order_by("pk")
    )
    moved = [event for event in events if event.kind == TicketEventKind.STATUS]
    if moved:
        # Names who moved it, too.
        told.pop("status", None)
    by_people = [event for event in events if event in moved or event.actor == Actor.PERSON]
    # The platform's own notes repeat the facts that changed.
    quoted = by_people if told or by_people else events
    texts = [_event_text(event) for event in quoted]
    if len(texts) > MOST_EVENTS:
        texts = [_("%d earlier changes") % (len(texts) - MOST_EVENTS), *texts[-MOST_EVENTS:]]
    return str(SEMICOLON).join([*told.values(), *texts])


def _last_events(ticket_pks: Iterable[int]) -> dict[int, int]:
    """The key of each ticket's last event."""
    events = TicketEvent.objects.filter(ticket__in=list(ticket_pks)).order_by()
    return dict(events.values_list("ticket").annotate(Max("pk")))


def _event_text(event: TicketEvent) -> str:
    who = done_by(event)
    if event.to_status:
        return _("%(who)s moved it to “%(status)s”") % {
            "who": who,
            "status": event.get_to_status_display(),
        }
    return f"{who}{COLON}{event.note or event.get_kind_display()}"
