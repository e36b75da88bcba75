"""The stop of all payments, for operators alone (SPEC G2)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from aftersale.admin.kit.actions import StepForm, report, step, to_list
from aftersale.admin.kit.model_admin import OperatorAdmin
from aftersale.models import PaymentStop
from aftersale.services.refunds import payment_stop


class StopForm(StepForm):
    reason = forms.CharField(label=_("reason"), max_length=500, widget=UnfoldAdminTextInputWidget)


@admin.register(PaymentStop)
class PaymentStopAdmin(OperatorAdmin):
    related = ("started_by", "ended_by")
    list_display = ("started_at", "started_by", "reason", "ended_at", "ended_by")
    sortable_by = ()
    fieldsets = (
        (
            None,
            {"fields": (("started_at", "started_by"), "reason", ("ended_at", "ended_by"))},
        ),
    )
    actions_list = ("stop", "lift")

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    @step(
        title=_("Stop all payments"),
        question=_("Nothing is sent to any platform for any shop until the stop is lifted."),
        permission="operate",
        icon="front_hand",
        variant=ActionVariant.DANGER,
        form_class=StopForm,
    )
    def stop(self, request: HttpRequest, form: Any) -> HttpResponse:
        reason = form.cleaned_data["reason"]
        report(request, payment_stop.start, _("All payments are stopped."), reason=reason)
        return to_list(self)

    @step(
        title=_("Lift the stop"),
        question=_("Payments go out again; what waited is sent."),
        permission="operate",
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )
    def lift(self, request: HttpRequest, form: Any) -> HttpResponse:
        report(request, payment_stop.lift, _("Payments go out again."))
        return to_list(self)
