"""Dialogs among colleagues: a note or flag on a case, and handing it over."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aftersale.admin.kit import access, columns
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.kit.pages import desk_page, done
from aftersale.domain.digits import whole_number
from aftersale.models import CaseMark
from aftersale.services.desk import assignment, internal_notes
from aftersale.services.shared.errors import Refused
from aftersale.services.tickets.cases import find_case, seen_now

from . import claimed
from .changed_case import CHANGED, says_what_changed


@desk_page
@require_http_methods(["GET", "POST"])
def internal_note(request: HttpRequest, ticket_id: int) -> HttpResponse:
    ticket = find_case(ticket_id=ticket_id, user=access.person(request))

    def act() -> HttpResponse:
        internal_notes.write(
            ticket_id=ticket_id,
            text=request.POST.get("text", ""),
            mark=request.POST.get("mark", ""),
            **caller(request),
        )
        return _kept(_("The note on %s is kept.") % ticket.ticket_no)

    return ask(
        request,
        "aftersale/workbench/internal_note.html",
        act=act,
        look=_field,
        drafts=True,
        title=_("Internal note on %s") % ticket.ticket_no,
        submit=_("Keep the note"),
        ticket=ticket,
        text=request.POST.get("text", ""),
        mark=request.POST.get("mark", ticket.mark),
        marks=CaseMark.choices,
        longest=internal_notes.LONGEST,
    )


@desk_page
@require_http_methods(["GET", "POST"])
@says_what_changed
def hand_over(request: HttpRequest, ticket_id: int) -> HttpResponse:
    user = access.person(request)
    ticket = find_case(ticket_id=ticket_id, user=user)

    def act() -> HttpResponse:
        claimed.require_meant(request, ticket)
        given = assignment.hand_over(
            ticket_id=ticket_id,
            to=whole_number(request.POST.get("to", "")),
            note=request.POST.get("note", ""),
            seen=request.POST.get("seen", ""),
            **caller(request),
        )
        return _kept(
            _("%(ticket)s is in the hands of %(person)s now.")
            % {
                "ticket": given.ticket_no,
                "person": columns.name(given.handler),
            }
        )

    return ask(
        request,
        "aftersale/workbench/hand_over.html",
        act=act,
        passing=CHANGED,
        look=_field,
        drafts=True,
        title=_("Hand %s to a colleague") % ticket.ticket_no,
        submit=_("Hand over"),
        ticket=ticket,
        people=assignment.colleagues(ticket=ticket, user=user),
        to=request.POST.get("to", ""),
        note=request.POST.get("note", ""),
        colleague=claimed.colleague(request, ticket),
        claim_meant=claimed.FIELD in request.POST,
        seen=request.POST.get("seen") or request.GET.get("seen") or seen_now(ticket, ticket.order),
    )


def _kept(message: str) -> HttpResponse:
    """The case stays open, and is read anew with what was said."""
    return done(message, also="workbench:kept")


def _field(refused: Refused | None) -> dict[str, Any]:
    return {
        "field": refused.pointer if refused else "",
        "error": refused.message if refused else "",
    }
