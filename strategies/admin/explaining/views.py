"""Explaining a ticket as it is now: what would be decided, and why (SPEC E8)."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from aftersale.admin.kit import access
from aftersale.admin.kit.pages import desk_page, show
from aftersale.models import Ticket
from aftersale.services.access.rights import scoped
from aftersale.services.shared.errors import NotFound, Refused
from strategies.services import explanations

from .cards import Shown


@desk_page
@require_GET
def explain_now(request: HttpRequest, pk: int) -> HttpResponse:
    """A ticket that is decided leads to the explanation of its last decision."""
    tickets = Ticket.objects.select_related("shop", "order")
    ticket = scoped(tickets, access.person(request)).filter(pk=pk).first()
    if ticket is None:
        raise NotFound(_("There is no such ticket."))
    last = ticket.decisions.order_by("-pk").first()
    now = timezone.now()
    shown, refusal = None, ""
    try:
        shown = Shown(explanations.of_now(ticket, now=now))
    except Refused as refused:
        refusal = refused.message
    return show(
        request,
        "strategies/explaining/now.html",
        _("If ticket %(ticket)s were decided now") % {"ticket": ticket.ticket_no},
        ticket=ticket,
        shown=shown,
        refusal=refusal,
        now=now,
        last=last,
    )
