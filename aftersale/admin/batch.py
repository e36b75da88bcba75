"""One decision on many tickets: what it would do, and what became of each (SPEC P4).

In the dialog where htmx asks, else a page of its own: the list of tickets leads there.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aftersale.models import TicketStatus
from aftersale.services import batches, refunds
from aftersale.services.batches import Outcome, Preview, Result, Step
from aftersale.services.errors import Refused
from aftersale.services.rights import Right

from . import access, columns
from .pages import UNPROCESSABLE, desk_page, show

TITLES = {Step.APPROVE: gettext_lazy("Approve many tickets")}
OUTCOMES = {
    Outcome.DONE: (gettext_lazy("Done"), "success"),
    Outcome.REFUSED: (gettext_lazy("Not done"), "warning"),
    Outcome.FAILED: (gettext_lazy("Went wrong"), "danger"),
}


@desk_page
def batch(request: HttpRequest, step: str) -> HttpResponse:
    if step not in set(Step):
        raise Http404
    if not access.has_somewhere(request, Right.HANDLE_TICKETS):
        raise PermissionDenied
    return _carry_out(request, Step(step)) if request.method == "POST" else _ask(request, step)


def to_batch(step: str, ticket_pks: Iterable[int]) -> HttpResponse:
    """Leads to the page that asks."""
    query = QueryDict(mutable=True)
    query.setlist("ids", [str(pk) for pk in ticket_pks])
    return HttpResponseRedirect(f"{reverse('desk:batch', args=[step])}?{query.urlencode()}")


def _ask(request: HttpRequest, step: str) -> HttpResponse:
    try:
        preview = batches.preview(
            step=step,
            ticket_ids=_keys(request.GET.getlist("ids")),
            user=access.person(request),
            now=timezone.now(),
        )
    except Refused as refused:
        return _show(request, "ask", step, refusal=refused.message, status=UNPROCESSABLE)
    return _show(
        request,
        "ask",
        step,
        preview=preview,
        taken=[
            (ticket, columns.yuan(ticket.amount), preview.seen[ticket.pk])
            for ticket in preview.taken
        ],
        skipped=[
            (left.ticket, columns.yuan(left.ticket.amount), left.why) for left in preview.skipped
        ],
        amount=columns.yuan(preview.amount),
        submit=_button(Step(step), preview) if preview.taken else "",
    )


def _carry_out(request: HttpRequest, step: Step) -> HttpResponse:
    keys = _keys(request.POST.getlist("ids"))
    try:
        results = batches.carry_out(
            step=step,
            ticket_ids=keys,
            seen={key: request.POST.get(f"seen-{key}", "") for key in keys},
            user=access.person(request),
            now=timezone.now(),
        )
    except Refused as refused:
        return _show(request, "ask", step, refusal=refused.message, status=UNPROCESSABLE)
    shown = _show(
        request,
        "results",
        step,
        done=sum(result.outcome == Outcome.DONE for result in results),
        results=[(result, *OUTCOMES[result.outcome], _told(result)) for result in results],
    )
    # The panes under the dialog read themselves anew while the results are being read.
    shown.headers["HX-Trigger"] = "desk:refresh"
    return shown


def _show(
    request: HttpRequest, what: str, step: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    context |= {"title": TITLES[Step(step)], "action": reverse("desk:batch", args=[step])}
    context["body"] = f"desk/batch/{what}.html"
    if "HX-Request" in request.headers:
        return render(request, "desk/batch/dialog.html", context, status=status)
    page = show(request, "desk/batch/page.html", context.pop("title"), **context)
    page.status_code = status
    return page


def _keys(values: Iterable[str]) -> list[int]:
    """Keys from an address; what is none names no ticket."""
    return [int(value) for value in values if value.isdecimal() and len(value) <= 18]


def _button(step: Step, preview: Preview) -> str:
    """Whom, how much and what happens, in the button's own text."""
    at_once = [
        ticket
        for ticket in preview.taken
        if refunds.approved_status(ticket) == TicketStatus.REFUNDING
    ]
    returns = len(preview.taken) - len(at_once)
    buyers = len({(ticket.shop_id, ticket.buyer or ticket.pk) for ticket in at_once})
    refund = ngettext(
        "Refund %(amount)s to %(number)d buyer", "Refund %(amount)s to %(number)d buyers", buyers
    ) % {"amount": columns.yuan(sum(ticket.amount for ticket in at_once)), "number": buyers}
    approve = ngettext("Approve %d return", "Approve %d returns", returns) % returns
    if not returns:
        return refund
    if not at_once:
        return approve
    return _("%(refund)s; %(approve)s") % {"refund": refund, "approve": approve}


def _told(result: Result) -> str:
    if result.ticket is None or result.outcome != Outcome.DONE:
        return result.message
    if result.ticket.status == TicketStatus.REFUNDING:
        return _("%s is on its way to the buyer.") % columns.yuan(result.ticket.committed)
    return _("The buyer may send the goods back.")
