"""The dialogs in which a person rejects a ticket or negotiates it, and the pictures of both
(SPEC P2, P3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from aftersale import reject_reasons
from aftersale.admin.kit import access, pages
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.kit.yuan_field import YuanField
from aftersale.admin.workbench import claimed, second_person
from aftersale.admin.workbench.about import about
from aftersale.admin.workbench.consequences import line_warning
from aftersale.domain import deadlines
from aftersale.domain.money import format_yuan
from aftersale.domain.pictures import KINDS
from aftersale.models import Negotiation, Ticket, TicketStatus, TicketType
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.platforms.protocol import PlatformReason
from aftersale.services.desk import (
    evidence,
    offer_texts,
    platform_pictures,
    platform_reasons,
    reject_templates,
    replies,
)
from aftersale.services.outbox.platform_steps import is_platform_connected
from aftersale.services.shared.errors import Refused, Stale, WrongStep
from aftersale.services.shared.shown import format_time
from aftersale.services.tickets import cases, negotiation

ACCEPTED_FILES = ",".join(content_type for content_type, _ending in KINDS.values())


@dataclass
class Choice:
    """Reason on offer in the dialog, with its text for this ticket."""

    reason: reject_reasons.RejectReason
    text: str
    blocked: bool
    checked: bool
    focused: bool = False
    # Condition of a platform's own reason, in the platform's words.
    hint: str = ""


@pages.desk_page
@require_http_methods(["GET", "POST"])
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    """GET opens the dialog on the case as it was seen (`?seen=`); POST rejects."""

    def act() -> HttpResponse:
        _require_meant(request, pk)
        ticket = replies.reject(
            ticket_id=pk,
            reason=request.POST.get("reason", ""),
            explanation=request.POST.get("explanation", ""),
            evidence=request.FILES.getlist("evidence"),
            seen=request.POST.get("seen", ""),
            **caller(request),
        )
        return pages.done(_("Rejected: %s.") % _named(ticket))

    def look(refused: Refused | None) -> dict[str, Any]:
        ticket = cases.find_case(ticket_id=pk, user=access.person(request))
        if refused is None and not _rejectable(ticket):
            refused = _wrong_step(ticket, TicketStatus.REJECTED)
        return _shared(request, ticket, refused) | {
            "title": _("Reject %s") % _named(ticket),
            "submit": _("Reject the request") if _rejectable(ticket) else "",
            "choices": _choices(ticket, chosen=request.POST.get("reason", "")),
            "negotiable": _negotiable(ticket),
            "pictures_stay": is_platform_connected(ticket.shop)
            and Can.REJECT_PICTURES not in registry.can(ticket.shop),
        }

    return ask(
        request,
        "aftersale/desk/replies/reject.html",
        act=act,
        look=look,
        submit_kind="danger",
        explanation=request.POST.get("explanation", ""),
        longest=replies.LONGEST,
    )


@pages.desk_page
@require_http_methods(["GET", "POST"])
def negotiate(request: HttpRequest, pk: int) -> HttpResponse:
    """GET opens the dialog on the case as it was seen (`?seen=`); POST begins a round."""
    amount = request.POST.get("amount", "")

    def act() -> HttpResponse:
        _require_meant(request, pk)
        begun = replies.negotiate(
            ticket_id=pk,
            type=request.POST.get("type", ""),
            amount=_fen(amount),
            message=request.POST.get("message", ""),
            evidence=request.FILES.getlist("evidence"),
            above_line="above_line" in request.POST,
            seen=request.POST.get("seen", ""),
            **caller(request),
        )
        if begun is None:
            asked = cases.find_case(ticket_id=pk, user=access.person(request))
            return pages.done(second_person.said(asked))
        until = format_time(begun.answer_due_at, begun.ticket.shop)
        return pages.done(
            _("Negotiating: %(ticket)s. The buyer can answer until %(until)s.")
            % {"ticket": _named(begun.ticket), "until": until}
        )

    def look(refused: Refused | None) -> dict[str, Any]:
        ticket = cases.find_case(ticket_id=pk, user=access.person(request))
        if refused is None and not _negotiable(ticket):
            refused = _why_no_round(ticket)
        type = request.POST.get("type", ticket.type)
        return _shared(request, ticket, refused) | {
            "title": _("Negotiate %s") % _named(ticket),
            "submit": _("Send the offer: %s") % _named(ticket) if _negotiable(ticket) else "",
            "types": [
                (kind, kind.label, kind == type, kind == ticket.type) for kind in _types(ticket)
            ],
            "asked": format_yuan(ticket.amount),
            "texts": [
                (text.key, text.name, filled, text.key == request.POST.get("text"))
                for text, filled in offer_texts.filled(ticket)
            ],
            "earlier": _earlier(ticket),
            "round": len(negotiation.of_request(ticket)) + 1,
            "until": format_time(_until(ticket, timezone.now()), ticket.shop),
            "takes_amounts": Can.OFFER_AMOUNT in registry.can(ticket.shop),
            "outcome": _outcome(ticket, type, amount),
            "line_warning": _line_warning(ticket, type, amount),
            "second_person": _second_person(request, ticket, type, amount),
        }

    return ask(
        request,
        "aftersale/desk/replies/negotiate.html",
        act=act,
        look=look,
        amount=amount,
        message=request.POST.get("message", ""),
        longest=replies.LONGEST,
        most=negotiation.MOST_ROUNDS,
    )


@pages.desk_page
@require_GET
def negotiate_outcome(request: HttpRequest, pk: int) -> HttpResponse:
    """Effect of the offer typed so far, once the buyer accepts it."""
    ticket = cases.find_case(ticket_id=pk, user=access.person(request))
    type, amount = request.GET.get("type", ""), request.GET.get("amount", "")
    shown = {
        "outcome": _outcome(ticket, type, amount),
        "line_warning": _line_warning(ticket, type, amount),
        "second_person": _second_person(request, ticket, type, amount),
    }
    return render(request, "aftersale/desk/replies/outcome.html", shown)


@pages.desk_page
@require_GET
def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """Serves a picture to members of its shop, under the type that was found in the file."""
    found = evidence.find(evidence_id=pk, user=access.person(request))
    try:
        with found.file.open("rb") as file:
            response = HttpResponse(file.read(), content_type=found.content_type)
    except FileNotFoundError as missing:
        raise Http404 from missing
    return _as_a_picture(response, found.name)


@pages.desk_page
@require_GET
def platform_picture(request: HttpRequest, pk: int, number: str) -> HttpResponse:
    """A buyer's picture that only a call to the platform shows."""
    found = platform_pictures.find(ticket_id=pk, number=number, user=access.person(request))
    response = HttpResponse(found.content, content_type=found.content_type)
    return _as_a_picture(response, found.name)


