"""Decisions, each with its trace in words and the facts it was made on (SPEC E8, O8)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.forms import Media
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from aftersale.admin import TicketAdmin
from aftersale.admin.kit import access, columns
from aftersale.admin.kit.colours import ORDER_STATUS
from aftersale.admin.kit.filters import ShopFilter, chosen, scoped_filter
from aftersale.admin.kit.index_reads import IndexRead, ReadPlan
from aftersale.admin.kit.model_admin import ScopedAdmin
from aftersale.admin.kit.search import TicketSearch
from aftersale.admin.kit.sections import Section
from aftersale.models import Ticket
from aftersale.services.access.rights import Right
from aftersale.services.shared.shown import EMPTY, format_time
from strategies.admin.explaining.cards import Shown
from strategies.admin.search.counted import STRATEGY, counted
from strategies.admin.search.filters import FROM, TO, ReasonFilter, TimeFilter, read_time, zone_of
from strategies.models import Decision, Outcome, Strategy
from strategies.services import explanations

OUTCOME: dict[str, str] = {
    Outcome.REFUND: "success",
    Outcome.APPROVE_RETURN: "info",
    Outcome.MANUAL: "warning",
}


def decisions_of(request: HttpRequest, ticket: Ticket) -> Section:
    rows = ticket.decisions.select_related("strategy").order_by("pk")
    return Section(
        _("Decisions"),
        [_("decided at"), _("outcome"), _("decided by"), _("why for people")],
        [
            [
                columns.link_to(
                    "strategies_decision",
                    decision.pk,
                    format_time(decision.decided_at, ticket.shop, seconds=True),
                ),
                columns.badge(decision.get_outcome_display(), OUTCOME.get(decision.outcome, "")),
                by(decision),
                decision.get_why_display() or EMPTY,
            ]
            for decision in rows
        ],
        note=_explain_now(ticket),
    )


def _explain_now(ticket: Ticket) -> Any:
    if ticket.status not in explanations.OPEN:
        return ""
    address = reverse("automation:explain-now", args=[ticket.pk])
    return format_html(
        '<a class="d-link" href="{}">{}</a>', address, _("What would be decided now")
    )


TicketAdmin.sections.insert(0, decisions_of)


def by(decision: Decision) -> Any:
    """The strategy that hit, or fast refund."""
    if decision.strategy is not None:
        return columns.link(decision.strategy)
    return decision.get_source_display() or EMPTY


@admin.register(Decision)
class DecisionAdmin(TicketSearch, ScopedAdmin):
    related = ("shop", "ticket", "strategy")
    change_form_outer_before_template = "strategies/explaining/decision.html"
    colours = {"outcome": OUTCOME, "order_status": ORDER_STATUS}
    list_display = (
        "moment",
        "outcome",
        "ticket",
        "amount",
        "scenario",
        "strategy_shown",
        "why",
        "reason",
        "shop",
    )
    list_filter = (
        ShopFilter,
        TimeFilter,
        "outcome",
        "why",
        "source",
        "scenario",
        scoped_filter(Strategy, field="strategy", shop_path="shop", label=_("strategy")),
        ReasonFilter,
        "type",
    )
    list_before_template = "strategies/search/top.html"
    sortable_by = ()
    ordering = ("-decided_at", "-pk")
    search_fields = ("ticket__ticket_no",)
    search_help_text = _("Ticket or order number, or the beginning of the buyer's name")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("outcome", "moment"),
                    ("why", "strategy_shown"),
                    ("scenario", "source"),
                    ("ticket", "shop"),
                    ("revision", "error"),
                )
            },
        ),
    )
    facts = (
        ("type", "amount"),
        ("reason", "applied_at"),
        ("order_shown", "order_status"),
        ("paid_amount", "refundable_amount"),
        ("paid_at", "label_printed_at"),
        ("shipped_at", "delivered_at"),
        ("products", "categories"),
        ("line_no", "line_paid"),
        ("line_left", "freight_left"),
        ("labels", "ticket_labels"),
        ("order_type", "has_virtual"),
        ("buyer", "buyer_blocked"),
        ("buyer_count", "buyer_sum"),
        ("held_back", "moment"),
    )

    def read_plan(self, request: HttpRequest, params: Mapping[str, str]) -> ReadPlan:
        """The newest of the time that was asked for; a strategy's hits by their own index."""
        zone = zone_of(request)
        start, end = (read_time(params.get(name, ""), zone) for name in (FROM, TO))
        index_read = IndexRead(order=("decided_at",), first=start, last=end)
        answers, shop = {FROM, TO}, None
        if strategy := chosen(request, STRATEGY):
            shop = strategy.shop_id
            hits = (("strategy_id", strategy.pk),)
            index_read = replace(
                index_read, fixed=hits, where="strategy_id IS NOT NULL", by_shop=False
            )
            answers.add(STRATEGY)
        return ReadPlan(
            (index_read,), frozenset(answers), shop=shop, number=counted(request, params)
        )

    @property
    def media(self) -> Media:
        return super().media + Media(css={"all": ["strategies/explaining.css"]})

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        may = {"may_export": access.has_somewhere(request, Right.SEE_BUYERS)}
        return super().changelist_view(request, {**(extra_context or {}), **may})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The explanation first: it is what the page is opened for."""
        decision = self.found(request, object_id)
        shown = None if decision is None else Shown(explanations.of_decision(decision))
        return super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), "shown": shown}
        )

    def get_sections(self, request: HttpRequest, obj: Any) -> list[Section]:
        rows = [
            [cell for name in names for cell in self._labelled(name, obj)] for names in self.facts
        ]
        facts = Section(_("The facts it was made on"), ["", "", "", ""], rows)
        return [*super().get_sections(request, obj), facts]

    def _labelled(self, name: str, decision: Decision) -> tuple[Any, Any]:
        shown = self.column(name)
        return capfirst(shown.short_description), shown(decision)

    @display(description=_("decided at"))
    def moment(self, decision: Decision) -> str:
        return format_time(decision.decided_at, decision.shop, seconds=True)

    @display(description=_("decided by"))
    def strategy_shown(self, decision: Decision) -> Any:
        return by(decision)

    @display(description=_("rulebook revision"))
    def revision(self, decision: Decision) -> Any:
        revision = decision.rulebook
        return columns.link_to("strategies_rulebookrevision", revision.pk, revision.number)

    @display(description=_("order"))
    def order_shown(self, decision: Decision) -> Any:
        return columns.link_to("aftersale_order", decision.order_id, decision.ticket.order_no)
