"""Tickets: the buyer's request, its state and its history."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from aftersale.admin.desk.batch import TITLES, to_batch
from aftersale.admin.desk.shipping_alerts import alert_of
from aftersale.admin.kit import colours, columns
from aftersale.admin.kit.exports import ExportedList
from aftersale.admin.kit.filters import ShopFilter
from aftersale.admin.kit.index_reads import IndexRead, ReadPlan, words
from aftersale.admin.kit.model_admin import ScopedAdmin
from aftersale.admin.kit.search import TicketSearch
from aftersale.admin.kit.sections import Section
from aftersale.admin.records.refund import attempts_of
from aftersale.admin.records.reply_sections import negotiations_of, rejections_of
from aftersale.admin.records.ticket_actions import CaseButtons
from aftersale.admin.records.window_sections import window_of
from aftersale.models import DESK_STATUSES, Refund, Ticket, TicketEvent, TicketFlag
from aftersale.services.access import masks
from aftersale.services.desk.batches import Step
from aftersale.services.shared.shown import EMPTY, done_by, format_time, who

SOON = timedelta(hours=6)  # SPEC M4


_ON_THE_DESK = words("status", DESK_STATUSES)


def _due_between(chosen: str) -> tuple[Any, Any]:
    now = timezone.now()
    return {"overdue": (None, now), "soon": (now, now + SOON)}.get(chosen, (None, None))


class DueFilter(admin.SimpleListFilter):
    """SPEC O5: overdue and soon-due tickets are easy to see."""

    title = _("deadline")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("overdue", _("Overdue")), ("soon", _("Within 6 hours"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in ("overdue", "soon"):
            return queryset
        # Open tickets only: people wait for no others, and the desk's index has no others.
        waiting = queryset.filter(status__in=DESK_STATUSES)
        first, last = _due_between(str(self.value()))
        if first is not None:
            waiting = waiting.filter(due_at__gte=first)
        return waiting.filter(due_at__lt=last)


class FlagFilter(admin.SimpleListFilter):
    title = _("flag")
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(TicketFlag.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        # The index has flagged tickets only: the query must repeat its condition.
        return queryset.exclude(flags=[]).filter(flags__contains=[self.value()])


class OrderThereFilter(admin.SimpleListFilter):
    """SPEC O6: a ticket may come before its order."""

    title = _("order")
    parameter_name = "order_there"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Has arrived")), ("no", _("Waiting for the order"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in ("yes", "no"):
            return queryset.filter(order__isnull=self.value() == "no")
        return queryset


def refund_of(request: HttpRequest, ticket: Ticket) -> Section:
    refund = (
        Refund.objects.filter(ticket=ticket)
        .select_related("requested_by", "requested_token")
        .first()
    )
    rows = []
    if refund is not None:
        rows.append(
            [
                columns.link(refund),
                columns.badge(
                    refund.get_status_display(), colours.REFUND_STATUS.get(refund.status, "")
                ),
                columns.money(refund.amount),
                refund.get_source_display(),
                who(refund, "requested_by"),
                format_time(refund.requested_at, ticket.shop),
                format_time(refund.settled_at, ticket.shop),
                masks.shown_text(refund.failure, ticket.buyer, ticket.shop_id) or EMPTY,
            ]
        )
    return Section(
        _("Refund"),
        [
            _("refund"),
            _("status"),
            _("amount"),
            _("source"),
            _("approved by"),
            _("approved at"),
            _("settled at"),
            _("reason of failure"),
        ],
        rows,
    )


def refund_attempts_of(request: HttpRequest, ticket: Ticket) -> Section:
    return attempts_of(ticket, refund__ticket=ticket)


def events_of(request: HttpRequest, ticket: Ticket) -> Section:
    return Section(
        _("History"),
        [_("at"), _("what"), _("by"), _("from"), _("to"), _("note")],
        [
            [
                format_time(event.at, ticket.shop, seconds=True),
                event.get_kind_display(),
                done_by(event),
                event.get_from_status_display() or EMPTY,
                event.get_to_status_display() or EMPTY,
                masks.shown_text(event.note, ticket.buyer, ticket.shop_id) or EMPTY,
            ]
            for event in ticket.events.select_related("user", "token").order_by("id")
        ],
    )


@admin.register(Ticket)
class TicketAdmin(ExportedList, CaseButtons, TicketSearch, ScopedAdmin):
    exported = "tickets"
    related = ("shop", "order")
    colours = {"status": colours.TICKET_STATUS}
    list_display = (
        "ticket_no",
        "status",
        "type",
        "amount",
        "reason",
        "order_shown",
        "applied_at",
        "due",
        "flags",
        "labels",
        "shop",
    )
    list_filter = (
        ShopFilter,
        "status",
        "type",
        DueFilter,
        FlagFilter,
        OrderThereFilter,
        "awaiting_evaluation",
        "applied_at",
    )
    sortable_by = ("amount", "applied_at", "due")
    search_fields = ("ticket_no",)
    ticket_path = ""
    search_help_text = _("Ticket or order number, or the beginning of the buyer's name")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("ticket_no", "shop"),
                    ("status", "status_at"),
                    ("order_shown", "line_no"),
                    ("type", "requested_type"),
                    ("amount", "committed"),
                    ("reason", "buyer"),
                    ("applied_at", "due"),
                    ("flags", "labels"),
                    "awaiting_evaluation",
                    "case",
                )
            },
        ),
        (_("What the buyer says"), {"fields": ("note", "evidence")}),
        (
            _("Return and arbitration"),
            {
                "fields": (
                    ("return_carrier", "return_tracking_no"),
                    ("return_shipped_at", "goods_received_at"),
                    ("arbitration_result", "updated_at"),
                )
            },
        ),
    )
    sections = [
        alert_of,
        window_of,
        rejections_of,
        negotiations_of,
        refund_of,
        refund_attempts_of,
        events_of,
    ]
    actions = ("approve_many", "reject_many", "negotiate_many")

    @action(description=TITLES[Step.APPROVE], permissions=["handle_tickets"])
    def approve_many(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return to_batch(Step.APPROVE, queryset)

    @action(description=TITLES[Step.REJECT], permissions=["handle_tickets"])
    def reject_many(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return to_batch(Step.REJECT, queryset)

    @action(description=TITLES[Step.NEGOTIATE], permissions=["handle_tickets"])
    def negotiate_many(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return to_batch(Step.NEGOTIATE, queryset)

    def read_plan(self, request: HttpRequest, params: Mapping[str, str]) -> ReadPlan:
        """Finds tickets that still need people, however old they are."""
        status = params.get("status__exact", "")
        due = params.get("due", "")
        if due in ("overdue", "soon") or status in DESK_STATUSES:
            statuses = [status] if status in DESK_STATUSES else DESK_STATUSES
            first, last = _due_between(due)
            reads = tuple(
                IndexRead(
                    order=("due_at", "id"),
                    descending=False,
                    fixed=(("status", one),),
                    where=_ON_THE_DESK,
                    first=first,
                    last=last,
                )
                for one in statuses
            )
            # Nearest deadline first, as on the workbench.
            return ReadPlan(reads, frozenset({"due", "status__exact"}), ("due_at", "pk"))
        if "flag" in params:
            return ReadPlan((IndexRead(order=("id",), where="NOT flags = '{}'"),))
        if params.get("order_there") == "no":
            index_read = IndexRead(order=("order_no",), where="order_id IS NULL")
            return ReadPlan((index_read,), frozenset({"order_there"}))
        if params.get("awaiting_evaluation__exact") == "1":
            index_read = IndexRead(order=("applied_at", "ticket_no"), where="awaiting_evaluation")
            return ReadPlan(
                (index_read,),
                frozenset({"awaiting_evaluation__exact"}),
                ("-applied_at", "-ticket_no"),
            )
        return ReadPlan()

    @display(description=_("order"))
    def order_shown(self, ticket: Ticket) -> Any:
        if ticket.order is None:
            return columns.badge(
                _("%(order)s, not there yet") % {"order": ticket.order_no}, "warning"
            )
        return columns.link(ticket.order)

    @display(description=_("case"))
    def case(self, ticket: Ticket) -> Any:
        url = f"{reverse('desk:workbench')}?queue=all&case={ticket.pk}"
        return format_html('<a class="text-link" href="{}">{}</a>', url, _("Open on the workbench"))

    @display(description=_("due at"), ordering="due_at")
    def due(self, ticket: Ticket) -> Any:
        shown = columns.unbroken(format_time(ticket.due_at, ticket.shop))
        if ticket.due_at is None:
            return shown
        left = ticket.due_at - timezone.now()
        if left < timedelta(0):
            return columns.badge(shown, "danger")
        return columns.badge(shown, "warning") if left < SOON else shown


@admin.register(TicketEvent)
class TicketEventAdmin(TicketSearch, ScopedAdmin):
    shop_path = "ticket__shop"
    related = ("ticket__shop", "user", "token")
    colours = {"to_status": colours.TICKET_STATUS, "from_status": {}}
    list_display = ("at", "ticket", "kind", "from_status", "to_status", "who", "said")
    list_filter = (ShopFilter, "kind", "actor", "to_status", "at")
    sortable_by = ()
    search_fields = ("ticket__ticket_no",)
    search_help_text = _("Ticket or order number, or the beginning of the buyer's name")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("at", "ticket"),
                    ("kind", "who"),
                    ("from_status", "to_status"),
                    "said",
                    "request_id",
                )
            },
        ),
    )

    @display(description=_("note"))
    def said(self, event: TicketEvent) -> str:
        ticket = event.ticket
        return masks.shown_text(event.note, ticket.buyer, ticket.shop_id) or EMPTY

    @display(description=_("by"))
    def who(self, event: TicketEvent) -> Any:
        return done_by(event)
