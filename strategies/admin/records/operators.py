"""Pages of the automation for operators only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from aftersale.admin.kit import columns
from aftersale.admin.kit.actions import StepForm, report, step, to_list
from aftersale.admin.kit.model_admin import OperatorAdmin
from aftersale.admin.kit.yuan_field import YuanField
from aftersale.domain.money import format_yuan
from aftersale.services.shared.shown import format_time
from strategies.models import EvaluatorLane, FastRefundRule, FastRefundRuleKind, Heartbeat
from strategies.services import fast_refund

_RULES = {
    FastRefundRuleKind.APPLIED_WITHIN_HOURS.value: _("Applied within hours of payment"),
    FastRefundRuleKind.PAID_AMOUNT_BELOW.value: _("Paid amount below"),
}


class RuleForm(StepForm):
    starts_at = forms.DateTimeField(
        label=_("in force from"),
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    )
    kind = forms.ChoiceField(
        label=_("rule"), choices=tuple(_RULES.items()), widget=UnfoldAdminSelectWidget
    )
    # Fen also of hours: "6" is read as 6.00 either way.
    value = YuanField(label=_("hours, or yuan"), least=0, widget=UnfoldAdminTextInputWidget)

    def clean(self) -> dict[str, Any]:
        """`value` as the service takes it: whole hours, or fen."""
        cleaned = super().clean()
        kind, value = cleaned.get("kind"), cleaned.get("value")
        if kind == FastRefundRuleKind.PAID_AMOUNT_BELOW or value is None:
            return cleaned
        cleaned["value"], part = divmod(value, 100)
        if part:
            self.add_error("value", _("Hours are whole numbers."))
        return cleaned


@admin.register(FastRefundRule)
class FastRefundRuleAdmin(OperatorAdmin):
    list_display = ("rule", "since", "limit")
    ordering = ("starts_at",)
    sortable_by = ()
    fieldsets = ((None, {"fields": ("rule", "since", "limit")}),)
    actions_list = ("add_rule",)

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    @step(
        title=_("Add a rule"),
        question=_("It holds in all shops for orders paid from then on, and can't be taken back."),
        permission="operate",
        icon="add",
        variant=ActionVariant.PRIMARY,
        form_class=RuleForm,
    )
    def add_rule(self, request: HttpRequest, form: Any) -> HttpResponse:
        report(
            request,
            fast_refund.add_rule,
            _("The rule is added."),
            starts_at=form.cleaned_data["starts_at"],
            kind=form.cleaned_data["kind"],
            value=form.cleaned_data["value"],
        )
        return to_list(self)

    @display(description=_("rule"))
    def rule(self, rule: FastRefundRule) -> Any:
        return _RULES[rule.kind]

    @display(description=_("in force from"))
    def since(self, rule: FastRefundRule) -> Any:
        return format_time(rule.starts_at) if rule.starts_at else _("the beginning")

    @display(description=_("limit"))
    def limit(self, rule: FastRefundRule) -> Any:
        if rule.kind == FastRefundRuleKind.APPLIED_WITHIN_HOURS:
            return _("%(hours)s hours") % {"hours": rule.value}
        return format_yuan(rule.value)


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
    list_display = ("worker", "host", "at", "clock_ahead")
    ordering = ("worker", "host")
    sortable_by = ()
    fieldsets = ((None, {"fields": ("worker", "host", "at", "clock_ahead")}),)
