"""Export of the lists of tickets, refunds and fund entries: what their filters find, as a file.

Viewers export nothing (SPEC P1); each export is an entry of the audit trail (P6).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from aftersale.admin.kit import access
from aftersale.admin.kit.change_list import CountedOnce
from aftersale.admin.kit.exports import exported
from aftersale.admin.kit.pages import desk_page
from aftersale.domain.labels import REASONS
from aftersale.models import (
    FundEntry,
    FundEntryKind,
    FundKind,
    OrderStatus,
    Refund,
    RefundSource,
    RefundStatus,
    Ticket,
    TicketStatus,
    TicketType,
)
from aftersale.services.access.rights import Right, shops_of
from aftersale.services.sheets.write_file import MOST_ROWS, XLSX, Cell, csv_lines, xlsx
from config import replica

CHUNK = 2_000


@dataclass(frozen=True)
class Column:
    """A field with its heading; `choices` are the words of its values."""

    heading: Any
    field: str
    choices: Any = None


@dataclass(frozen=True)
class Listed:
    """A list of the admin that can be exported."""

    model: type[Model]
    title: Any
    shop: str
    columns: tuple[Column, ...]


LISTS = {
    "tickets": Listed(
        Ticket,
        _("Tickets"),
        "shop",
        (
            Column(_("Shop"), "shop__name"),
            Column(_("Ticket"), "ticket_no"),
            Column(_("Order"), "order_no"),
            Column(_("Buyer"), "buyer"),
            Column(_("Type"), "type", TicketType.choices),
            Column(_("Application reason"), "reason", REASONS.items()),
            Column(_("Status"), "status", TicketStatus.choices),
            Column(_("Amount (yuan)"), "amount"),
            Column(_("Approved (yuan)"), "committed"),
            Column(_("Order status"), "order__status", OrderStatus.choices),
            Column(_("Paid (yuan)"), "order__paid_amount"),
            Column(_("Applied at"), "applied_at"),
            Column(_("In this status since"), "status_at"),
            Column(_("Due at"), "due_at"),
            Column(_("Return parcel"), "return_tracking_no"),
            Column(_("In the hands of"), "handler__username"),
        ),
    ),
    "refunds": Listed(
        Refund,
        _("Refunds"),
        "shop",
        (
            Column(_("Shop"), "shop__name"),
            Column(_("Ticket"), "ticket__ticket_no"),
            Column(_("Order"), "order__order_no"),
            Column(_("Buyer"), "ticket__buyer"),
            Column(_("Amount (yuan)"), "amount"),
            Column(_("Status"), "status", RefundStatus.choices),
            Column(_("Source"), "source", RefundSource.choices),
            Column(_("Approved by"), "requested_by__username"),
            Column(_("Approved at"), "requested_at"),
            Column(_("Settled at"), "settled_at"),
            Column(_("Payment reference"), "reference"),
            Column(_("Reason of failure"), "failure"),
        ),
    ),
    "fund-entries": Listed(
        FundEntry,
        _("Fund entries"),
        "fund__shop",
        (
            Column(_("Shop"), "fund__shop__name"),
            Column(_("Fund"), "fund__kind", FundKind.choices),
            Column(_("Entry number"), "entry_no"),
            Column(_("Kind"), "kind", FundEntryKind.choices),
            Column(_("Amount (yuan)"), "amount"),
            Column(_("Balance after (yuan)"), "balance_after"),
            Column(_("At"), "at"),
            Column(_("Note"), "note"),
        ),
    ),
}


@desk_page
@require_GET
def export(request: HttpRequest, what: str, form: str) -> HttpResponseBase:
    listed = LISTS.get(what)
    if listed is None or form not in ("csv", "xlsx"):
        raise Http404
    if not access.has_somewhere(request, Right.HANDLE_TICKETS):
        raise PermissionDenied
    meta = listed.model._meta
    back = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    try:
        found = _found(request, listed)
    except IncorrectLookupParameters:
        return redirect(back)
    # One row is the head.
    if form == "xlsx" and found.order_by().values("pk")[:MOST_ROWS].count() > MOST_ROWS - 1:
        told = _("Excel holds at most %(most)s rows: narrow the search down, or take the CSV file.")
        messages.error(request, told % {"most": f"{MOST_ROWS - 1:,}"})
        return redirect(f"{back}?{request.GET.urlencode()}")
    rows = exported(request, _rows(found, listed), listed.title)
    head = [str(column.heading) for column in listed.columns]
    name = f"afterdesk-{what}-{timezone.localdate():%Y%m%d}.{form}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "csv":
        return StreamingHttpResponse(
            csv_lines(head, rows), content_type="text/csv; charset=utf-8", headers=disposition
        )
    return StreamingHttpResponse(xlsx(head, rows), content_type=XLSX, headers=disposition)


def _found(request: HttpRequest, listed: Listed) -> QuerySet:
    """The list's own rows, of the shops where the person does more than look."""
    changelist = admin.site._registry[listed.model].get_changelist_instance(request)
    assert isinstance(changelist, CountedOnce)
    # Their keys, as they are at the primary: a replica must not say whose rows somebody sees.
    shops = list(
        shops_of(access.person(request), Right.HANDLE_TICKETS).values_list("pk", flat=True)
    )
    found = changelist.all_found(request).select_related(None)
    return found.filter(**{f"{listed.shop}__in": shops})


def _rows(found: QuerySet, listed: Listed) -> Iterator[list[Cell]]:
    """By a server-side cursor. Words are looked up at once: by the last row the request's language
    is gone."""
    words = [
        {value: str(label) for value, label in column.choices} if column.choices else None
        for column in listed.columns
    ]
    fields = [column.field for column in listed.columns]
    read = found.values_list(f"{listed.shop}__timezone", *fields)

    def each() -> Iterator[list[Cell]]:
        for zone, *values in replica.streamed(read, chunk=CHUNK):
            yield [
                _cell(value, known, ZoneInfo(zone))
                for value, known in zip(values, words, strict=True)
            ]

    return each()


def _cell(value: Any, words: dict[Any, str] | None, zone: ZoneInfo) -> Cell:
    """A text, an amount in yuan, or a time on the shop's clock."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None)
    if isinstance(value, int):
        return Decimal(value) / 100
    return words.get(value, value) if words else str(value)
