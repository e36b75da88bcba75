"""The queues of the workbench with their cases and counts, nearest deadline first (SPEC O5);
tickets that buyers urge come before the others.

Parcels to be stopped and refunds to be paid by hand have no deadline, and a second person is asked
in turn (SPEC G4): those that have waited longest come first.

Made for a million tickets: open ones are read by the indexes `ticket_on_the_desk` and
`shipping_alert_on_its_way`, counts stop at MOST_COUNTED, and a page reads of each shop and status
only as many rows as it shows. `shop_ids` are the shops that the person sees.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from aftersale.models import (
    DESK_STATUSES,
    OPEN_ALERTS,
    AlertState,
    ApprovalRequest,
    ApprovalState,
    Order,
    OrderLabel,
    OrderLine,
    OrderStatus,
    Refund,
    RefundSource,
    RefundStatus,
    ShippingAlert,
    Ticket,
    TicketStatus,
)
from aftersale.services.desk.filters import NO_FILTERS, Filters
from aftersale.services.refunds.by_hand import TO_PAY
from aftersale.services.shared import index_only
from aftersale.services.shared.prepared import MOST_KEPT, Slot, Slots, filled, prepared

MOST_COUNTED = 999
MOST_FOUND = 200
# Above this many shops and statuses a page is sorted as a whole: as many small reads cost more.
MOST_READS = 60
FAST_REFUNDS_SHOWN_FOR = timedelta(days=1)

# While goods are awaited the buyer's clock runs; the merchant has no deadline.
MERCHANTS_TURN = [status for status in DESK_STATUSES if status != TicketStatus.AWAITING_RETURN]


class Queue(models.TextChoices):
    TO_HANDLE = "to_handle", _("To handle")
    DUE_2H = "due_2h", _("Due within 2 h")
    DUE_24H = "due_24h", _("Due within 24 h")
    OVERDUE = "overdue", _("Overdue")
    NEGOTIATING = "negotiating", _("Negotiating")
    WAITING_FOR_GOODS = "waiting_for_goods", _("Waiting for goods")
    REFUND_FAILED = "refund_failed", _("Refund failed")
    TO_PAY = "to_pay", _("To pay by hand")
    SECOND_PERSON = "second_person", _("Second person")
    SHIPPING_ALERTS = "shipping_alerts", _("Shipping alerts")
    FAST_REFUND = "fast_refund", _("Fast refund guarantee")
    MINE = "mine", _("Mine")
    ALL = "all", _("All on the desk")


class Sort(models.TextChoices):
    """The order of a list; DUE is the queue's own."""

    DUE = "due", _("Nearest deadline first")
    OLDEST = "oldest", _("Applied first")
    NEWEST = "newest", _("Applied last")
    DEAREST = "dearest", _("Largest amount first")
    CHEAPEST = "cheapest", _("Smallest amount first")


_COLUMN_OF = {
    Sort.OLDEST: "applied_at",
    Sort.NEWEST: "-applied_at",
    Sort.DEAREST: "-amount",
    Sort.CHEAPEST: "amount",
}


class Place(NamedTuple):
    """The end of a page: its last row's sort moment and key, and whether it is an urged one."""

    at: datetime | None
    key: int
    urged: bool = False


# Values of a query, or their slots.
Keys = Sequence[int] | Slots
Who = User | Slot
Moment = datetime | Slot
# Filled in when a query runs.
NOW, USER = Slot("now"), Slot("user")
AFTER_AT: Any = Slot("after_at")
AFTER_KEY: Any = Slot("after_key")


class QueuePlace(NamedTuple):
    """The key of a queue's ticket, and its place in the queue."""

    ticket: int
    place: Place


class Waiting(NamedTuple):
    """Counts of waiting work; MOST_COUNTED + 1 tickets means more."""

    tickets: int
    parcels: int


