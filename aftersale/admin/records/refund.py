"""Refunds and their attempts."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from aftersale.admin.kit import colours, columns
from aftersale.admin.kit.exports import ExportedList
from aftersale.admin.kit.filters import ShopFilter
from aftersale.admin.kit.index_reads import IndexRead, ReadPlan, words
from aftersale.admin.kit.model_admin import ScopedAdmin
from aftersale.admin.kit.search import TicketSearch
from aftersale.admin.kit.sections import Section
from aftersale.admin.records.refund_actions import FITS, RefundSteps
from aftersale.admin.records.window_sections import charges_of, commission_of
from aftersale.models import Refund, RefundAttempt, RefundStatus, Ticket
from aftersale.services.access import masks
from aftersale.services.shared.shown import EMPTY, format_time


def attempts_of(ticket: Ticket, **which: Any) -> Section:
    shop = ticket.shop
    return Section(
        _("Attempts"),
        [
            _("number"),
            _("state"),
            _("amount"),
            _("created at"),
            _("settled at"),
            _("times asked about"),
            _("reason"),
            _("idempotency key"),
        ],
        [
            [
                attempt.number,
                columns.badge(
                    attempt.get_state_display(), colours.ATTEMPT_STATE.get(attempt.state, "")
                ),
                columns.money(attempt.amount),
                format_time(attempt.created_at, shop, seconds=True),
                format_time(attempt.settled_at, shop, seconds=True),
                attempt.questions,
                masks.shown_text(attempt.reason, ticket.buyer, shop.pk) or EMPTY,
                attempt.key,
            ]
            for attempt in RefundAttempt.objects.filter(**which).order_by("number")
        ],
    )


def attempts(request: HttpRequest, refund: Refund) -> Section:
    return attempts_of(refund.ticket, refund=refund)


# One read for each partial index; refunds in a status without one are found by due and not due.
_FOR_PEOPLE = IndexRead(order=("id",), where="needs_people")
_FAILED = IndexRead(order=("settled_at",), where="status = 'failed'")
_DUE = IndexRead(order=("next_step_at",), where="next_step_at IS NOT NULL")
_NOT_DUE = IndexRead(order=("id",), where="next_step_at IS NULL AND status = 'requested'")
_NOT_SETTLED = [RefundStatus.SENDING, RefundStatus.UNKNOWN, RefundStatus.TAKEN_BACK]
_IS_NOT_SETTLED = words("status", _NOT_SETTLED)


@admin.register(Refund)
class RefundAdmin(ExportedList, RefundSteps, TicketSearch, ScopedAdmin):
    exported = "refunds"
    step_fits = FITS
    related = ("shop", "ticket", "order", "requested_by", "requested_token")
    colours = {"status": colours.REFUND_STATUS}
    list_display = (
        "number",
        "status",
        "amount",
        "source",
        "needs_people",
        "requested_at",
        "next_step_at",
        "failure",
        "shop",
    )
    list_filter = (ShopFilter, "status", "source", "needs_people", "requested_at")
    sortable_by = ()
    search_fields = ("ticket__ticket_no",)
    search_help_text = _("Ticket or order number, or the beginning of the buyer's name")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("ticket", "order"),
                    ("shop", "status"),
                    ("amount", "source"),
                    ("requested_at", "requested_by"),
                    ("decision", "reason"),
                )
            },
        ),
        (
            _("Payment"),
            {
                "fields": (
                    ("ever_sent", "needs_people"),
                    ("released", "next_step_at"),
                    ("settled_at", "failure"),
                    "reference",
                )
            },
        ),
    )
    sections = [attempts, charges_of, commission_of]

    def read_plan(self, request: HttpRequest, params: Mapping[str, str]) -> ReadPlan:
        """Money under way, and refunds that need people, are found however old they are."""
        status = params.get("status__exact", "")
        if params.get("needs_people__exact") == "1":
            return ReadPlan((_FOR_PEOPLE,), frozenset({"needs_people__exact"}))
        if status == RefundStatus.REQUESTED:
            return ReadPlan((_DUE, _NOT_DUE))
        if status == RefundStatus.FAILED:
            return ReadPlan((_FAILED,), frozenset({"status__exact"}))
        if status in _NOT_SETTLED:
            index_read = IndexRead(
                order=("id",), fixed=(("status", status),), where=_IS_NOT_SETTLED
            )
            return ReadPlan((index_read,), frozenset({"status__exact"}))
        return ReadPlan()

    @display(description=_("ticket"))
    def number(self, refund: Refund) -> str:
        return refund.ticket.ticket_no

    @display(description=_("decision"))
    def decision(self, refund: Refund) -> Any:
        if refund.decision_id is None:
            return EMPTY
        # Decisions live in the app above; their page is known by name only.
        return columns.link_to("strategies_decision", refund.decision_id, f"#{refund.decision_id}")


@admin.register(RefundAttempt)
class RefundAttemptAdmin(TicketSearch, ScopedAdmin):
    shop_path = "refund__shop"
    ticket_path = "refund__ticket"
    related = ("refund__shop", "refund__ticket")
    colours = {"state": colours.ATTEMPT_STATE}
    list_display = (
        "created_at",
        "refund",
        "number",
        "state",
        "amount",
        "settled_at",
        "questions",
        "reason",
    )
    list_filter = (ShopFilter, "state", "created_at")
    sortable_by = ()
    search_fields = ("refund__ticket__ticket_no",)
    search_help_text = _("Ticket or order number, or the beginning of the buyer's name")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("refund", "number"),
                    ("state", "amount"),
                    ("created_at", "settled_at"),
                    ("leased_until", "questions"),
                    "reason",
                    ("key", "fingerprint"),
                )
            },
        ),
    )