@pages.desk_page
@require_GET
def fresh_picture(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """A buyer's picture whose address on the platform has ended by now: leads to the one of now."""
    user = access.person(request)
    address = platform_pictures.fresh_address(ticket_id=pk, place=place, user=user)
    return HttpResponseRedirect(address, headers={"Referrer-Policy": "no-referrer"})


def _as_a_picture(response: HttpResponse, name: str) -> HttpResponse:
    """Headers under which a browser runs nothing, whatever the file contains."""
    response["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _require_meant(request: HttpRequest, pk: int) -> None:
    ticket = cases.find_case(ticket_id=pk, user=access.person(request))
    claimed.require_meant(request, ticket)


def _shared(request: HttpRequest, ticket: Ticket, refused: Refused | None) -> dict[str, Any]:
    """Context of both dialogs. A refusal that names a field stands at the field."""
    if ticket.order is not None:
        # Read once: the goods are named in the heading, in the texts and in warnings.
        prefetch_related_objects([ticket.order], "lines")
    refused = refused or _changed(request, ticket)
    seen = request.POST.get("seen") or request.GET.get("seen")
    if seen is None or isinstance(refused, Stale):
        # The difference stands above the form: a person who sends it again has read it there.
        seen = cases.seen_now(ticket, ticket.order)
    field = refused.pointer if refused is not None else ""
    error = ""
    if refused is not None and field:
        error = refused.message
        refused = Refused(_("Nothing was sent yet. See what is marked below."))
    return {
        "refused": refused,
        "error": error,
        "ticket": ticket,
        "colleague": claimed.colleague(request, ticket),
        "claim_meant": claimed.FIELD in request.POST,
        "about": about(ticket),
        "drafts": True,
        "seen": seen,
        "field": field,
        "accepted_files": ACCEPTED_FILES,
        "most_files": evidence.MOST_FILES,
        "most_megabytes": evidence.MOST_BYTES // 1024 // 1024,
        "multipart": True,
    }


def _changed(request: HttpRequest, ticket: Ticket) -> Stale | None:
    """The difference to the page that opened the dialog, shown before anything is typed."""
    try:
        cases.require_unchanged(ticket, ticket.order, request.GET.get("seen"))
    except Stale as stale:
        return stale
    return None


def _named(ticket: Ticket) -> str:
    """The ticket and its buyer, as buttons and titles name them."""
    if not ticket.buyer:
        return ticket.ticket_no
    return _("%(ticket)s of buyer %(buyer)s") % {"ticket": ticket.ticket_no, "buyer": ticket.buyer}


def _rejectable(ticket: Ticket) -> bool:
    return ticket.order is not None and ticket.status in replies.REJECTABLE


def _negotiable(ticket: Ticket) -> bool:
    return replies.may_negotiate(ticket, now=timezone.now())


def _choices(ticket: Ticket, *, chosen: str) -> list[Choice]:
    own = [] if not _rejectable(ticket) else list(platform_reasons.of_ticket(ticket))
    if own:
        return _focused([_own_choice(offered, chosen) for offered in own])
    reasons = reject_reasons.fitting(ticket)
    texts = reject_templates.all_filled(reasons, ticket)
    in_vain = negotiation.in_vain(ticket, now=timezone.now())
    choices = [
        Choice(
            reason,
            texts[reason.code],
            blocked=reason.negotiate_first and not in_vain,
            checked=reason.code == chosen,
        )
        for reason in reasons
    ]
    return _focused(choices)


def _own_choice(offered: PlatformReason, chosen: str) -> Choice:
    reason = platform_reasons.as_reason(offered)
    return Choice(
        reason,
        offered.text,
        blocked=False,
        checked=reason.code == chosen,
        hint=offered.hint,
    )


def _focused(choices: list[Choice]) -> list[Choice]:
    for choice in [choice for choice in choices if choice.checked] or choices[:1]:
        choice.focused = True
    return choices


def _why_no_round(ticket: Ticket) -> Refused:
    if ticket.status not in replies.NEGOTIABLE:
        return _wrong_step(ticket, TicketStatus.NEGOTIATING)
    if ticket.order is None:
        return Refused(_("Ticket %s is waiting for its order.") % ticket.ticket_no)
    if not replies.takes_offers(ticket):
        return Refused(_("The shop's platform takes no offers: write to the buyer in its chat."))
    return Refused(_("The buyer has yet to answer, or has been asked as often as is allowed."))


def _wrong_step(ticket: Ticket, to_status: TicketStatus) -> Refused:
    return WrongStep(ticket.ticket_no, TicketStatus(ticket.status), to_status)


def _types(ticket: Ticket) -> list[TicketType]:
    """The ticket's own type comes first: it stands if nothing else is offered."""
    own = TicketType(ticket.type)
    return [own, *[kind for kind in replies.types_on_offer(ticket) if kind != own]]


def _earlier(ticket: Ticket) -> list[dict[str, Any]]:
    return [negotiation_facts(round, ticket) for round in negotiation.of_request(ticket)]


def negotiation_facts(round: Negotiation, ticket: Ticket) -> dict[str, Any]:
    """A round as people read it, in the dialog and on the ticket's page."""
    offered = [round.get_type_display()] if round.type else []
    if round.amount is not None:
        offered.append(format_yuan(round.amount))
    return {
        "number": round.round,
        "at": format_time(round.at, ticket.shop),
        "offered": " · ".join(offered) or _("Message only"),
        "message": round.message,
        "until": format_time(negotiation.answer_due_at(round, ticket), ticket.shop),
        "result": round.get_result_display() if round.result else _("Not answered yet"),
    }


def _until(ticket: Ticket, now: datetime) -> datetime:
    due_at = deadlines.due_at(
        platform=ticket.shop.platform,
        type=ticket.type,
        status=TicketStatus.NEGOTIATING,
        since=now,
    )
    return due_at or now + deadlines.ANSWER


def _outcome(ticket: Ticket, type: str, amount: str) -> str:
    """One sentence: the goods and money that move if the buyer accepts."""
    try:
        fen = _fen(amount)
    except Refused as refused:
        return refused.message
    type = type if type in TicketType.values else ticket.type
    if type == TicketType.EXCHANGE:
        return _("If the buyer accepts: the goods come back, then new ones go out. No money moves.")
    if type == ticket.type and fen in (None, ticket.amount):
        if Can.OFFER_MESSAGE not in registry.can(ticket.shop):
            return _(
                "The platform passes no mere message on: offer another type or amount, or write to"
                " the buyer in the chat."
            )
        return _("Nothing else is offered: the buyer reads your message, and answers.")
    what = format_yuan(ticket.amount if fen is None else fen)
    if type == TicketType.RETURN_REFUND:
        return _("If the buyer accepts: the goods come back first, then %s is refunded.") % what
    return _("If the buyer accepts: %s is refunded at once, and nothing comes back.") % what


def _line_warning(ticket: Ticket, type: str, amount: str) -> str:
    """The figures of the ticket's line where the offer is more than is left of it (SPEC O2)."""
    return line_warning(ticket, _offered(ticket, type, amount))


def _second_person(request: HttpRequest, ticket: Ticket, type: str, amount: str) -> str:
    offered = _offered(ticket, type, amount)
    return second_person.warning(ticket, access.person(request), offered)


def _offered(ticket: Ticket, type: str, amount: str) -> int:
    """The money on offer, in fen; 0 where the amount is none: the outcome says what is wrong."""
    try:
        fen = _fen(amount)
    except Refused:
        return 0
    other = type if type in TicketType.values and type != ticket.type else ""
    return negotiation.offered_money(ticket, other, None if fen == ticket.amount else fen)


def _fen(yuan: str) -> int | None:
    """An amount as typed, in fen; None where none was."""
    try:
        return YuanField(required=False).clean(yuan)
    except ValidationError as wrong:
        raise Refused(" ".join(wrong.messages), pointer="amount") from wrong