def counts(
    *, shop_ids: Sequence[int], user: User, now: datetime, filters: Filters = NO_FILTERS
) -> tuple[dict[str, int], Waiting]:
    """How many tickets each queue holds behind the filters, and what waits, in one query;
    MOST_COUNTED + 1 means more."""
    *found, parcels = _counted(tuple(Queue.values), shop_ids, user, now, filters)
    held = dict(zip(Queue.values, found, strict=True))
    return held, Waiting(held[Queue.TO_HANDLE], parcels)


def waiting(*, shop_ids: Sequence[int], user: User, now: datetime) -> Waiting:
    """Tickets that wait for a decision of people, and parcels that nobody has looked after yet."""
    return Waiting(*_counted((Queue.TO_HANDLE,), shop_ids, user, now, NO_FILTERS))


def _counted(
    queues: tuple[str, ...],
    shop_ids: Sequence[int],
    user: User,
    now: datetime,
    filters: Filters,
) -> tuple[int, ...]:
    """The size of each queue, and the parcels that nobody has looked after, up to
    MOST_COUNTED + 1, in one query."""
    if not shop_ids:
        return (0,) * (len(queues) + 1)
    sql, params = _counting(queues, len(shop_ids), filters, MOST_COUNTED + 1)
    return index_only.fetch(sql, filled(params, _values(shop_ids, user, now)))[0]


@lru_cache(maxsize=MOST_KEPT)
def _counting(
    queues: tuple[str, ...], shops: int, filters: Filters, most: int
) -> tuple[str, list[Any]]:
    """The SQL, which takes the ORM longer to write than the database to answer."""
    shop_ids = Slots("shops", range(shops))
    rows: list[QuerySet] = [_held(queue, shop_ids, USER, NOW, filters) for queue in queues]
    rows.append(ShippingAlert.objects.filter(shop__in=shop_ids, state=AlertState.TO_STOP))
    parts: list[str] = []
    values: list[Any] = []
    for found in rows:
        sql, params = found.order_by().values("pk")[:most].query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) counted)")  # noqa: S608
        values += params
    return f"SELECT {', '.join(parts)}", values


def _values(shop_ids: Sequence[int], user: User, now: datetime) -> dict[str, Any]:
    return {"shops": shop_ids, "user": user.pk, "now": now}


def page(
    *,
    queue: str,
    shop_ids: Sequence[int],
    user: User,
    now: datetime,
    filters: Filters,
    limit: int,
    after: Place | None = None,
) -> list[QueuePlace]:
    """The next `limit` tickets of a queue, in its order."""
    if not shop_ids:
        return []
    order = _order_of(queue)
    if not order.parts or len(order.parts) * len(order.groups(after)) * len(shop_ids) > MOST_READS:
        whole = order.whole(_held(queue, shop_ids, user, now, filters), after)
        return [QueuePlace(pk, Place(*place)) for pk, *place in whole[:limit]]
    behind = None
    values = _values(shop_ids, user, now)
    if after is not None:
        behind = Place(None if after.at is None else AFTER_AT, AFTER_KEY, after.urged)
        values |= {"after_at": after.at, "after_key": after.key}
    sql, params = _page(queue, len(shop_ids), filters, limit, behind)
    found = index_only.fetch(sql, filled(params, values))
    return [QueuePlace(pk, Place(*place)) for pk, *place in found]


def _order_of(queue: str) -> "_Order":
    if queue == Queue.SHIPPING_ALERTS:
        return _Order("raised_at", "ticket", "state", OPEN_ALERTS)
    if queue == Queue.SECOND_PERSON:
        return _Order("requested_at", "ticket", "state", [ApprovalState.WAITING])
    if queue == Queue.TO_PAY:
        return _Order("requested_at", "ticket", "status", [RefundStatus.REQUESTED])
    return _Order("due_at", "pk", "status", _STATUSES.get(queue, []), urged_first=True)


