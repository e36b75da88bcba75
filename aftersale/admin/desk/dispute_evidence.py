"""The dialog in which a person sends evidence to a platform that handles a dispute (SPEC O4)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aftersale.admin.desk.replies import ACCEPTED_FILES
from aftersale.admin.kit import access, pages
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.services.desk import dispute_evidence, evidence
from aftersale.services.shared.errors import Refused
from aftersale.services.tickets import cases


@pages.desk_page
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    def act() -> HttpResponse:
        ticket = dispute_evidence.send(
            ticket_id=pk,
            text=request.POST.get("text", ""),
            pictures=request.FILES.getlist("evidence"),
            **caller(request),
        )
        return pages.done(_("Evidence sent: %s.") % ticket.ticket_no)

    def look(refused: Refused | None) -> dict[str, Any]:
        ticket = cases.find_case(ticket_id=pk, user=access.person(request))
        field = refused.pointer if refused is not None else ""
        return {
            "ticket": ticket,
            "title": _("Evidence for %s") % ticket.ticket_no,
            "submit": _("Send the evidence") if dispute_evidence.takes_evidence(ticket) else "",
            "field": field,
            "error": refused.message if refused is not None and field else "",
        }

    return ask(
        request,
        "aftersale/desk/dispute_evidence.html",
        act=act,
        look=look,
        text=request.POST.get("text", ""),
        longest=dispute_evidence.LONGEST,
        accepted_files=ACCEPTED_FILES,
        most_files=evidence.MOST_FILES,
        most_megabytes=evidence.MOST_BYTES // 1024 // 1024,
        multipart=True,
    )
