"""`GET /tickets`: a shop's tickets, newest first; open ones are found by an index."""

from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Q
from django.http import HttpResponse
from pydantic import Field
from rest_framework.request import Request

from aftersale.models import DESK_STATUSES, ApprovalRequest, ApprovalState, Ticket
from aftersale.records.schemas import TicketStatus, TicketType
from aftersale.records.values import NO_NUL, Time
from aftersale.services.desk.queues import MERCHANTS_TURN

from .lists import Page
from .newest_first import ChangesQuery, Several, between, newest_page
from .ticket_record import TicketRow, rows_of


class TicketQuery(ChangesQuery):
    """Filters of the list, joined by AND."""

    status: Several[TicketStatus] = []
    order: str | None = Field(default=None, max_length=64, pattern=NO_NUL)
    buyer: str | None = Field(default=None, max_length=64, pattern=NO_NUL)
    type: TicketType | None = None
    reason: str | None = Field(default=None, max_length=64, pattern=NO_NUL)
    source: Literal["strategy", "fast_refund", "person", "platform"] | None = Field(
        default=None, description="Who or what caused the refund"
    )
    second_person: bool | None = Field(
        default=None, description="Those that wait for a second person, or those that do not (G4)"
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
    return newest_page(
        request,
        Ticket.objects.filter(shop=shop_id).select_related("shop"),
        _conditions(asked, now),
        rows_of,
        page=TicketPage,
        asked=asked,
        indexed=_indexed(asked),
    )


def _indexed(asked: TicketQuery) -> bool:
    """True if an index, mostly `ticket_on_the_desk`, finds few tickets by the filters."""
    if asked.second_person:
        return True
    if asked.due or asked.due_after or asked.due_before:
        return True
    if asked.order is not None or asked.buyer is not None:
        return True
    return bool(asked.status) and set(asked.status) <= set(DESK_STATUSES)


def _conditions(asked: TicketQuery, now: datetime) -> Q:
    found = Q()
    for field, value in (
        ("type", asked.type),
        ("reason", asked.reason),
        ("order_no", asked.order),
        ("buyer", asked.buyer),
    ):
        if value is not None:
            found &= Q(**{field: value})
    if asked.status:
        found &= Q(status__in=asked.status)
    if asked.second_person is not None:
        asked_of = ApprovalRequest.objects.filter(state=ApprovalState.WAITING)
        waits = Q(pk__in=asked_of.values("ticket"))
        found &= waits if asked.second_person else ~waits
    if asked.source is not None:
        found &= Q(refund__source=asked.source)
    for field, key in (("applied_at", "applied"), ("updated_at", "updated"), ("due_at", "due")):
        found &= between(field, getattr(asked, f"{key}_after"), getattr(asked, f"{key}_before"))
    if asked.due_after or asked.due_before:
        found &= Q(status__in=DESK_STATUSES)
    if asked.due is not None:
        found &= Q(status__in=MERCHANTS_TURN) & _due(asked.due, now)
    return found


def _due(word: str, now: datetime) -> Q:
    if word == "overdue":
        return Q(due_at__lt=now)
    return between("due_at", now, now + timedelta(hours=2 if word == "2h" else 24))
