"""The dialogs of what people tell a platform beside a ticket's course: a note on the order, the
buyer's return parcel, the new goods of an exchange, more time, parcels to be stopped (SPEC P3)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from aftersale.admin.kit import access, pages
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.workbench.changed_case import CHANGED, says_what_changed
from aftersale.domain.platform_facts import VALUES
from aftersale.models import Ticket
from aftersale.platforms import registry
from aftersale.services.desk import beside
from aftersale.services.shared.errors import Refused
from aftersale.services.tickets import cases


@dataclass(frozen=True)
class Parcel:
    """One of the two dialogs that take a parcel."""

    name: str
    call: Callable[..., Ticket]
    title: Any
    submit: Any
    then: Any
    done: Any


RETURN = Parcel(
    "enter_return",
    beside.enter_return,
    gettext_lazy("Enter the return parcel of %s"),
    gettext_lazy("Enter the parcel"),
    gettext_lazy("The platform takes it as if the buyer had entered it, and waits for the goods."),
    gettext_lazy("The return parcel of %s is being entered on the platform."),
)
NEW_GOODS = Parcel(
    "send_new_goods",
    beside.send_new_goods,
    gettext_lazy("New goods for %s"),
    gettext_lazy("Goods are here, the new ones are sent"),
    gettext_lazy("The goods that came back are confirmed by it, and the buyer sees the parcel."),
    gettext_lazy("The new goods for %s are being told to the platform."),
)


@pages.desk_page
@require_http_methods(["GET", "POST"])
def note(request: HttpRequest, pk: int) -> HttpResponse:
    def act() -> HttpResponse:
        ticket = beside.write_note(
            ticket_id=pk,
            text=request.POST.get("text", ""),
            flag=request.POST.get("flag", ""),
            **caller(request),
        )
        return pages.done(_("The note on order %s is being sent.") % ticket.order_no)

    def look(refused: Refused | None) -> dict[str, Any]:
        ticket = cases.find_case(ticket_id=pk, user=access.person(request))
        rules = beside.note_rules(ticket)
        return _field(refused) | {
            "ticket": ticket,
            "title": _("Note on order %s") % ticket.order_no,
            "submit": _("Send the note") if rules else "",
            "rules": rules,
            "flags": [
                (flag, VALUES["seller_flag"].get(flag, flag), flag == request.POST.get("flag"))
                for flag in (rules.flags if rules else ())
            ],
        }

    return ask(
        request,
        "aftersale/desk/note.html",
        act=act,
        look=look,
        drafts=True,
        text=request.POST.get("text", ""),
    )


def _parcel_page(parcel: Parcel) -> Callable[..., HttpResponseBase]:
    @pages.desk_page
    @require_http_methods(["GET", "POST"])
    @says_what_changed
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        return _parcel(request, pk, parcel)

    return view


enter_return, send_new_goods = _parcel_page(RETURN), _parcel_page(NEW_GOODS)


def _parcel(request: HttpRequest, pk: int, parcel: Parcel) -> HttpResponse:
    def act() -> HttpResponse:
        ticket = parcel.call(
            ticket_id=pk,
            carrier=request.POST.get("carrier", ""),
            tracking_no=request.POST.get("tracking_no", ""),
            seen=request.POST.get("seen", ""),
            **caller(request),
        )
        return pages.done(parcel.done % ticket.ticket_no)

    def look(refused: Refused | None) -> dict[str, Any]:
        ticket = _unchanged(request, pk)
        possible = parcel.name in beside.possible(ticket)
        return _field(refused) | {
            "ticket": ticket,
            "title": parcel.title % ticket.ticket_no,
            "submit": parcel.submit if possible else "",
            "then": parcel.then,
            "carriers": beside.carriers(ticket),
            "platform": registry.name_of(ticket.shop.platform),
            "seen": _seen(request, ticket),
        }

    return ask(
        request,
        "aftersale/desk/parcel.html",
        act=act,
        look=look,
        passing=CHANGED,
        drafts=True,
        carrier=request.POST.get("carrier", ""),
        tracking_no=request.POST.get("tracking_no", ""),
    )


@pages.desk_page
@require_http_methods(["GET", "POST"])
@says_what_changed
def more_time(request: HttpRequest, pk: int) -> HttpResponse:
    def act() -> HttpResponse:
        seen = request.POST.get("seen", "")
        ticket = beside.more_time(ticket_id=pk, seen=seen, **caller(request))
        return pages.done(_("More time for %s is being asked for.") % ticket.ticket_no)

    def look(refused: Refused | None) -> dict[str, Any]:
        ticket = _unchanged(request, pk)
        possible = "more_time" in beside.possible(ticket)
        return {
            "title": _("More time for %s") % ticket.ticket_no,
            "submit": _("Ask for more time") if possible else "",
            "then": _(
                "The platform gives as much as it has, and only near the end of the time; the"
                " buyer sees it. The refund comes later by as much."
            ),
            "impossible": _impossible(),
            "seen": _seen(request, ticket),
        }

    return ask(request, "aftersale/desk/told_step.html", act=act, look=look, passing=CHANGED)


@pages.desk_page
@require_http_methods(["GET", "POST"])
@says_what_changed
def stop_parcels(request: HttpRequest, pk: int) -> HttpResponse:
    def act() -> HttpResponse:
        ticket = beside.stop_parcels(
            ticket_id=pk,
            numbers=request.POST.getlist("parcels"),
            seen=request.POST.get("seen", ""),
            **caller(request),
        )
        return pages.done(_("The carrier of %s is being asked.") % ticket.order_no)

    def look(refused: Refused | None) -> dict[str, Any]:
        ticket = _unchanged(request, pk)
        possible = "stop_parcels" in beside.possible(ticket)
        parcels = beside.parcels(ticket) if possible else ()
        return _field(refused) | {
            "title": _("Stop the parcel of %s") % ticket.order_no,
            "submit": _("Ask the carrier to bring it back") if parcels else "",
            "then": _(
                "The carrier is asked to bring the parcel back, and may charge the shop for it."
                " Nothing is refunded by it: decide the ticket besides."
            ),
            "choices": parcels,
            "impossible": _("The platform names no parcel that is on its way to the buyer.")
            if possible
            else _impossible(),
            "seen": _seen(request, ticket),
        }

    return ask(request, "aftersale/desk/told_step.html", act=act, look=look, passing=CHANGED)


def _unchanged(request: HttpRequest, pk: int) -> Ticket:
    ticket = cases.find_case(ticket_id=pk, user=access.person(request))
    if request.method == "GET":
        cases.require_unchanged(ticket, ticket.order, request.GET.get("seen"))
    return ticket


def _seen(request: HttpRequest, ticket: Ticket) -> str:
    """The facts on the screen when the dialog was opened, not those of now."""
    sent = request.POST.get("seen") or request.GET.get("seen")
    return sent or cases.seen_now(ticket, ticket.order)


def _impossible() -> str:
    return _("This can't be told to the platform for the ticket as it stands.")


def _field(refused: Refused | None) -> dict[str, Any]:
    """A refusal that names a field stands at the field."""
    if refused is None or not refused.pointer:
        return {"refused": refused}
    return {
        "field": refused.pointer,
        "error": refused.message,
        "refused": Refused(_("Nothing was sent yet. See what is marked below.")),
    }
