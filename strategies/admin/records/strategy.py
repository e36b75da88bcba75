"""Strategies with their cap use of today, their revisions, and the cap use of every day."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import (
    BigIntegerField,
    Case,
    DateField,
    F,
    Func,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from aftersale.admin.kit import access, columns, hours
from aftersale.admin.kit.filters import ShopFilter, scoped_filter
from aftersale.admin.kit.model_admin import ScopedAdmin
from aftersale.admin.kit.sections import Section
from aftersale.services.access.rights import Right
from aftersale.services.shared.shown import EMPTY, format_time, who
from strategies.admin.wording.revision import shown_content, tripped, without_effect
from strategies.admin.wording.sentence import sentence
from strategies.models import Scenario, Strategy, StrategyRevision, StrategyUsage
from strategies.services.caps import NEARLY, share
from strategies.services.rulebook_content import strategy_content
from strategies.strategy_record import SWITCHES

DAYS_SHOWN = 14
SCENARIO_ORDER = Case(
    *(When(scenario=scenario, then=Value(place)) for place, scenario in enumerate(Scenario)),
    output_field=IntegerField(),
)


def share_badge(used: int, cap: int) -> Any:
    percent = share(used, cap)
    colour = "danger" if percent >= 100 else "warning" if percent >= NEARLY else ""
    return columns.badge(f"{percent} %", colour)


class InUseFilter(admin.SimpleListFilter):
    """SPEC T8: a deleted strategy stays readable, out of the way."""

    title = _("deleted")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Deleted")), ("all", _("In use and deleted"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        choices = super().choices(changelist)
        yield {**next(choices), "display": _("In use")}
        yield from choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "all":
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() != "yes")


def usage_of(request: HttpRequest, strategy: Strategy) -> Section:
    return Section(
        _("Cap use"),
        [_("day"), _("hits"), _("used"), _("daily refund cap"), _("share")],
        [
            [
                f"{usage.day:%Y-%m-%d}",
                usage.hits,
                columns.money(usage.used),
                columns.money(usage.cap),
                share_badge(usage.used, usage.cap),
            ]
            for usage in strategy.usage.order_by("-day")[:DAYS_SHOWN]
        ],
    )


def revisions_of(request: HttpRequest, strategy: Strategy) -> Section:
    rows = strategy.revisions.select_related("created_by", "created_token").defer("content")
    compare = reverse("automation:revisions", args=[strategy.pk])
    return Section(
        _("Revisions"),
        [_("revision"), _("changed at"), _("changed by")],
        [
            [
                columns.link_to("strategies_strategyrevision", revision.pk, revision.number),
                format_time(revision.created_at, strategy.shop, seconds=True),
                who(revision, "created_by"),
            ]
            for revision in rows
        ],
        note=format_html(
            '<a class="text-link" href="{}">{}</a>', compare, _("Compare revisions side by side")
        ),
    )


@admin.register(Strategy)
class StrategyAdmin(ScopedAdmin):
    """Read-only: what changes a strategy is in `editor`, offered at the top of its page."""

    list_before_template = "strategies/records/list_top.html"
    change_form_outer_before_template = "strategies/records/strategy_top.html"
    related = ("shop",)
    list_display = (
        "name",
        "state",
        "scenario",
        "priority",
        "single_amount_cap",
        "daily_cap",
        "used_today",
        "share_today",
        "shop",
    )
    list_filter = (ShopFilter, "scenario", "enabled", InUseFilter)
    ordering = ("shop__name", SCENARIO_ORDER, F("priority").asc(nulls_last=True), "pk")
    sortable_by = ()
    search_fields = ("name",)
    search_help_text = _("Part of the name")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "shop"),
                    ("scenario", "priority"),
                    ("state", "revision"),
                    ("remark", "decisions"),
                )
            },
        ),
        (
            _("Caps"),
            {"fields": (("single_amount_cap", "daily_cap"), ("used_today", "share_today"))},
        ),
        (
            _("Conditions"),
            {
                "fields": (
                    ("valid_from", "valid_until"),
                    ("execution_time", "windows_shown", "paid_time"),
                    ("order_statuses", "time_limit_hours"),
                    SWITCHES,
                    ("product_condition", "products"),
                    ("categories", "buyer_reasons"),
                    "refund_reason",
                )
            },
        ),
        (
            _("Circuit breaker"),
            {
                "fields": (
                    ("breaker_hits", "breaker_amount"),
                    ("breaker_minutes", "breaker_opened_at"),
                    "breaker_shown",
                )
            },
        ),
    )
    sections = [usage_of, revisions_of]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        may_add = access.has_somewhere(request, Right.CHANGE_STRATEGIES)
        return super().changelist_view(request, {**(extra_context or {}), "may_add": may_add})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        strategy = kwargs.get("obj") or context.get("original")
        if isinstance(strategy, Strategy):
            context["top"] = {
                "strategy": strategy,
                "sentence": sentence(strategy_content(strategy), zone=strategy.shop.timezone),
                "deleted": strategy.deleted_at is not None,
                "may_change": access.may(request, strategy.shop_id, Right.CHANGE_STRATEGIES),
                "saved": "saved" in request.GET,
                "tripped": tripped(strategy),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def _line(self, line: Any, request: HttpRequest, obj: Any = None) -> Any:
        """Without the fields that decide nothing in this strategy."""
        if obj is not None and isinstance(line, str):
            kind = {"scenario": obj.scenario, "execution_time": obj.execution_time}
            if line.removesuffix("_shown") in without_effect(kind):
                return None
        return super()._line(line, request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With today's cap use; the day is the shop's own (SPEC E4)."""
        today = Func(
            F("shop__timezone"),
            template="(now() AT TIME ZONE %(expressions)s)::date",
            output_field=DateField(),
        )
        usage = StrategyUsage.objects.filter(strategy=OuterRef("pk"), day=OuterRef("today"))
        return (
            super()
            .get_queryset(request)
            .annotate(today=today)
            .annotate(used=Subquery(usage.values("used"), output_field=BigIntegerField()))
        )

    @display(description=_("state"))
    def state(self, strategy: Strategy) -> Any:
        if strategy.deleted_at:
            return columns.badge(_("Deleted"))
        if strategy.enabled:
            return columns.badge(_("Enabled"), "success")
        if strategy.breaker_opened_at:
            return columns.badge(_("Circuit breaker open"), "danger")
        return columns.badge(_("Not enabled"))

    @display(description=_("used today"))
    def used_today(self, strategy: Any) -> Any:
        return columns.money(strategy.used or 0)

    @display(description=_("share"))
    def share_today(self, strategy: Any) -> Any:
        return share_badge(strategy.used or 0, strategy.daily_cap)

    @display(description=_("daily windows"))
    def windows_shown(self, strategy: Strategy) -> str:
        return hours.intervals(strategy.windows) or EMPTY

    @display(description=_("why it opened"))
    def breaker_shown(self, strategy: Strategy) -> Any:
        return tripped(strategy) or EMPTY

    @display(description=_("decisions"))
    def decisions(self, strategy: Strategy) -> Any:
        url = reverse("admin:strategies_decision_changelist")
        return format_html(
            '<a class="text-link" href="{}?strategy={}">{}</a>', url, strategy.pk, _("All its hits")
        )


