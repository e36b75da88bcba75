"""One decision on many tickets: the preview, and the result of each (SPEC P4).

In the dialog where htmx asks, else a page of its own: the list of tickets leads there.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from aftersale.admin.kit import access
from aftersale.admin.kit.dialogs import attempt, caller
from aftersale.admin.kit.pages import UNPROCESSABLE, desk_page, show
from aftersale.admin.workbench import claimed
from aftersale.domain.digits import whole_number
from aftersale.domain.money import format_yuan
from aftersale.domain.placeholders import PLACEHOLDERS
from aftersale.models import Ticket, TicketStatus
from aftersale.services.access.rights import Right
from aftersale.services.desk import batches, offer_texts, reject_templates
from aftersale.services.desk.batches import Outcome, Preview, Result, Step
from aftersale.services.refunds import approvals
from aftersale.services.shared.errors import Refused
from aftersale.services.tickets import cases

TITLES = {
    Step.APPROVE: gettext_lazy("Approve many tickets"),
    Step.REJECT: gettext_lazy("Reject many tickets"),
    Step.NEGOTIATE: gettext_lazy("Negotiate about many tickets"),
}
OUTCOMES = {
    Outcome.DONE: (gettext_lazy("Done"), "success"),
    Outcome.WAITS: (gettext_lazy("Waits"), "warning"),
    Outcome.REFUSED: (gettext_lazy("Not done"), "warning"),
    Outcome.FAILED: (gettext_lazy("Went wrong"), "danger"),
}
# Arguments beside the tickets.
FIELDS: dict[Step, tuple[str, ...]] = {
    Step.APPROVE: (),
    Step.REJECT: ("reason", "text"),
    Step.NEGOTIATE: ("message",),
}


@desk_page
def batch(request: HttpRequest, step: str) -> HttpResponse:
    if step not in set(Step):
        raise Http404
    if not access.has_somewhere(request, Right.HANDLE_TICKETS):
        raise PermissionDenied
    if request.method == "POST":
        return _carry_out(request, Step(step))
    return _ask(request, Step(step), request.GET)


def to_batch(step: Step, tickets: QuerySet[Ticket]) -> HttpResponse:
    """From the list of tickets to the page that asks."""
    # One more than allowed is enough for the page to say that it is too many.
    chosen = tickets.values_list("pk", flat=True)[: batches.MOST + 1]
    query = QueryDict(mutable=True)
    query.setlist("ids", [str(pk) for pk in chosen])
    return HttpResponseRedirect(f"{reverse('desk:batch', args=[step])}?{query.urlencode()}")


def _ask(
    request: HttpRequest, step: Step, data: QueryDict, refused: Refused | None = None
) -> HttpResponse:
    user = access.person(request)
    chosen = _keys(data)
    given = {name: data.get(name, "") for name in FIELDS[step]}
    context: dict[str, Any] = {
        "chosen": chosen,
        "given": given,
        "placeholders": [f"{{{name}}}" for name in PLACEHOLDERS],
        "refusal": refused.message if refused else "",
        "wrong": refused.pointer if refused else "",
    }
    try:
        if step == Step.REJECT:
            context["reasons"] = batches.reasons(ticket_ids=chosen, user=user)
        # The reason decides which tickets can be rejected: no preview before it is chosen, unless
        # no reason fits any of them.
        if step != Step.REJECT or given["reason"] or not context["reasons"]:
            preview = batches.preview(
                step=step, ticket_ids=chosen, user=user, now=timezone.now(), **given
            )
            context |= _previewed(step, preview, given)
            if step == Step.NEGOTIATE:
                context |= _texts(preview, given["message"], data.get("text", ""))
            context["claimed"] = claimed.names_of(preview.taken, user)
    except Refused as too_many:
        context |= {"refusal": too_many.message, "chosen": []}
    status = UNPROCESSABLE if context["refusal"] else 200
    return _show(request, "ask", step, status=status, **context)


def _previewed(step: Step, preview: Preview, given: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "preview": preview,
        "taken": [
            (ticket, format_yuan(ticket.amount), preview.seen[ticket.pk])
            for ticket in preview.taken
        ],
        "skipped": [
            (left.ticket, format_yuan(left.ticket.amount), left.why) for left in preview.skipped
        ],
        "amount": format_yuan(preview.amount),
    }
    if preview.taken:
        found["submit"] = _button(step, preview)
        found["submit_kind"] = "danger" if step == Step.REJECT else "primary"
        if step == Step.REJECT:
            first = preview.taken[0]
            found["example"] = first
            found["example_text"] = batches.explanation(first, reason=given["reason"])
    return found


def _texts(preview: Preview, message: str, chosen: str) -> dict[str, Any]:
    """Texts that a message may begin with, and how each reads to the first of the buyers."""
    return {
        "texts": [
            (text.key, text.name, text.text, text.key == chosen)
            for text in offer_texts.texts_for(preview.taken)
        ],
        "several_shops": len({ticket.shop_id for ticket in preview.taken}) > 1,
        **(_reading(preview.taken[0], message) if preview.taken else {}),
    }


def _reading(ticket: Ticket, message: str) -> dict[str, Any]:
    return {
        "first": ticket,
        "problem": reject_templates.text_problem(message) if message.strip() else "",
        "example": batches.message_to(ticket, message=message),
    }


@require_POST
@desk_page
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    """The message that is being typed for many, as the buyer of this ticket will read it."""
    ticket = cases.find_case(ticket_id=pk, user=access.person(request))
    if not access.may(request, ticket.shop_id, Right.HANDLE_TICKETS):
        raise PermissionDenied
    context = _reading(ticket, request.POST.get("message", ""))
    return render(request, "aftersale/desk/replies/preview.html", context)


def _carry_out(request: HttpRequest, step: Step) -> HttpResponse:
    # Only those that the person saw in the preview.
    seen = {
        key: request.POST[f"seen-{key}"]
        for key in _keys(request.POST)
        if f"seen-{key}" in request.POST
    }
    if not seen:
        return _ask(request, step, request.POST)

    def act() -> HttpResponse:
        call = caller(request) | {name: request.POST.get(name, "").strip() for name in FIELDS[step]}
        claimed.require_all_meant(request, list(seen))
        results = batches.carry_out(step=step, ticket_ids=list(seen), seen=seen, **call)
        shown = _show(
            request,
            "results",
            step,
            done=sum(result.outcome == Outcome.DONE for result in results),
            results=[
                (result, *OUTCOMES[result.outcome], _outcome_text(step, result))
                for result in results
            ],
        )
        # The panes under the dialog reload while the person reads the results.
        shown.headers["HX-Trigger"] = "desk:refresh"
        return shown

    return attempt(act, lambda refused: _ask(request, step, request.POST, refused))


def _show(
    request: HttpRequest, what: str, step: Step, *, status: int = 200, **context: Any
) -> HttpResponse:
    context |= {"step": step, "action": reverse("desk:batch", args=[step])}
    context["drafts"] = what == "ask" and step != Step.APPROVE
    context["body"] = f"aftersale/desk/batch/{what}.html"
    if "HX-Request" in request.headers:
        context["title"] = TITLES[step]
        return render(request, "aftersale/desk/batch/dialog.html", context, status=status)
    page = show(request, "aftersale/desk/batch/page.html", TITLES[step], **context)
    page.status_code = status
    return page


def _keys(data: QueryDict) -> list[int]:
    """Keys of the chosen tickets; anything that is no number is left out."""
    keys = map(whole_number, data.getlist("ids"))
    return [key for key in keys if key is not None]


def _button(step: Step, preview: Preview) -> str:
    """Payee, amount and effect, as the button's text."""
    taken = preview.taken
    if step == Step.REJECT:
        return ngettext("Reject the %d ticket", "Reject the %d tickets", len(taken)) % len(taken)
    if step == Step.NEGOTIATE:
        buyers = _buyers(taken)
        text = ngettext("Send the message to %d buyer", "Send the message to %d buyers", buyers)
        return text % buyers
    at_once = [
        ticket for ticket in taken if approvals.approved_status(ticket) == TicketStatus.REFUNDING
    ]
    returns, buyers = len(taken) - len(at_once), _buyers(at_once)
    refund = ngettext(
        "Refund %(amount)s to %(number)d buyer", "Refund %(amount)s to %(number)d buyers", buyers
    ) % {"amount": format_yuan(sum(ticket.amount for ticket in at_once)), "number": buyers}
    approve = ngettext("Approve %d return", "Approve %d returns", returns) % returns
    if not returns:
        return refund
    if not at_once:
        return approve
    return _("%(refund)s; %(approve)s") % {"refund": refund, "approve": approve}


def _buyers(tickets: list[Ticket]) -> int:
    return len({(ticket.shop_id, ticket.buyer or ticket.pk) for ticket in tickets})


def _outcome_text(step: Step, result: Result) -> str:
    if result.outcome == Outcome.WAITS:
        return _("It is above what you approve alone: a second person is asked.")
    if result.ticket is None or result.outcome != Outcome.DONE:
        return result.message
    if step == Step.REJECT:
        return _("Rejected; the buyer is told why.")
    if step == Step.NEGOTIATE:
        return _("The buyer has the message and may answer.")
    if result.ticket.status == TicketStatus.REFUNDING:
        return _("%s is on its way to the buyer.") % format_yuan(result.ticket.committed)
    return _("The buyer may send the goods back.")
