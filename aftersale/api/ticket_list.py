"""`GET /tickets`: a shop's tickets, newest first, fast with any filter at a million of them.

An index finds open tickets by status and deadline at once. Any other filter looks through a
bounded number of the newest tickets in one call, and `next` goes on from there: a page may be
short, and even empty, while there is more.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from pydantic import BeforeValidator, Field
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from aftersale.domain.digits import whole_number
from aftersale.models import DESK_STATUSES, Ticket
from aftersale.records.schemas import TicketStatus, TicketType
from aftersale.records.values import NO_NUL, Time
from aftersale.services.desk.queues import MERCHANTS_TURN

from .call import answer
from .lists import Page, PageQuery, wrong_cursor
from .ticket_record import TicketRow, rows_of

# Tickets that one call looks through for a filter without an index.
MOST_READ = 20_000
_LARGEST_KEY = 2**63 - 1


def _several(value: object) -> object:
    return value if isinstance(value, list) else [value]


class TicketQuery(PageQuery):
    """Filters of the list, joined by AND."""

    status: Annotated[list[TicketStatus], BeforeValidator(_several)] = Field(
        default=[], max_length=11, description="Given several times: any of them"
    )
    type: TicketType | None = None
    reason: str | None = Field(default=None, max_length=64, pattern=NO_NUL)
    source: Literal["strategy", "fast_refund", "person", "platform"] | None = Field(
        default=None, description="Who or what caused the refund"
    )
    due: Literal["overdue", "2h", "24h"] | None = Field(
        default=None, description="What is the merchant's turn: overdue, or due within that time"
    )
    due_after: Time | None = Field(default=None, description="Of open tickets: due at or after")
    due_before: Time | None = Field(default=None, description="Of open tickets: due before")
    applied_after: Time | None = Field(default=None, description="Applied for at or after")
    applied_before: Time | None = Field(default=None, description="Applied for before")
    updated_after: Time | None = Field(
        default=None, description="Updated by the platform at or after"
    )
    updated_before: Time | None = Field(default=None, description="Updated by the platform before")


class TicketPage(Page[TicketRow]):
    """Newest first. A page may be short, or empty, and `next` not null: there is more to look
    through. `previous` is always null."""


def ticket_page(
    request: Request, asked: TicketQuery, *, shop_id: int, now: datetime
) -> HttpResponse:
    tickets = Ticket.objects.filter(shop=shop_id, pk__lt=_position(asked.cursor))
    found = tickets.filter(_conditions(asked, now))
    oldest = None if _quick(asked) else _oldest_read(tickets)
    if oldest is not None:
        found = found.filter(pk__gte=oldest)
    # Keys first: thousands of overdue tickets are sorted from the index alone.
    keys = found.order_by("-pk").values("pk")[: asked.page_size + 1]
    rows = list(Ticket.objects.filter(pk__in=keys).select_related("shop").order_by("-pk"))
    position = oldest
    if len(rows) > asked.page_size:
        rows.pop()
        position = rows[-1].pk
    following = None
    if position is not None:
        address = request.build_absolute_uri()
        following = replace_query_param(address, "cursor", str(position))
    return answer(TicketPage(next=following, previous=None, results=rows_of(rows)))


def _position(cursor: str | None) -> int:
    if cursor is None:
        return _LARGEST_KEY
    position = whole_number(cursor)
    if position is None:
        raise wrong_cursor()
    return position


def _quick(asked: TicketQuery) -> bool:
    """True if the index `ticket_on_the_desk` answers all filters, or there are none."""
    if asked.due or asked.due_after or asked.due_before:
        return True
    if asked.status:
        return set(asked.status) <= set(DESK_STATUSES)
    return not asked.model_fields_set - {"cursor", "page_size"}


def _oldest_read(tickets: QuerySet[Ticket]) -> int | None:
    """The last ticket that this call looks through; None where it reaches all of them."""
    keys = tickets.order_by("-pk").values_list("pk", flat=True)
    return next(iter(keys[MOST_READ - 1 : MOST_READ]), None)


def _conditions(asked: TicketQuery, now: datetime) -> Q:
    found = Q()
    for key in ("type", "reason"):
        if (value := getattr(asked, key)) is not None:
            found &= Q(**{key: value})
    if asked.status:
        found &= Q(status__in=asked.status)
    if asked.source is not None:
        found &= Q(refund__source=asked.source)
    for field, key in (("applied_at", "applied"), ("updated_at", "updated"), ("due_at", "due")):
        found &= _between(field, getattr(asked, f"{key}_after"), getattr(asked, f"{key}_before"))
    if asked.due_after or asked.due_before:
        found &= Q(status__in=DESK_STATUSES)
    if asked.due is not None:
        found &= Q(status__in=MERCHANTS_TURN) & _due(asked.due, now)
    return found


def _between(field: str, after: datetime | None, before: datetime | None) -> Q:
    found = Q()
    if after is not None:
        found &= Q(**{f"{field}__gte": after})
    if before is not None:
        found &= Q(**{f"{field}__lt": before})
    return found


def _due(word: str, now: datetime) -> Q:
    if word == "overdue":
        return Q(due_at__lt=now)
    return _between("due_at", now, now + timedelta(hours=2 if word == "2h" else 24))
