"""Steps above what a person approves alone wait for a second person (SPEC G4).

`waits` stands in each service that moves money: where it returns True the step was not taken, but
written down with its amount held. `confirm` calls the same service again, as whoever asked, with
everything checked anew; `decline` and whatever changes the case end the request. All of it under
the order's lock, which the request belongs to. Amounts in fen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext

from aftersale.domain.identifiers import is_visible
from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import in_each_language
from aftersale.domain.multilingual import said as _
from aftersale.domain.punctuation import SEMICOLON
from aftersale.models import (
    Actor,
    ApprovalKind,
    ApprovalRequest,
    ApprovalState,
    Order,
    Ticket,
    TicketFlag,
)
from aftersale.services.access.rights import Right, may, scoped
from aftersale.services.orders import refundable
from aftersale.services.refunds.approval_limits import excess, may_confirm
from aftersale.services.shared import locks
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale
from aftersale.services.shared.shown import who
from aftersale.services.tickets import lifecycle, snapshot, waiting_approvals
from aftersale.services.tickets.cases import Case, lock_case, order_of, seen_now
from aftersale.signals import tickets_waiting
from config import acting

# The result of a payment that was made by hand takes nothing more of the order.
RESULTS = (ApprovalKind.PAID, ApprovalKind.WAS_PAID)
LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class CarryOut:
    """How a kind of step is taken once it is confirmed, by the module that it belongs to.

    `take` gets the request and the moment; it acts as whoever asked. `lock` takes what comes
    before the order (docs/locking.md).
    """

    take: Callable[[ApprovalRequest, datetime], object]
    lock: Callable[[ApprovalRequest, datetime], object] | None = None


_CARRY_OUT: dict[str, CarryOut] = {}


def carries_out(
    kind: ApprovalKind, *, lock: Callable[[ApprovalRequest, datetime], object] | None = None
) -> Callable[[Callable[[ApprovalRequest, datetime], object]], Any]:
    """Registers the function that takes a confirmed step of this kind."""

    def register(take: Callable[[ApprovalRequest, datetime], object]) -> Any:
        _CARRY_OUT[kind] = CarryOut(take, lock)
        return take

    return register


def waits(
    case: Case,
    kind: ApprovalKind,
    amount: int,
    confirmed: ApprovalRequest | None,
    arguments: Mapping[str, Any],
) -> bool:
    """True where the step on a locked case now waits for a second person, its amount held.

    `confirmed` is the request that is being carried out: it waits no second time. `arguments` are
    kept for that, as JSON. Raises OverRefundable where the order has no such amount.
    """
    order, ticket, user = case.order, case.ticket, case.user
    assert user is not None
    if confirmed is not None:
        return False
    over = excess(user, order, amount, but=ticket)
    if over is None:
        return False
    before = ticket.committed
    if kind not in RESULTS:
        refundable.commit(order, ticket, amount)
    lifecycle.add_flag(ticket, TicketFlag.SECOND_PERSON)
    ticket.awaiting_evaluation = False
    ticket.save(update_fields=["flags", "awaiting_evaluation"])
    note = _("Asks a second person: %(what)s, %(amount)s. Alone: up to %(limit)s an order.") % {
        "what": kind.label,
        "amount": format_yuan(amount),
        "limit": format_yuan(over.alone_up_to),
    }
    waiting_approvals.write_event(ticket.pk, note, actor=Actor.PERSON, user=user, now=case.now)
    ApprovalRequest.objects.create(
        shop_id=ticket.shop_id,
        ticket=ticket,
        kind=kind,
        amount=amount,
        together=over.together,
        alone_up_to=over.alone_up_to,
        committed_before=before,
        arguments=dict(arguments),
        seen=seen_now(ticket, order),
        requested_by=user,
        requested_at=case.now,
    )
    return True


def confirm(*, request_id: int, user: User, now: datetime, seen: str | None = None) -> Ticket:
    """Takes the step as whoever asked for it, on the facts that both saw.

    Raises Stale, with the request fallen, where those have changed since it was asked for, or
    whoever asked may not approve here any more.
    """
    found = _find(request_id, user)
    fallen = ""
    with transaction.atomic():
        carry_out = _CARRY_OUT[found.kind]
        if carry_out.lock is not None:
            carry_out.lock(found, now)
        case, request = _lock(found, user, now, seen)
        _require_confirmable(case, request)
        fallen = _why_fallen(case.order, case.ticket, request)
        if fallen:
            fall(case.order, case.ticket, why=fallen, now=now)
        else:
            try:
                with transaction.atomic():
                    _carry_out(case, request, carry_out)
            except Stale as stale:
                # Rolled back: what was asked for is not what would be done now.
                case, request = _lock(found, user, now, None)
                fallen = stale.message
                fall(case.order, case.ticket, why=fallen, now=now)
    if fallen:
        raise Stale(gettext("Nothing was done, and the case is with people again: %s") % fallen)
    return Ticket.objects.select_related("shop", "order").get(pk=found.ticket_id)


def decline(
    *, request_id: int, note: str, user: User, now: datetime, seen: str | None = None
) -> Ticket:
    """The step is not taken, and its amount is free again; whoever asked withdraws it so.

    A second person says why. Nothing is evaluated anew: the case is with people.
    """
    found = _find(request_id, user)
    with transaction.atomic():
        case, request = _lock(found, user, now, seen)
        own = request.requested_by_id == user.pk
        note = note.strip()[:LONGEST_NOTE]
        if not own and not is_visible(note):
            raise Refused(_("Say why it is declined."), pointer="note")
        _free(case.order, case.ticket, request)
        case.ticket.save(update_fields=["flags"])
        if own:
            text = _("Withdrawn: %s") % _what(request)
        else:
            text = _("Declined what %(who)s asked for: %(what)s. %(note)s") % {
                "who": who(request, "requested_by"),
                "what": _what(request),
                "note": note,
            }
        state = ApprovalState.WITHDRAWN if own else ApprovalState.DECLINED
        waiting_approvals.settle(request, state, user=user, now=now, note=text)
        return case.ticket


def fall(order: Order, ticket: Ticket, *, why: str, now: datetime) -> None:
    """Ends the request that waits on a locked case, if one does: its amount is free, and the
    ticket goes on as before."""
    request = waiting_approvals.of_ticket(ticket)
    if request is None:
        return
    _free(order, ticket, request)
    ticket.awaiting_evaluation = lifecycle.may_wait(ticket)
    ticket.save(update_fields=["flags", "awaiting_evaluation"])
    waiting_approvals.fall(ticket, why=why, now=now)
    if ticket.awaiting_evaluation:
        tickets_waiting.send(Ticket, shop_ids={ticket.shop_id})


def look_again(order: Order, ticket: Ticket, *, now: datetime) -> None:
    """Ends the request on a locked case whose facts are not those that it was asked for on."""
    request = waiting_approvals.of_ticket(ticket)
    if request is not None and (changes := _changes(order, ticket, request)):
        fall(order, ticket, why=changes, now=now)


def may_settle(user: User, ticket: Ticket, request: ApprovalRequest) -> bool:
    """Whether the person may confirm the request, as things stand."""
    order = ticket.order
    if order is None or user.pk == request.requested_by_id:
        return False
    return may(user, ticket.shop_id, Right.HANDLE_TICKETS) and may_confirm(user, order, request)


def on_left_the_desk(
    sender: object, *, shop_id: int, user_id: int, now: datetime, **_more: Any
) -> None:
    """Nobody confirms what somebody asked for who handles the shop's tickets no more."""
    asked = ApprovalRequest.objects.filter(
        shop=shop_id, requested_by=user_id, state=ApprovalState.WAITING
    )
    tickets = Ticket.objects.filter(pk__in=asked.values("ticket"))
    locks.lock_orders_of(tickets)
    for request in asked.select_related("requested_by", "requested_token", "ticket").order_by(
        "ticket"
    ):
        order, ticket = locks.lock_order(order_of(request.ticket).pk), request.ticket
        fall(order, locks.lock_ticket(ticket.pk), why=_left(request), now=now)


