"""Requests for a second person: on the case, and the dialogs that settle them (SPEC G4)."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.kit.pages import desk_page, done
from aftersale.domain.money import format_yuan
from aftersale.models import ApprovalKind, ApprovalRequest, Ticket
from aftersale.services.refunds import approval_limits
from aftersale.services.refunds import second_person as service
from aftersale.services.shared.errors import Stale
from aftersale.services.shared.shown import format_time, who
from aftersale.services.tickets import waiting_approvals
from aftersale.services.tickets.cases import find_case, require_unchanged, seen_now

from .changed_case import CHANGED, says_what_changed
from .consequences import buyer


def steps(ticket: Ticket, user: User) -> set[str]:
    """The only steps on a case that waits: nobody decides it past whoever has asked."""
    request = waiting_approvals.of_ticket(ticket)
    if request is None:
        return set()
    if request.requested_by_id == user.pk:
        return {"withdraw"}
    return {"decline", "confirm"} if service.may_settle(user, ticket, request) else {"decline"}


def asked(ticket: Ticket, user: User) -> dict[str, Any] | None:
    """The request that waits, with its asker, step and reason in words; None: nobody asks."""
    request = waiting_approvals.of_ticket(ticket)
    if request is None:
        return None
    own = request.requested_by_id == user.pk
    return {
        "who": who(request, "requested_by"),
        "what": ApprovalKind(request.kind).label,
        "amount": format_yuan(request.amount),
        "at": format_time(request.requested_at, ticket.shop),
        "why": _why(request),
        # Words to the buyer that would go out with it.
        "message": request.arguments.get("message", ""),
        "held": request.kind not in service.RESULTS,
        "own": own,
        "too_much": not own and not service.may_settle(user, ticket, request),
    }


def warning(ticket: Ticket, user: User, amount: int | None) -> str:
    """Said before a step that would wait for a second person; empty where it would not."""
    if ticket.order is None or not amount:
        return ""
    over = approval_limits.excess(user, ticket.order, amount, but=ticket)
    if over is None:
        return ""
    if over.together > amount:
        text = _(
            "With what you have approved of this order it comes to %(together)s; alone you approve"
            " up to %(limit)s. It will wait until a second person confirms it."
        )
    else:
        text = _(
            "Alone you approve up to %(limit)s of an order. It will wait until a second person"
            " confirms it."
        )
    return text % {
        "together": format_yuan(over.together),
        "limit": format_yuan(over.alone_up_to),
    }


def said(ticket: Ticket) -> str:
    """The message after a step that waits now; empty where it was taken."""
    if not waiting_approvals.is_waiting(ticket):
        return ""
    return _("Ticket %s waits for a second person.") % ticket.ticket_no


@desk_page
@require_http_methods(["GET", "POST"])
@says_what_changed
def confirm(request: HttpRequest, ticket_id: int) -> HttpResponse:
    ticket, waiting = _waiting(request, ticket_id)

    def act() -> HttpResponse:
        decided = service.confirm(
            request_id=waiting.pk, seen=request.POST.get("seen", ""), **caller(request)
        )
        return done(
            _("Confirmed: %(what)s, %(amount)s to %(buyer)s.")
            % {
                "what": ApprovalKind(waiting.kind).label,
                "amount": format_yuan(waiting.amount),
                "buyer": buyer(decided),
            }
        )

    return _ask(
        request,
        ticket,
        waiting,
        act,
        title=_("Confirm as the second person"),
        submit=_("Confirm %(amount)s to %(buyer)s")
        % {"amount": format_yuan(waiting.amount), "buyer": buyer(ticket)},
        then=_("It is done at once, in the name of %s, after all checks anew. Both names are kept.")
        % who(waiting, "requested_by"),
    )


@desk_page
@require_http_methods(["GET", "POST"])
@says_what_changed
def decline(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """By a second person, or by whoever asked, who withdraws it so."""
    ticket, waiting = _waiting(request, ticket_id)
    own = waiting.requested_by_id == access.person(request).pk

    def act() -> HttpResponse:
        service.decline(
            request_id=waiting.pk,
            note=request.POST.get("note", ""),
            seen=request.POST.get("seen", ""),
            **caller(request),
        )
        text = _("Withdrawn: ticket %s.") if own else _("Declined: ticket %s.")
        return done(text % ticket.ticket_no)

    return _ask(
        request,
        ticket,
        waiting,
        act,
        title=_("Withdraw what you asked for") if own else _("Decline as the second person"),
        submit=_("Withdraw it") if own else _("Decline it"),
        submit_kind="danger",
        asks_note=not own,
        note=request.POST.get("note", ""),
        note_length=service.LONGEST_NOTE,
        then=_("%s is free again, and the case goes on as before.") % format_yuan(waiting.amount),
    )


def _waiting(request: HttpRequest, ticket_id: int) -> tuple[Ticket, ApprovalRequest]:
    # Checks the right before anything is shown.
    ticket = find_case(ticket_id=ticket_id, user=access.person(request))
    if request.method == "GET":
        require_unchanged(ticket, ticket.order, request.GET.get("seen"))
    waiting = waiting_approvals.of_ticket(ticket)
    if waiting is None:
        raise Stale(_("It does not wait any more."))
    return ticket, waiting


def _ask(
    request: HttpRequest, ticket: Ticket, waiting: ApprovalRequest, act: Any, **shown: Any
) -> HttpResponse:
    return ask(
        request,
        "aftersale/workbench/second_person_dialog.html",
        act=act,
        passing=CHANGED,
        ticket=ticket,
        asked=asked(ticket, access.person(request)),
        buyer=buyer(ticket),
        seen=request.POST.get("seen") or request.GET.get("seen") or seen_now(ticket, ticket.order),
        **shown,
    )


def _why(request: ApprovalRequest) -> str:
    name, limit = who(request, "requested_by"), format_yuan(request.alone_up_to)
    if request.together > request.amount:
        return _(
            "With what %(who)s has approved of this order it comes to %(together)s; alone %(who)s"
            " approves up to %(limit)s."
        ) % {"who": name, "together": format_yuan(request.together), "limit": limit}
    return _("Alone %(who)s approves up to %(limit)s of an order.") % {"who": name, "limit": limit}
