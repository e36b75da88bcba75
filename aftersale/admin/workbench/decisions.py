"""The dialogs that decide a case. The button names the payee, the amount and the effect.

Each passes on the facts that the person saw: a case that changed meanwhile is refused, and the
person reads the difference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from aftersale.admin.kit import access, columns
from aftersale.admin.kit.dialogs import ask, caller
from aftersale.admin.kit.pages import desk_page, dialog, done
from aftersale.admin.kit.yuan_field import YuanField
from aftersale.domain.money import format_yuan
from aftersale.models import Ticket, TicketStatus, TicketType
from aftersale.platforms.payment_registry import sends
from aftersale.services.desk import assignment, beside, presence
from aftersale.services.refunds import approvals, freight_asked
from aftersale.services.refunds.lowered import is_lowered
from aftersale.services.shared.errors import Refused
from aftersale.services.tickets.cases import find_case, require_unchanged, seen_now
from aftersale.services.tickets.lifecycle import asks_for_nothing, goods_first

from . import case, claimed, second_person
from .about import about
from .changed_case import CHANGED, says_what_changed
from .consequences import (
    approval,
    available,
    buyer,
    consequences,
    line_warning,
    may_pay_less,
    obstacle,
    to_pay,
)

TEMPLATE = "aftersale/workbench/decide.html"


class AmountForm(forms.Form):
    amount = YuanField(
        label=gettext_lazy("amount in yuan"),
        widget=forms.TextInput(
            attrs={
                "class": "d-input d-input--short d-amount",
                "data-amount": "",
            }
        ),
    )

    @property
    def fen(self) -> int | None:
        """None where the text is no amount."""
        return self.cleaned_data["amount"] if self.is_valid() else None


@dataclass(frozen=True)
class Decision:
    """One of the dialogs: its question, its button's text, the service that it calls."""

    name: str
    title: Any
    call: Callable[..., Ticket]
    # The name of the effect in the case's consequences.
    what: Any
    # The message afterwards, made from the ticket as it is then.
    said: Callable[[Ticket, int, str], str]
    asks_amount: bool = False
    asks_note: bool = False
    # True if it takes money of the order and its line.
    takes_money: bool = True


def _approved(ticket: Ticket, amount: int, who: str) -> str:
    if ticket.type == TicketType.EXCHANGE:
        return _("The exchange of %(buyer)s is approved.") % {"buyer": who}
    if not amount:
        return _("%(buyer)s may send the goods back; nothing is paid.") % {"buyer": who}
    if ticket.status == TicketStatus.AWAITING_RETURN:
        return _("%(buyer)s may send the goods back; %(amount)s is set aside.") % {
            "buyer": who,
            "amount": format_yuan(amount),
        }
    return _refunded(ticket, amount, who)


def _closed(ticket: Ticket, amount: int, who: str) -> str:
    return " ".join([_("The ticket is closed."), approvals.left_open_there(ticket)]).strip()


def _refunded(ticket: Ticket, amount: int, who: str) -> str:
    if ticket.status == TicketStatus.CLOSED:
        return _closed(ticket, amount, who)
    if not sends(ticket.shop.connector):
        return _("%(amount)s is to be paid to %(buyer)s by hand.") % {
            "buyer": who,
            "amount": format_yuan(amount),
        }
    return _("The refund of %(amount)s to %(buyer)s is under way.") % {
        "buyer": who,
        "amount": format_yuan(amount),
    }


APPROVE = Decision(
    "approve",
    gettext_lazy("Approve"),
    approvals.approve,
    gettext_lazy("Approve"),
    _approved,
    asks_amount=True,
)
CONFIRM = Decision(
    "confirm_return",
    gettext_lazy("Confirm the return"),
    approvals.confirm_return,
    gettext_lazy("Confirm the return"),
    _refunded,
)
RETRY = Decision(
    "retry",
    gettext_lazy("Try the refund again"),
    approvals.retry,
    gettext_lazy("Try again"),
    _refunded,
)

CLOSE = Decision(
    "close",
    gettext_lazy("Close"),
    approvals.close,
    gettext_lazy("Close"),
    _closed,
    asks_note=True,
    takes_money=False,
)


def _view(decision: Decision) -> Callable[..., HttpResponseBase]:
    @desk_page
    @require_http_methods(["GET", "POST"])
    @says_what_changed
    def view(request: HttpRequest, ticket_id: int) -> HttpResponse:
        return _decide(request, ticket_id, decision)

    return view


approve, confirm_return, retry, close = map(_view, (APPROVE, CONFIRM, RETRY, CLOSE))


def _decide(request: HttpRequest, ticket_id: int, decision: Decision) -> HttpResponse:
    # Checks the right before anything is shown.
    ticket = find_case(ticket_id=ticket_id, user=access.person(request))
    if request.method == "GET":
        require_unchanged(ticket, ticket.order, request.GET.get("seen"))
    sent = request.GET if request.method == "GET" else request.POST
    form = AmountForm(sent) if decision.asks_amount and "amount" in sent else None

    def act() -> HttpResponse:
        # The difference first: what is asked below is about the case as it was seen.
        require_unchanged(ticket, ticket.order, request.POST.get("seen", ""))
        claimed.require_meant(request, ticket)
        decided = decision.call(
            ticket_id=ticket_id,
            seen=request.POST.get("seen", ""),
            **_arguments(request, ticket, decision, form),
            **caller(request),
        )
        said = decision.said(decided, decided.committed, buyer(decided))
        return done(second_person.said(decided) or said)

    return ask(
        request,
        TEMPLATE,
        act=act,
        passing=CHANGED,
        title=decision.title,
        decision=decision.name,
        note=request.POST.get("note", ""),
        drafts=True,
        # Read after a refused attempt: the case as it is now.
        look=lambda _refused: _dialog_context(
            request, case.find(request, ticket_id), decision, form
        ),
    )