@lru_cache(maxsize=MOST_KEPT)
def _page(
    queue: str, shops: int, filters: Filters, limit: int, after: "Place | None"
) -> tuple[str, Sequence[Any]]:
    """The SQL. Shop by shop and part by part the index has them in order: each read stops early."""
    order = _order_of(queue)
    apart = [_held(queue, Slots("shops", [place]), USER, NOW, filters) for place in range(shops)]
    reads = [
        order.of(rows.filter(**{order.by: part}), urged=urged, after=behind)[:limit]
        for rows in apart
        for part in order.parts
        for urged, behind in order.groups(after)
    ]
    together = reads[0]
    if len(reads) > 1:
        together = reads[0].union(*reads[1:], all=True)
        together = together.order_by("-comes_first", F(order.at).asc(nulls_last=True), "pk")[:limit]
    return together.query.sql_with_params()


def sorted_by(
    sort: str,
    *,
    queue: str,
    shop_ids: Sequence[int],
    user: User,
    now: datetime,
    filters: Filters,
) -> list[int]:
    """The first tickets of a queue in another order than its own, at most MOST_FOUND."""
    if not shop_ids:
        return []
    held = _held(queue, shop_ids, user, now, filters)
    tickets = Ticket.objects.filter(shop__in=shop_ids)
    whole = held if held.model is Ticket else tickets.filter(pk__in=held.values("ticket"))
    return list(
        whole.order_by(_COLUMN_OF[Sort(sort)], "pk").values_list("pk", flat=True)[:MOST_FOUND]
    )


def rows(pks: Sequence[int]) -> list[Ticket]:
    """The tickets of a page, in its order, with what a row shows: `goods` is the title of the line
    that was asked about, or of the order's first."""
    found = {ticket.pk: ticket for ticket in _rows(pks=list(pks))} if pks else {}
    return [found[pk] for pk in pks if pk in found]


@prepared
def _rows(*, pks: Slots) -> QuerySet[Ticket]:
    first = Case(When(line_no=OuterRef("line_no"), then=0), default=1)
    lines = OrderLine.objects.filter(order=OuterRef("order_id")).annotate(other=first)
    lines = lines.order_by("other", "line_no")
    named = Coalesce(NullIf("title", Value("")), "product")
    tickets = Ticket.objects.filter(pk__in=pks).select_related("shop", "handler").only(*_SHOWN)
    return tickets.annotate(goods=Subquery(lines.values(name=named)[:1]))


# The columns of a row.
_SHOWN = (
    "ticket_no", "order_no", "order_id", "line_no", "buyer", "type", "reason", "amount", "status",
    "due_at", "urged", "mark", "flags", "products", "awaiting_evaluation", "shop__name",
    "handler__username", "handler__first_name", "handler__last_name",
)  # fmt: skip


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

# A case that waits for a second person has a queue of its own; its deadline runs on, though.
_WITHOUT_ASKED = (
    Queue.TO_HANDLE,
    Queue.NEGOTIATING,
    Queue.WAITING_FOR_GOODS,
    Queue.REFUND_FAILED,
)


def _held(queue: str, shop_ids: Keys, user: Who, now: Moment, filters: Filters) -> QuerySet:
    """The tickets of a queue; for the queues of parcels, payments and requests for a second person
    their rows, one a ticket."""
    rows: QuerySet
    if queue == Queue.SHIPPING_ALERTS:
        rows = ShippingAlert.objects.filter(shop__in=shop_ids, state__in=OPEN_ALERTS)
    elif queue == Queue.TO_PAY:
        rows = Refund.objects.filter(TO_PAY, shop__in=shop_ids)
        rows = rows.exclude(ticket__in=_asked().values("ticket"))
    elif queue == Queue.SECOND_PERSON:
        rows = _asked().filter(shop__in=shop_ids)
    else:
        return filters.narrow(_tickets(queue, shop_ids, user, now))
    if filters == NO_FILTERS:
        return rows
    return rows.filter(ticket__in=filters.narrow(Ticket.objects.filter(shop__in=shop_ids)))


