"""What people do with a ticket on its page (SPEC O4, P1); the workbench does it faster."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from aftersale.models import Ticket, TicketStatus
from aftersale.services import refunds

from .steps import StepForm, carry_out, step


class ApproveForm(StepForm):
    amount = forms.DecimalField(
        label=_("amount in yuan"),
        help_text=_("At most what was asked for. Empty: all of it."),
        required=False,
        min_value=0.01,
        decimal_places=2,
        max_digits=12,
        widget=UnfoldAdminTextInputWidget,
    )


class TicketSteps:
    """For the ticket's admin."""

    actions_detail = ("approve", "confirm_return", "retry")

    @step(
        title=_("Approve"),
        question=_("The buyer gets the money, or may send the goods back, as the ticket asks."),
        permission="handle_tickets",
        icon="check",
        variant=ActionVariant.PRIMARY,
        form_class=ApproveForm,
    )
    def approve(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        yuan = form.cleaned_data["amount"]
        return carry_out(
            self,
            request,
            object_id,
            refunds.approve,
            _("The ticket is approved."),
            ticket_id=int(object_id),
            amount=None if yuan is None else int(yuan * 100),
        )

    @step(
        title=_("Confirm the return"),
        question=_("The goods are in hand, or not wanted back: the refund starts."),
        permission="handle_tickets",
        icon="inventory",
        variant=ActionVariant.PRIMARY,
    )
    def confirm_return(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return carry_out(
            self,
            request,
            object_id,
            refunds.confirm_return,
            _("The return is confirmed and the refund starts."),
            ticket_id=int(object_id),
        )

    @step(
        title=_("Try the refund again"),
        question=_("The order's money is checked anew, then the refund is sent again."),
        permission="handle_tickets",
        icon="replay",
        variant=ActionVariant.PRIMARY,
    )
    def retry(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return carry_out(
            self,
            request,
            object_id,
            refunds.retry,
            _("The refund is tried again."),
            ticket_id=int(object_id),
        )


def _is_open(ticket: Ticket) -> bool:
    return ticket.status in (TicketStatus.PENDING_REVIEW, TicketStatus.NEGOTIATING)


def _awaits_goods(ticket: Ticket) -> bool:
    return ticket.status in (TicketStatus.AWAITING_RETURN, TicketStatus.RETURNING)


def _failed(ticket: Ticket) -> bool:
    return ticket.status == TicketStatus.REFUND_FAILED


FITS = {"approve": _is_open, "confirm_return": _awaits_goods, "retry": _failed}