def _arguments(
    request: HttpRequest, ticket: Ticket, decision: Decision, form: AmountForm | None
) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if decision is APPROVE and (number := request.POST.get("return_address", "")):
        arguments["return_address"] = beside.chosen_address(ticket, number)
    if form is not None:
        if form.fen is None:
            raise Refused(_no_amount())
        arguments["amount"] = form.fen
        arguments["less_because"] = request.POST.get("less_because", "")
        if is_lowered(ticket, form.fen) and request.POST.get("meant") != str(form.fen):
            raise Refused(
                _("%(amount)s is less than was asked for: say below that you mean it.")
                % {"amount": format_yuan(form.fen)},
                pointer="meant",
            )
    if decision.asks_note:
        arguments["note"] = request.POST.get("note", "")
    if decision.takes_money:
        arguments["above_line"] = "above_line" in request.POST
    return arguments


def _dialog_context(
    request: HttpRequest, ticket: Ticket, decision: Decision, form: AmountForm | None
) -> dict[str, Any]:
    order = ticket.order
    closes = decision is CLOSE or (decision is CONFIRM and asks_for_nothing(ticket))
    amount = to_pay(ticket)
    shown, then = format_yuan(amount), _then(ticket, decision)
    asked: int | None = amount
    fixed = ticket.type == TicketType.EXCHANGE or not amount or not may_pay_less(ticket)
    if fixed or not decision.asks_amount:
        form = None
    elif form is None:
        form = AmountForm(initial={"amount": amount})
    elif form.fen is None:
        asked = None
        shown, then = f"¥{form['amount'].value()}", _no_amount()
    else:
        asked = form.fen
        shown, then = format_yuan(form.fen), approval(ticket, form.fen)
    return {
        "ticket": ticket,
        "order": order,
        "buyer": buyer(ticket),
        "colleague": claimed.colleague(request, ticket),
        "claim_meant": claimed.FIELD in request.POST,
        "about": about(ticket),
        # desk.js keeps it in step with what is typed.
        "shown": format_html("<span data-amount-shown>{}</span>", shown),
        "available": available(ticket, order),
        "form": form,
        "addresses": _addresses(request, ticket) if decision is APPROVE else (),
        "then": then,
        "freight": freight_asked.answer_of(ticket) if decision is CONFIRM else None,
        "less": _less(ticket, asked) if form is not None and asked else None,
        "less_because": request.POST.get("less_because", ""),
        "line_warning": line_warning(ticket, asked) if decision.takes_money and asked else "",
        "second_person": second_person.warning(
            ticket, access.person(request), _approves(ticket, decision, asked)
        ),
        "left_open_there": approvals.left_open_there(ticket) if closes else "",
        # The facts on the screen when the dialog was opened, not those of now.
        "seen": request.POST.get("seen") or request.GET.get("seen") or seen_now(ticket, order),
    }


def _less(ticket: Ticket, amount: int) -> dict[str, Any] | None:
    """A lowered amount gets a second look, and a reason."""
    if not is_lowered(ticket, amount):
        return None
    return {"amount": amount, "by": ticket.amount - amount}


def _approves(ticket: Ticket, decision: Decision, amount: int | None) -> int | None:
    """The money that the step approves, of what it pays or sets aside."""
    if not decision.takes_money or ticket.type == TicketType.EXCHANGE:
        return None
    if decision is CONFIRM and not approvals.approves_anew(ticket):
        return None
    return amount


def _addresses(request: HttpRequest, ticket: Ticket) -> list[tuple[str, str, bool]]:
    """Return addresses to choose from, where goods come back; one alone is no choice."""
    if not goods_first(ticket) or "amount" in request.GET:
        return []
    chosen = request.POST.get("return_address", "")
    found = beside.return_addresses(ticket)
    if len(found) < 2:
        return []
    return [
        (one.number, one.words, one.number == chosen or (not chosen and one.is_default))
        for one in found
    ]


def _then(ticket: Ticket, decision: Decision) -> str:
    """The effect, or the reason why the step is impossible."""
    for found in consequences(ticket):
        if found.what == decision.what:
            return found.then
    return obstacle(ticket)


def _no_amount() -> str:
    return _("Give the amount in yuan, above 0, with at most two decimals.")


@desk_page
@require_POST
@says_what_changed
def take(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """Takes a case that nobody has; asks before it takes one out of a colleague's hands."""
    ticket = find_case(ticket_id=ticket_id, user=access.person(request))
    who = claimed.colleague(request, ticket)
    seen = request.POST.get("seen", "")
    if who is not None and request.POST.get(claimed.FIELD) != str(who.pk):
        require_unchanged(ticket, ticket.order, seen)
        title = _("Take it over?")
        others = presence.others(
            ticket=ticket, user=access.person(request), now=caller(request)["now"]
        )
        return dialog(
            request,
            "aftersale/workbench/take_over.html",
            title=title,
            action=request.path,
            submit=_("Take it over from %s") % columns.name(who),
            ticket=ticket,
            colleague=who,
            others=others,
            seen=seen,
        )
    assignment.take(ticket_id=ticket_id, seen=seen, **caller(request))
    return kept()


@desk_page
@require_POST
@says_what_changed
def hand_back(request: HttpRequest, ticket_id: int) -> HttpResponse:
    assignment.hand_back(ticket_id=ticket_id, seen=request.POST.get("seen", ""), **caller(request))
    return kept()


def kept() -> HttpResponse:
    """The case stays open: it is read anew, and the list with it."""
    return HttpResponse(status=204, headers={"HX-Trigger": "workbench:kept"})
