"""The dialogs that record the result of a refund paid by hand (SPEC O4, G4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.kit.pages import desk_page, done
from aftersale.domain.money import NotYuan, format_yuan, parse_yuan, plain_yuan
from aftersale.models import Ticket
from aftersale.services.refunds import lost_payments, refund_results
from aftersale.services.refunds.by_hand import is_to_pay
from aftersale.services.refunds.payment_claim import claim_of, read_claim
from aftersale.services.shared.errors import NotFound, Refused, Stale
from aftersale.services.tickets.cases import find_case, require_unchanged, seen_now

from . import claimed, second_person
from .changed_case import CHANGED, says_what_changed
from .consequences import buyer


@dataclass(frozen=True)
class Payment:
    """One of the two dialogs."""

    template: str
    title: Any
    succeeded: bool
    # The message once it is recorded; has the buyer and the amount.
    told: Any


PAID = Payment(
    "aftersale/workbench/paid.html",
    gettext_lazy("Record as paid"),
    True,
    gettext_lazy("Refunded: %(buyer)s has %(amount)s."),
)
NOT_PAID = Payment(
    "aftersale/workbench/not_paid.html",
    gettext_lazy("Record as failed"),
    False,
    gettext_lazy("The refund of %(amount)s to %(buyer)s is recorded as failed."),
)


def _view(payment: Payment) -> Callable[..., HttpResponseBase]:
    @desk_page
    @require_http_methods(["GET", "POST"])
    @says_what_changed
    def view(request: HttpRequest, ticket_id: int) -> HttpResponse:
        return _record(request, ticket_id, payment)

    return view


paid, not_paid = _view(PAID), _view(NOT_PAID)


def _record(request: HttpRequest, ticket_id: int, payment: Payment) -> HttpResponse:
    # Checks the right before anything is shown.
    ticket = find_case(ticket_id=ticket_id, user=access.person(request))
    refund = getattr(ticket, "refund", None)
    if refund is None:
        raise NotFound(_("There is no such refund."))
    if request.method == "GET":
        require_unchanged(ticket, ticket.order, request.GET.get("seen"))

    def act() -> HttpResponse:
        claimed.require_meant(request, ticket)
        recorded = refund_results.record_result(
            refund_id=refund.pk,
            succeeded=payment.succeeded,
            reason=request.POST.get("reason", ""),
            reference=request.POST.get("reference", ""),
            seen=request.POST.get("seen", ""),
            claim=read_claim(request.POST.get("payment", "")),
            **caller(request),
        )
        words = {"buyer": buyer(ticket), "amount": format_yuan(refund.amount)}
        return done(second_person.said(recorded) or payment.told % words)

    return ask(
        request,
        payment.template,
        act=act,
        passing=CHANGED,
        title=payment.title,
        ticket=ticket,
        order=ticket.order,
        buyer=buyer(ticket),
        colleague=claimed.colleague(request, ticket),
        claim_meant=claimed.FIELD in request.POST,
        drafts=True,
        amount=format_yuan(refund.amount),
        reference=request.POST.get("reference", ""),
        reference_length=refund_results.LONGEST_REFERENCE,
        reason=request.POST.get("reason", ""),
        second_person=second_person.warning(
            ticket, access.person(request), refund.amount if is_to_pay(refund) else None
        ),
        payment=request.POST.get("payment") or claim_of(refund).as_text(),
        # The facts on the screen when the dialog was opened, not those of now.
        seen=request.POST.get("seen") or request.GET.get("seen") or seen_now(ticket, ticket.order),
    )


@desk_page
@require_http_methods(["GET", "POST"])
@says_what_changed
def was_paid(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """A ticket that may have been paid before a backup was restored: was it? (SPEC G6)"""
    ticket = find_case(ticket_id=ticket_id, user=access.person(request))
    if not lost_payments.in_doubt(ticket):
        raise Stale(_("There is nothing in doubt about this ticket."))
    if request.method == "GET":
        require_unchanged(ticket, ticket.order, request.GET.get("seen"))
    refund = getattr(ticket, "refund", None)
    typed = request.POST.get("amount", plain_yuan(refund.amount if refund else ticket.amount))
    common = {"ticket_id": ticket.pk, "seen": request.POST.get("seen", ""), **caller(request)}

    def act() -> HttpResponse:
        claimed.require_meant(request, ticket)
        if "not_paid" in request.POST:
            lost_payments.was_not_paid(**common)
            return done(_("Not paid: the ticket goes on as it stands."))
        recorded = lost_payments.was_paid(
            amount=_fen(typed),
            reference=request.POST.get("reference", ""),
            **common,
        )
        return done(second_person.said(recorded) or _("Recorded as paid."))

    return ask(
        request,
        "aftersale/workbench/was_paid.html",
        act=act,
        passing=CHANGED,
        title=_("Was it paid?"),
        ticket=ticket,
        order=ticket.order,
        buyer=buyer(ticket),
        colleague=claimed.colleague(request, ticket),
        claim_meant=claimed.FIELD in request.POST,
        drafts=True,
        amount=typed,
        reference=request.POST.get("reference", ""),
        reference_length=refund_results.LONGEST_REFERENCE,
        seen=request.POST.get("seen") or request.GET.get("seen") or seen_now(ticket, ticket.order),
        lost=lost_payments.between(ticket),
    )


def _fen(typed: str) -> int:
    try:
        return parse_yuan(typed)
    except NotYuan:
        raise Refused(
            _("Give the amount in yuan, above 0, with at most two decimals."), pointer="amount"
        ) from None


def steps(ticket: Ticket) -> set[str]:
    """Names of the dialogs on offer: of a refund to be paid by hand, or of a ticket that may have
    been paid in a time that a restored backup does not know."""
    refund = getattr(ticket, "refund", None)
    if lost_payments.in_doubt(ticket):
        return {"was_paid"} if ticket.order else set()
    if refund is None or not is_to_pay(refund):
        return set()
    return {"paid", "not_paid"}