def _asked() -> QuerySet[ApprovalRequest]:
    return ApprovalRequest.objects.filter(state=ApprovalState.WAITING)


def _tickets(queue: str, shop_ids: Keys, user: Who, now: Moment) -> QuerySet[Ticket]:
    tickets = Ticket.objects.filter(shop__in=shop_ids)
    if queue in _STATUSES:
        tickets = tickets.filter(status__in=_STATUSES[queue])
    if queue in _WITHOUT_ASKED:
        tickets = tickets.exclude(pk__in=_asked().values("ticket"))
    if queue == Queue.TO_HANDLE:
        return tickets.filter(awaiting_evaluation=False)
    if queue == Queue.OVERDUE:
        return tickets.filter(due_at__lt=now)
    if queue in (Queue.DUE_2H, Queue.DUE_24H):
        span = timedelta(hours=2 if queue == Queue.DUE_2H else 24)
        return tickets.filter(due_at__gte=now, due_at__lt=now + span)
    if queue == Queue.MINE:
        return tickets.filter(status__in=DESK_STATUSES, handler=user)
    if queue == Queue.FAST_REFUND:
        return tickets.filter(pk__in=_fast_refunds(shop_ids, now))
    return tickets


def _fast_refunds(shop_ids: Keys, now: Moment) -> QuerySet:
    """SPEC F2: labelled, unshipped orders' tickets that still wait (F1), and those refunded within
    a day. One OR over both would read every ticket."""
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


class _Order(NamedTuple):
    """The sort order of a queue's rows: urged ones first where it says so, then by the moment `at`,
    then by key; `ticket` names the column of the ticket. An index has them in this order within a
    shop and each value (`parts`) of the column `by`, and another one those that are urged.
    """

    at: str
    ticket: str
    by: str
    parts: Sequence[str]
    urged_first: bool = False

    def groups(self, after: Place | None) -> list[tuple[bool, Place | None]]:
        """Urged rows and the others, as far as they come after a place, each with the place in it;
        one group of all where urged ones don't come first."""
        if not self.urged_first:
            return [(False, after)]
        if after is None or after.urged:
            return [(True, after), (False, None)]
        return [(False, after)]

    def of(self, rows: QuerySet, *, urged: bool, after: Place | None) -> QuerySet:
        """Ticket, moment, key and `urged` of one group's rows after a place."""
        if self.urged_first:
            rows = rows.filter(urged__gt=0) if urged else rows.filter(urged=0)
        if after is not None:
            rows = rows.filter(self._behind(after))
        # PostgreSQL's own order, which the index has: nulls last.
        return self._shown(rows.annotate(comes_first=Value(urged))).order_by(self.at, "pk")

    def whole(self, rows: QuerySet, after: Place | None) -> QuerySet:
        """The same of all groups together."""
        if not self.urged_first:
            return self.of(rows, urged=False, after=after)
        rows = rows.annotate(comes_first=Case(When(urged__gt=0, then=True), default=False))
        here = Q(pk__in=[])
        for urged, behind in self.groups(after):
            group = Q(urged__gt=0) if urged else Q(urged=0)
            here |= group if behind is None else group & self._behind(behind)
        return self._shown(rows.filter(here)).order_by("-comes_first", self.at, "pk")

    def _behind(self, after: Place) -> Q:
        behind = Q(**{self.at: None, "pk__gt": after.key})
        if after.at is not None:
            behind = Q(**{self.at: None}) | Q(**{f"{self.at}__gt": after.at})
            behind |= Q(**{self.at: after.at, "pk__gt": after.key})
        return behind

    def _shown(self, rows: QuerySet) -> QuerySet:
        return rows.values_list(self.ticket, self.at, "pk", "comes_first")