def _find(request_id: int, user: User) -> ApprovalRequest:
    requests = scoped(ApprovalRequest.objects.select_related("ticket__order"), user)
    found = requests.filter(pk=request_id).first()
    if found is None:
        raise NotFound(_("There is no such request."))
    return found


def _lock(
    found: ApprovalRequest, user: User, now: datetime, seen: str | None
) -> tuple[Case, ApprovalRequest]:
    """The case, and its request as it is under the order's lock."""
    case = lock_case(ticket_id=found.ticket_id, user=user, now=now, seen=seen)
    request = ApprovalRequest.objects.select_related(
        "requested_by", "requested_token", "settled_by", "ticket"
    ).get(pk=found.pk)
    if request.state != ApprovalState.WAITING:
        raise Stale(
            _("It does not wait any more: %s") % request.note
            if request.note
            else _("It does not wait any more.")
        )
    return case, request


def _require_confirmable(case: Case, request: ApprovalRequest) -> None:
    assert case.user is not None
    if case.user.pk == request.requested_by_id:
        raise NotAllowed(_("You asked for it yourself: somebody else confirms it."))
    if not may_confirm(case.user, case.order, request):
        raise NotAllowed(
            _("%s is more than you may approve on one order: somebody else confirms it.")
            % format_yuan(request.amount)
        )


