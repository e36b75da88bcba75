"""Steps that people take on a refund's page (SPEC G2, O2)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from aftersale.admin.kit.actions import StepForm, carry_out, step
from aftersale.admin.kit.model_admin import ScopedAdmin
from aftersale.admin.workbench import second_person
from aftersale.models import Refund, RefundStatus, Ticket, TicketStatus
from aftersale.services.refunds import approvals, refund_results, unsent_refunds
from aftersale.services.refunds.holds import is_held_by_pause
from aftersale.services.refunds.payment_claim import claim_of, read_claim
from aftersale.services.tickets.cases import seen_now

Step = Callable[..., Any]


class FailedForm(StepForm):
    reason = forms.CharField(
        label=_("reason of failure"), max_length=500, widget=UnfoldAdminTextInputWidget
    )


class PaidForm(StepForm):
    reference = forms.CharField(
        label=_("payment reference"),
        max_length=refund_results.LONGEST_REFERENCE,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )


class AgainForm(StepForm):
    above_line = forms.BooleanField(
        label=_("also where it goes above what is left of its line"),
        required=False,
        widget=UnfoldBooleanWidget,
    )


class SettledForm(StepForm):
    note = forms.CharField(
        label=_("how it was settled"), max_length=500, widget=UnfoldAdminTextInputWidget
    )


_of_desk = partial(step, permission="handle_tickets")


class RefundSteps(ScopedAdmin):
    """Mixin of the refund's admin. Each step passes on the facts on the page (SPEC O10)."""

    actions_detail = (
        "record_paid",
        "record_failed",
        "try_again",
        "settled",
        "release",
        "take_back",
    )

    @_of_desk(
        title=_("Record as paid"),
        question=_("The buyer has the money: it was paid outside Afterdesk."),
        icon="paid",
        variant=ActionVariant.PRIMARY,
        form_class=PaidForm,
    )
    def record_paid(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._record(
            request,
            object_id,
            partial(_waits_or, _("Recorded as paid.")),
            succeeded=True,
            reference=form.cleaned_data["reference"],
        )

    @_of_desk(
        title=_("Record as failed"),
        question=_("The buyer did not get the money. The order's money is free again."),
        icon="money_off",
        variant=ActionVariant.DANGER,
        form_class=FailedForm,
    )
    def record_failed(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._record(
            request,
            object_id,
            _("Recorded as failed."),
            succeeded=False,
            reason=form.cleaned_data["reason"],
        )

    @_of_desk(
        title=_("Try the refund again"),
        question=_("The order's money is checked anew, then the refund is sent again."),
        icon="replay",
        variant=ActionVariant.PRIMARY,
        form_class=AgainForm,
    )
    def try_again(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ticket_step(
            request,
            object_id,
            approvals.retry,
            partial(_waits_or, _("The refund is tried again.")),
            above_line=form.cleaned_data["above_line"],
        )

    @_of_desk(
        title=_("Settled otherwise"),
        question=_(
            "The ticket is closed for good and nothing is sent. What was paid outside Afterdesk is"
            " not taken off what can still be refunded of the order."
        ),
        icon="handshake",
        form_class=SettledForm,
    )
    def settled(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._ticket_step(
            request,
            object_id,
            approvals.close,
            _("The ticket is closed."),
            note=form.cleaned_data["note"],
        )

    @_of_desk(
        title=_("Release"),
        question=_("The shop is paused; this one refund goes out all the same."),
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )
    def release(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        done = _("The refund is released.")
        return self._refund_step(request, object_id, unsent_refunds.release, done)

    @_of_desk(
        title=_("Take back"),
        question=_("Nothing was sent yet: the ticket waits for a decision again."),
        icon="undo",
        variant=ActionVariant.WARNING,
    )
    def take_back(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        done = _("The refund is taken back.")
        return self._refund_step(request, object_id, unsent_refunds.take_back, done)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> Any:
        """Each step's address carries the facts on the page; its dialog posts to that address."""
        if isinstance(obj, Refund):
            for shown in context.get("actions_detail", ()):
                seen, payment = seen_now(obj.ticket, obj.order), claim_of(obj).as_text()
                shown["path"] += f"?seen={seen}&payment={payment}"
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _record(
        self, request: HttpRequest, object_id: str, done: Any, **result: Any
    ) -> HttpResponse:
        """The result of a payment, with the claim of the page that it was recorded on (SPEC G5)."""
        claim = read_claim(request.GET.get("payment", ""))
        result = {"reason": "", "claim": claim} | result
        return self._refund_step(request, object_id, refund_results.record_result, done, **result)

    def _refund_step(
        self, request: HttpRequest, object_id: str, call: Step, done: Any, **more: Any
    ) -> HttpResponse:
        return self._take(request, object_id, call, done, refund_id=int(object_id), **more)

    def _ticket_step(
        self, request: HttpRequest, object_id: str, call: Step, done: Any, **more: Any
    ) -> HttpResponse:
        refund = self.found(request, object_id)
        ticket_id = refund and refund.ticket_id
        return self._take(request, object_id, call, done, ticket_id=ticket_id, **more)

    def _take(
        self, request: HttpRequest, object_id: str, call: Step, done: Any, **more: Any
    ) -> HttpResponse:
        seen = request.GET.get("seen", "")
        return carry_out(self, request, object_id, call, done, seen=seen, **more)


def _waits_or(done: Any, ticket: Ticket) -> Any:
    """The message after a step that may wait for a second person instead (SPEC G4)."""
    return second_person.said(ticket) or done


def _for_people(refund: Refund) -> bool:
    by_hand = refund.status == RefundStatus.REQUESTED and refund.next_step_at is None
    return by_hand or (refund.status == RefundStatus.UNKNOWN and refund.needs_people)


def _failed(refund: Refund) -> bool:
    """True if the ticket waits for this refund; one that is settled otherwise is over."""
    return refund.status == RefundStatus.FAILED and (
        refund.ticket.status == TicketStatus.REFUND_FAILED
    )


def _not_sent(refund: Refund) -> bool:
    return refund.status == RefundStatus.REQUESTED and not refund.ever_sent


FITS = {
    "record_paid": _for_people,
    "record_failed": _for_people,
    "try_again": _failed,
    "settled": _failed,
    "release": is_held_by_pause,
    "take_back": _not_sent,
}
