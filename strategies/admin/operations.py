"""What operators alone see of the automation."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from aftersale.admin import columns
from aftersale.admin.scoped import OperatorAdmin
from strategies.models import EvaluatorLane, FastRefundRule, FastRefundRuleKind, Heartbeat


@admin.register(FastRefundRule)
class FastRefundRuleAdmin(OperatorAdmin):
    list_display = ("rule", "since", "limit")
    ordering = ("starts_at",)
    sortable_by = ()
    fieldsets = ((None, {"fields": ("rule", "since", "limit")}),)

    @display(description=_("rule"))
    def rule(self, rule: FastRefundRule) -> Any:
        if rule.kind == FastRefundRuleKind.APPLIED_WITHIN_HOURS:
            return _("Applied within hours of payment")
        return _("Paid amount below")

    @display(description=_("in force from"))
    def since(self, rule: FastRefundRule) -> Any:
        return columns.moment(rule.starts_at) if rule.starts_at else _("the beginning")

    @display(description=_("limit"))
    def limit(self, rule: FastRefundRule) -> Any:
        if rule.kind == FastRefundRuleKind.APPLIED_WITHIN_HOURS:
            return _("%(hours)s hours") % {"hours": rule.value}
        return columns.money(rule.value)


@admin.register(EvaluatorLane)
class EvaluatorLaneAdmin(OperatorAdmin):
    shop_path = "shop"
    related = ("shop",)
    list_display = ("shop_name", "revision", "decided_until")
    sortable_by = ()
    fieldsets = ((None, {"fields": ("shop", "revision", "decided_until")}),)

    @display(description=_("shop"))
    def shop_name(self, lane: EvaluatorLane) -> str:
        return lane.shop.name

    @display(description=_("rulebook"))
    def revision(self, lane: EvaluatorLane) -> Any:
        return columns.link_to("strategies_rulebookrevision", lane.rulebook_id, lane.rulebook_id)


@admin.register(Heartbeat)
class HeartbeatAdmin(OperatorAdmin):
    list_display = ("worker", "at")
    ordering = ("worker",)
    sortable_by = ()
    fieldsets = ((None, {"fields": ("worker", "at")}),)