def _why_fallen(order: Order, ticket: Ticket, request: ApprovalRequest) -> str:
    if not may(request.requested_by, request.shop_id, Right.HANDLE_TICKETS):
        return _left(request)
    return _changes(order, ticket, request)


def _left(request: ApprovalRequest) -> str:
    return _("%s may not approve in this shop any more.") % who(request, "requested_by")


def _changes(order: Order, ticket: Ticket, request: ApprovalRequest) -> str:
    """Differences from the facts that whoever asked saw, in words (SPEC O10). Money that other
    tickets take of the order is none: the amount is held."""
    before = snapshot.read(request.seen)
    if before is None:
        return _("it can't be compared with what was seen then")
    now = snapshot.take(ticket, order, last_event=before.last_event)
    before = before.with_money_taken_of(now)

    def words() -> str:
        found = snapshot.differences(before, ticket, order)
        if "note" in found:  # it is stored: the buyer's words stay where they are erased
            found["note"] = gettext("the buyer's note is another now")
        return str(SEMICOLON).join(found.values())

    return in_each_language(words)


def _carry_out(case: Case, request: ApprovalRequest, carry_out: CarryOut) -> None:
    user, now = case.user, case.now
    note = _("Confirmed what %(who)s asked for: %(what)s") % {
        "who": who(request, "requested_by"),
        "what": _what(request),
    }
    arguments = request.arguments
    _free(case.order, case.ticket, request, look_again=False)
    case.ticket.save(update_fields=["flags"])
    waiting_approvals.settle(request, ApprovalState.CONFIRMED, user=user, now=now, note=note)
    # `settle` has emptied what is stored; the step still needs it.
    request.arguments = arguments
    with acting.as_token(request.requested_token_id):
        carry_out.take(request, now)


def _free(
    order: Order, ticket: Ticket, request: ApprovalRequest, *, look_again: bool = True
) -> None:
    """The amount is not held any more, and the flag is down; the caller saves the ticket."""
    if request.kind not in RESULTS and ticket.committed != request.committed_before:
        release = refundable.free if look_again else refundable.unhold
        release(order, ticket, keep=request.committed_before)
    lifecycle.drop_flag(ticket, TicketFlag.SECOND_PERSON)


def _what(request: ApprovalRequest) -> str:
    what = ApprovalKind(request.kind).label
    return _("%(what)s, %(amount)s") % {"what": what, "amount": format_yuan(request.amount)}
