"""Orders: goods, refunds and requests."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from aftersale.admin.desk.shipping_alerts import alerts_of
from aftersale.admin.kit import access, colours, columns
from aftersale.admin.kit.filters import ShopFilter
from aftersale.admin.kit.index_reads import ReadPlan
from aftersale.admin.kit.model_admin import ScopedAdmin
from aftersale.admin.kit.search import OrderSearch
from aftersale.admin.kit.sections import Section
from aftersale.admin.records.window_sections import splits_of, windows_of
from aftersale.models import Order, ShopRequestKind
from aftersale.services.access.rights import Right
from aftersale.services.desk import shop_requests
from aftersale.services.shared.shown import EMPTY, format_time


def lines(request: HttpRequest, order: Order) -> Section:
    return Section(
        _("Order lines"),
        [_("line"), _("product"), _("title"), _("category"), _("quantity"), _("paid"), ""],
        [
            [
                line.line_no,
                line.product,
                " ".join(filter(None, (line.title, line.sku))) or EMPTY,
                line.category or EMPTY,
                line.quantity,
                columns.money(line.paid_amount),
                columns.badge(_("virtual")) if line.virtual else "",
            ]
            for line in order.lines.all()
        ],
    )


def tickets(request: HttpRequest, order: Order) -> Section:
    return Section(
        _("Tickets of this order"),
        [_("ticket number"), _("status"), _("type"), _("amount"), _("approved"), _("applied at")],
        [
            [
                columns.link(ticket),
                columns.badge(
                    ticket.get_status_display(), colours.TICKET_STATUS.get(ticket.status, "")
                ),
                ticket.get_type_display(),
                columns.money(ticket.amount),
                columns.money(ticket.committed),
                format_time(ticket.applied_at, order.shop),
            ]
            for ticket in order.tickets.order_by("applied_at", "ticket_no")
        ],
    )


def requests_of(request: HttpRequest, order: Order) -> Section:
    """Requests of the shop's own, and the ways to open one (SPEC P3)."""
    found = order.shop_requests.select_related("user", "platform_step").order_by("-pk")
    may = access.may(request, order.shop_id, Right.HANDLE_TICKETS)
    kinds = shop_requests.possible(order) if may else []
    buttons = []
    if ShopRequestKind.PRICE_DIFFERENCE in kinds:
        buttons.append(("desk:price-difference", _("Refund a price difference")))
    if ShopRequestKind.REFUND in kinds:
        buttons.append(("desk:open-request", _("Open a request in the buyer's name")))
    return Section(
        _("Requests of the shop"),
        [
            _("what"),
            _("line"),
            _("amount"),
            _("opened by"),
            _("at"),
            _("state"),
            _("ticket number"),
        ],
        [
            [
                one.get_kind_display(),
                one.line_no,
                columns.money(one.amount),
                columns.name(one.user),
                format_time(one.at, order.shop),
                one.platform_step.get_state_display(),
                one.ticket_no or EMPTY,
            ]
            for one in found
        ],
        note=format_html_join(
            " ",
            '<button type="button" class="d-button" hx-get="{}"'
            ' hx-target="#desk-dialog-content">{}</button>',
            ((reverse(name, args=[order.pk]), words) for name, words in buttons),
        ),
    )


@admin.register(Order)
class OrderAdmin(OrderSearch, ScopedAdmin):
    related = ("shop",)
    colours = {"status": colours.ORDER_STATUS, "type": {}}
    list_display = (
        "order_no",
        "status",
        "buyer",
        "paid_amount",
        "refundable",
        "refunded_amount",
        "labels",
        "paid_at",
        "shop",
    )
    list_filter = (
        ShopFilter,
        "status",
        "type",
        "over_refunded",
        "has_virtual",
        "paid_at",
    )
    sortable_by = ()
    search_fields = ("order_no",)
    search_help_text = _("Order number, or the beginning of the buyer's name")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("order_no", "shop"),
                    ("status", "type"),
                    ("buyer", "labels"),
                    ("has_virtual", "over_refunded"),
                )
            },
        ),
        (
            _("Money"),
            {"fields": (("paid_amount", "refundable"), ("refunded_amount", "committed"))},
        ),
        (
            _("Times"),
            {
                "fields": (
                    ("created_at", "paid_at"),
                    ("label_printed_at", "shipped_at"),
                    ("delivered_at", "completed_at"),
                    "updated_at",
                )
            },
        ),
    )
    sections = [alerts_of, lines, tickets, requests_of, windows_of, splits_of]

    def read_plan(self, request: HttpRequest, params: Mapping[str, str]) -> ReadPlan:
        return ReadPlan()

    @display(description=_("refundable"))
    def refundable(self, order: Order) -> Any:
        return columns.money(order.refundable_amount)
