"""The queues of the workbench: what each holds, how much, nearest deadline first (SPEC O5).

Made for a million tickets: whatever is open is read by the index `ticket_on_the_desk`, counts
stop at MOST_COUNTED, and a page reads as many rows as it shows of each shop and status. `shop_ids`
are the shops that the person sees.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from aftersale.models import (
    DESK_STATUSES,
    OPEN_ALERTS,
    AlertState,
    Order,
    OrderLabel,
    OrderStatus,
    Refund,
    RefundSource,
    ShippingAlert,
    Ticket,
    TicketStatus,
)

from . import steady
from .finding import Query, find, tickets_of_order

MOST_COUNTED = 999
MOST_FOUND = 200
# Above this a page of all of them is sorted as a whole: so many small reads cost more.
MOST_READS = 60
FAST_REFUNDS_SHOWN_FOR = timedelta(days=1)

# The buyer's clock runs while the goods are awaited: nothing of the merchant's is due then.
MERCHANTS_TURN = [status for status in DESK_STATUSES if status != TicketStatus.AWAITING_RETURN]


class Queue(models.TextChoices):
    TO_HANDLE = "to_handle", _("To handle")
    DUE_2H = "due_2h", _("Due within 2 h")
    DUE_24H = "due_24h", _("Due within 24 h")
    OVERDUE = "overdue", _("Overdue")
    NEGOTIATING = "negotiating", _("Negotiating")
    WAITING_FOR_GOODS = "waiting_for_goods", _("Waiting for goods")
    REFUND_FAILED = "refund_failed", _("Refund failed")
    SHIPPING_ALERTS = "shipping_alerts", _("Shipping alerts")
    FAST_REFUND = "fast_refund", _("Fast refund guarantee")
    MINE = "mine", _("Mine")
    ALL = "all", _("All on the desk")


@dataclass(frozen=True)
class Filters:
    """What narrows a queue. Amounts in fen."""

    type: str = ""
    reason: str = ""
    amount_from: int | None = None
    amount_to: int | None = None

    def narrow(self, tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
        if self.type:
            tickets = tickets.filter(type=self.type)
        if self.reason:
            tickets = tickets.filter(reason=self.reason)
        if self.amount_from is not None:
            tickets = tickets.filter(amount__gte=self.amount_from)
        if self.amount_to is not None:
            tickets = tickets.filter(amount__lte=self.amount_to)
        return tickets


# Where a page ended: deadline and key of its last ticket.
Place = tuple[datetime | None, int]


class Waiting(NamedTuple):
    """What waits for people; MOST_COUNTED + 1 tickets means more."""

    tickets: int
    parcels: int


def counts(*, shop_ids: Sequence[int], user: User, now: datetime) -> tuple[dict[str, int], Waiting]:
    """How many tickets each queue holds, and what waits, in one query; MOST_COUNTED + 1 means
    more."""
    queues: list[QuerySet] = [_tickets(queue, shop_ids, user, now) for queue in Queue.values]
    # One a ticket: these need not be looked up to be counted.
    queues[Queue.values.index(Queue.SHIPPING_ALERTS)] = _open_alerts(shop_ids)
    *found, parcels = _counted([*queues, _parcels(shop_ids)])
    held = dict(zip(Queue.values, found, strict=True))
    return held, Waiting(held[Queue.TO_HANDLE], parcels)


def waiting(*, shop_ids: Sequence[int], user: User, now: datetime) -> Waiting:
    """Tickets that wait for a decision of people, and parcels that nobody has looked after yet."""
    return Waiting(*_counted([_tickets(Queue.TO_HANDLE, shop_ids, user, now), _parcels(shop_ids)]))


def _parcels(shop_ids: Sequence[int]) -> QuerySet[ShippingAlert]:
    return ShippingAlert.objects.filter(shop__in=shop_ids, state=AlertState.TO_STOP)


def _counted(found: Sequence[QuerySet]) -> tuple[int, ...]:
    """The size of each, up to MOST_COUNTED + 1, in one query."""
    parts: list[str] = []
    values: list[Any] = []
    for rows in found:
        try:
            sql, params = rows.order_by().values("pk")[: MOST_COUNTED + 1].query.sql_with_params()
        except EmptyResultSet:  # of no shops
            sql, params = "SELECT WHERE false", ()
        parts.append(f"(SELECT count(*) FROM ({sql}) counted)")  # noqa: S608
        values += params
    return steady.fetch(f"SELECT {', '.join(parts)}", values)[0]


def page(
    *,
    queue: str,
    shop_ids: Sequence[int],
    user: User,
    now: datetime,
    filters: Filters,
    limit: int,
    after: Place | None = None,
) -> list[int]:
    """The keys of the next `limit` tickets of a queue, nearest deadline first."""
    if not shop_ids:
        return []
    statuses = _STATUSES.get(queue, [])
    if not statuses or len(statuses) * len(shop_ids) > MOST_READS:
        return _first(filters.narrow(_tickets(queue, shop_ids, user, now)), after, limit)
    # Shop by shop and status by status the index has them in order: each read stops early.
    reads = [
        _ordered(
            filters.narrow(_tickets(queue, [shop_id], user, now).filter(status=status)), after
        ).values_list("pk", "due_at")[:limit]
        for shop_id in shop_ids
        for status in statuses
    ]
    if len(reads) == 1:
        return [pk for pk, _due in _fetch(reads[0])]
    together = reads[0].union(*reads[1:], all=True)
    found = together.order_by(F("due_at").asc(nulls_last=True), "pk")[:limit]
    return [pk for pk, _due in _fetch(found)]


def search(*, term: str, shop_ids: Sequence[int], filters: Filters) -> list[int]:
    """The keys of the tickets that the term can mean, open or not, newest first.

    A ticket's number, else an order's, else a return's tracking number, else the beginning of a
    buyer's name; each by its own index, in one query.
    """
    if not (term and shop_ids):
        return []
    tickets = filters.narrow(Ticket.objects.filter(shop__in=shop_ids))
    numbered: list[QuerySet | Query] = [
        tickets.filter(ticket_no=term),
        tickets_of_order(term, shop_ids),
        tickets.filter(order=None, order_no=term),
        tickets.filter(return_tracking_no=term),
    ]
    found = find(model=Ticket, shop_ids=shop_ids, numbered=numbered, term=term, most=MOST_FOUND)
    keys: Iterable[int] = found.keys
    if filters != Filters():
        keys = filters.narrow(Ticket.objects.filter(pk__in=found.keys)).values_list("pk", flat=True)
    return sorted(keys, reverse=True)[:MOST_FOUND]


def _fetch(found: QuerySet) -> list[tuple[Any, ...]]:
    return steady.fetch(*found.query.sql_with_params())


def rows(pks: Sequence[int]) -> list[Ticket]:
    """The tickets of a page, in its order, with what a row shows."""
    found = Ticket.objects.select_related("shop", "handler").in_bulk(pks)
    return [found[pk] for pk in pks if pk in found]


_STATUSES: dict[str, Sequence[str]] = {
    Queue.TO_HANDLE: [TicketStatus.PENDING_REVIEW],
    Queue.DUE_2H: MERCHANTS_TURN,
    Queue.DUE_24H: MERCHANTS_TURN,
    Queue.OVERDUE: MERCHANTS_TURN,
    Queue.NEGOTIATING: [TicketStatus.NEGOTIATING],
    Queue.WAITING_FOR_GOODS: [TicketStatus.AWAITING_RETURN, TicketStatus.RETURNING],
    Queue.REFUND_FAILED: [TicketStatus.REFUND_FAILED],
    Queue.ALL: DESK_STATUSES,
}


def _tickets(queue: str, shop_ids: Sequence[int], user: User, now: datetime) -> QuerySet[Ticket]:
    tickets = Ticket.objects.filter(shop__in=shop_ids)
    if queue in _STATUSES:
        tickets = tickets.filter(status__in=_STATUSES[queue])
    if queue == Queue.TO_HANDLE:
        return tickets.filter(waits=False)
    if queue == Queue.OVERDUE:
        return tickets.filter(due_at__lt=now)
    if queue in (Queue.DUE_2H, Queue.DUE_24H):
        span = timedelta(hours=2 if queue == Queue.DUE_2H else 24)
        return tickets.filter(due_at__gte=now, due_at__lt=now + span)
    if queue == Queue.MINE:
        return tickets.filter(status__in=DESK_STATUSES, handler=user)
    if queue == Queue.SHIPPING_ALERTS:
        return tickets.filter(pk__in=_open_alerts(shop_ids).values("ticket"))
    if queue == Queue.FAST_REFUND:
        return tickets.filter(pk__in=_fast_refunds(shop_ids, now))
    return tickets


def _open_alerts(shop_ids: Sequence[int]) -> QuerySet[ShippingAlert]:
    return ShippingAlert.objects.filter(shop__in=shop_ids, state__in=OPEN_ALERTS)


def _fast_refunds(shop_ids: Sequence[int], now: datetime) -> QuerySet:
    """SPEC F2: what waits although its order carries the label and was not shipped (F1), and what
    was refunded within a day. An OR over both would read every ticket."""
    labelled = Order.objects.filter(
        shop__in=shop_ids,
        labels__contains=[OrderLabel.FAST_REFUND],
        status=OrderStatus.PENDING_SHIPMENT,
    )
    waiting = Ticket.objects.filter(
        shop__in=shop_ids, status__in=DESK_STATUSES, order__in=labelled.values("pk")
    )
    refunded = Refund.objects.filter(
        shop__in=shop_ids,
        source=RefundSource.FAST_REFUND,
        requested_at__gte=now - FAST_REFUNDS_SHOWN_FOR,
    )
    return waiting.order_by().values("pk").union(refunded.values("ticket"), all=True)


def _first(tickets: QuerySet[Ticket], after: Place | None, limit: int) -> list[int]:
    return list(_ordered(tickets, after).values_list("pk", flat=True)[:limit])


def _ordered(tickets: QuerySet[Ticket], after: Place | None) -> QuerySet[Ticket]:
    if after is not None:
        due, pk = after
        later = Q(due_at=None)
        if due is None:
            later = Q(due_at=None, pk__gt=pk)
        else:
            later |= Q(due_at__gt=due) | Q(due_at=due, pk__gt=pk)
        tickets = tickets.filter(later)
    # PostgreSQL's own order, which the index has: nulls last.
    return tickets.order_by("due_at", "pk")
