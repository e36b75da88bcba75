"""A case: a ticket with its order and refund, as a person of the desk takes hold of it.

Whoever decides says what they saw. A case that has changed since is not decided: the person is
told what happened meanwhile, and nothing is written.
"""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Max
from django.utils.translation import gettext as _

from aftersale.models import Order, Refund, Ticket, TicketEvent
from aftersale.services.access.rights import Right, require, scoped
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotFound, Refused, Stale

# Events quoted to whoever comes late; the page that follows shows them all.
MOST_EVENTS = 3


def find_case(*, ticket_id: int, user: User, right: Right = Right.HANDLE_TICKETS) -> Ticket:
    """The ticket with its shop and order, if the user may see it and has the right."""
    tickets = scoped(Ticket.objects.select_related("shop", "order"), user)
    ticket = tickets.filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound(_("There is no such ticket."))
    require(user, ticket.shop_id, right)
    return ticket


def lock_case(
    *, ticket_id: int, user: User, seen: str | None = None
) -> tuple[Order, Ticket, Refund | None]:
    """Order, ticket and refund, locked in this order, of a ticket that the user may handle.

    With `seen`, what `seen_now` said of the case when the person looked at it, raises Stale where
    it says something else by now.
    """
    found = find_case(ticket_id=ticket_id, user=user)
    order = locks.lock_order(order_of(found).pk)
    ticket = locks.lock_ticket(found.pk)
    refund = locks.lock_refund(ticket.pk)
    require_unchanged(ticket, order, seen)
    return order, ticket, refund


def lock_refund_case(*, refund_id: int, user: User) -> tuple[Order, Ticket, Refund]:
    """The same of a refund that the user may handle."""
    found = scoped(Refund.objects.all(), user).filter(pk=refund_id).first()
    if found is None:
        raise NotFound(_("There is no such refund."))
    order, ticket, refund = lock_case(ticket_id=found.ticket_id, user=user)
    assert refund is not None
    return order, ticket, refund


def require_unchanged(ticket: Ticket, order: Order | None, seen: str | None) -> None:
    """Raises Stale where a locked case is not as it was seen, if that was said."""
    if seen is not None and seen != seen_now(ticket, order):
        raise Stale(_changes(ticket, order, seen))


def order_of(ticket: Ticket) -> Order:
    """The ticket's order; a ticket that came before its order is not decided (SPEC O6)."""
    if ticket.order is None:
        raise Refused(_("Ticket %s is waiting for its order.") % ticket.ticket_no)
    return ticket.order


def seen_now(ticket: Ticket, order: Order | None) -> str:
    """The case as it is now, in a few figures: its last event, and the order's own."""
    return _seen(_last_events([ticket.pk]).get(ticket.pk, 0), order)


def seen_of(tickets: Iterable[Ticket]) -> dict[int, str]:
    """What `seen_now` says of each of them, by key; the tickets have their orders with them."""
    tickets = list(tickets)
    last = _last_events(ticket.pk for ticket in tickets)
    return {ticket.pk: _seen(last.get(ticket.pk, 0), ticket.order) for ticket in tickets}


def seen_after(seen: str, before: str, after: str) -> str:
    """What was seen of a case, once a step of the same person on another case of its order has
    changed the order: `before` and `after` are of that case. Any other change still shows.
    """
    event, _dot, order = seen.partition(".")
    if order and order == before.partition(".")[2]:
        return f"{event}.{after.partition('.')[2]}"
    return seen


def _last_events(ticket_pks: Iterable[int]) -> dict[int, int]:
    """The key of each ticket's last event."""
    events = TicketEvent.objects.filter(ticket__in=list(ticket_pks)).order_by()
    return dict(events.values_list("ticket").annotate(Max("pk")))


def _seen(last_event: int, order: Order | None) -> str:
    parts: list[object] = [last_event]
    if order is not None:
        parts += [_microseconds(order.updated_at), order.committed, order.refunded_amount]
    return ".".join(str(part) for part in parts)


def changes_since(ticket: Ticket, order: Order | None, seen: str) -> str:
    """What happened to the case since it was seen, in words; empty where nothing did."""
    return "" if seen == seen_now(ticket, order) else _told_since(ticket, order, seen)


def _microseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)


def _changes(ticket: Ticket, order: Order | None, seen: str) -> str:
    return _("Nothing was done: ticket %(ticket)s has changed meanwhile: %(changes)s.") % {
        "ticket": ticket.ticket_no,
        "changes": _told_since(ticket, order, seen),
    }


def _told_since(ticket: Ticket, order: Order | None, seen: str) -> str:
    first = seen.split(".")[0]
    events = TicketEvent.objects.filter(ticket=ticket, pk__gt=int(first) if first.isdigit() else 0)
    told = [_told(event) for event in events.select_related("user").order_by("pk")]
    if len(told) > MOST_EVENTS:
        told = [_("%d earlier changes") % (len(told) - MOST_EVENTS), *told[-MOST_EVENTS:]]
    if not told and order is None:
        told = [_("the platform reported something new")]
    elif not told and order is not None:
        told = [_("its order changed, and is now “%s”") % order.get_status_display()]
    return "; ".join(told)


def _told(event: TicketEvent) -> str:
    user = event.user
    who = user.get_full_name() or user.username if user else event.get_actor_display()
    if event.to_status:
        return _("%(who)s moved it to “%(status)s”") % {
            "who": who,
            "status": event.get_to_status_display(),
        }
    return f"{who}: {event.note or event.get_kind_display()}"
