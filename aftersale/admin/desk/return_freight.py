"""The dialog in which people answer the freight that a buyer asks for with a return (SPEC P3)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aftersale.admin.desk.replies import ACCEPTED_FILES
from aftersale.admin.kit import access, pages
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.workbench.changed_case import CHANGED, says_what_changed
from aftersale.admin.workbench.consequences import buyer
from aftersale.domain.digits import whole_number
from aftersale.domain.money import format_yuan
from aftersale.services.desk import evidence, return_freight
from aftersale.services.refunds import freight_asked
from aftersale.services.shared.errors import Refused
from aftersale.services.tickets import cases

PAY, REFUSE = "pay", "refuse"


@pages.desk_page
@require_http_methods(["GET", "POST"])
@says_what_changed
def page(request: HttpRequest, pk: int) -> HttpResponse:
    chosen = request.POST.get("answer", "")

    def act() -> HttpResponse:
        if chosen not in (PAY, REFUSE):
            raise Refused(_("Choose whether the freight is paid."), pointer="answer")
        ticket = return_freight.answer(
            ticket_id=pk,
            amount=whole_number(request.POST.get("amount", "")) or 0,
            pays=chosen == PAY,
            text=request.POST.get("text", "") if chosen == REFUSE else "",
            evidence=request.FILES.getlist("evidence") if chosen == REFUSE else (),
            seen=request.POST.get("seen", ""),
            **caller(request),
        )
        said = _("The return freight of %s is answered: confirm the return to send it.")
        return pages.done(said % ticket.ticket_no)

    def look(refused: Refused | None) -> dict[str, Any]:
        ticket = cases.find_case(ticket_id=pk, user=access.person(request))
        if request.method == "GET":
            cases.require_unchanged(ticket, ticket.order, request.GET.get("seen"))
        asked = freight_asked.asked(ticket)
        field = refused.pointer if refused is not None else ""
        return {
            "ticket": ticket,
            "title": _("Return freight of %s") % ticket.ticket_no,
            "asked": asked,
            "shown": format_yuan(asked),
            "buyer": buyer(ticket),
            "submit": _("Answer the return freight") if asked else "",
            "field": field,
            "error": refused.message if refused is not None and field else "",
            "seen": request.POST.get("seen")
            or request.GET.get("seen")
            or cases.seen_now(ticket, ticket.order),
        }

    return ask(
        request,
        "aftersale/desk/return_freight.html",
        act=act,
        look=look,
        passing=CHANGED,
        chosen=chosen,
        text=request.POST.get("text", ""),
        longest=return_freight.LONGEST,
        accepted_files=ACCEPTED_FILES,
        most_files=evidence.MOST_FILES,
        most_megabytes=evidence.MOST_BYTES // 1024 // 1024,
        multipart=True,
    )
