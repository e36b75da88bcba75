"""The stop of all payments, for operators alone (SPEC G2)."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from aftersale.admin.kit.actions import StepForm, step
from aftersale.admin.kit.model_admin import OperatorAdmin
from aftersale.models import PaymentStop
from aftersale.services.refunds import payment_stop
from aftersale.services.shared.errors import Refused


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
        return self._call(
            request, payment_stop.start, _("All payments are stopped."), reason=reason
        )

    @step(
        title=_("Lift the stop"),
        question=_("Payments go out again; what waited is sent."),
        permission="operate",
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )
    def lift(self, request: HttpRequest, form: Any) -> HttpResponse:
        return self._call(request, payment_stop.lift, _("Payments go out again."))

    def _call(self, request: HttpRequest, call: Any, done: Any, **arguments: Any) -> HttpResponse:
        try:
            call(user=request.user, now=timezone.now(), **arguments)
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, done)
        return HttpResponse(
            headers={"HX-Redirect": reverse("admin:aftersale_paymentstop_changelist")}
        )