def content(request: HttpRequest, revision: StrategyRevision) -> Section:
    before = StrategyRevision.objects.filter(
        strategy=revision.strategy_id, number=revision.number - 1
    ).first()
    shop = revision.strategy.shop
    old = shown_content(before.content, shop) if before else {}
    rows = []
    for label, value in shown_content(revision.content, shop).items():
        changed = before is not None and old.get(label) != value
        rows.append([label, value, old.get(label, EMPTY) if changed else ""])
    return Section(_("The strategy as it was"), ["", _("value"), _("before the change")], rows)


@admin.register(StrategyRevision)
class StrategyRevisionAdmin(ScopedAdmin):
    shop_path = "strategy__shop"
    related = ("strategy__shop", "created_by", "created_token")
    list_display = ("created_at", "strategy", "number", "created_by", "shop_shown")
    list_filter = (
        ShopFilter,
        scoped_filter(Strategy, field="strategy", shop_path="shop", label=_("strategy")),
        "created_at",
    )
    sortable_by = ()
    fieldsets = ((None, {"fields": (("strategy", "number"), ("created_at", "created_by"))}),)
    sections = [content]

    @display(description=_("shop"))
    def shop_shown(self, revision: StrategyRevision) -> Any:
        return columns.link(revision.strategy.shop)


@admin.register(StrategyUsage)
class StrategyUsageAdmin(ScopedAdmin):
    shop_path = "strategy__shop"
    related = ("strategy__shop",)
    list_display = (
        "day_shown",
        "strategy",
        "scenario",
        "hits",
        "used",
        "cap",
        "share",
        "shop_shown",
    )
    list_filter = (
        ShopFilter,
        scoped_filter(Strategy, field="strategy", shop_path="shop", label=_("strategy")),
        "day",
    )
    ordering = ("-day", "-pk")
    sortable_by = ("used", "hits")
    fieldsets = (
        (None, {"fields": (("day_shown", "strategy"), ("hits", "share"), ("used", "cap"))}),
    )

    @display(description=_("day"))
    def day_shown(self, usage: StrategyUsage) -> Any:
        return columns.unbroken(f"{usage.day:%Y-%m-%d}")

    @display(description=_("scenario"))
    def scenario(self, usage: StrategyUsage) -> Any:
        return usage.strategy.get_scenario_display()

    @display(description=_("share"))
    def share(self, usage: StrategyUsage) -> Any:
        return share_badge(usage.used, usage.cap)

    @display(description=_("shop"))
    def shop_shown(self, usage: StrategyUsage) -> Any:
        return columns.link(usage.strategy.shop)
