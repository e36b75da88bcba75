"""The dialog in which a person sends evidence to a platform that handles a dispute (SPEC O4)."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from aftersale.admin.desk.replies import ACCEPTED_FILES
from aftersale.admin.kit import access, pages
from aftersale.services.desk import dispute_evidence, evidence
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from aftersale.services.tickets import cases


@pages.desk_page
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    refused = None
    if request.method == "POST":
        try:
            ticket = dispute_evidence.send(
                ticket_id=pk,
                text=request.POST.get("text", ""),
                pictures=request.FILES.getlist("evidence"),
                user=access.person(request),
                now=timezone.now(),
            )
        except (NotAllowed, NotFound):
            raise
        except Refused as error:
            refused = error
        else:
            return pages.done(_("Evidence sent: %s.") % ticket.ticket_no)
    ticket = cases.find_case(ticket_id=pk, user=access.person(request))
    field = refused.pointer if refused is not None else ""
    return pages.dialog(
        request,
        "aftersale/desk/dispute_evidence.html",
        refused=refused,
        ticket=ticket,
        title=_("Evidence for %s") % ticket.ticket_no,
        submit=_("Send the evidence") if dispute_evidence.takes_evidence(ticket) else "",
        action=reverse("desk:dispute-evidence", args=[pk]),
        text=request.POST.get("text", ""),
        longest=dispute_evidence.LONGEST,
        field=field,
        error=refused.message if refused is not None and field else "",
        accepted_files=ACCEPTED_FILES,
        most_files=evidence.MOST_FILES,
        most_megabytes=evidence.MOST_BYTES // 1024 // 1024,
        multipart=True,
    )
