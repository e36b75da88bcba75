"""Approving tickets, confirming returns, trying again and closing, by people (SPEC O2, O4).

Each looks the ticket up among the shops that the user may see (else NotFound), needs the right to
handle tickets (else NotAllowed), and raises WrongStep, OverRefundable, OverLine or Refused having
written nothing. With `seen` it raises Stale where the case has changed since (cases.py).
`above_line`: the person has read what is left of the ticket's line, and goes above it, up to the
order's refundable amount. What is above what the person approves alone waits: the ticket comes back
with the flag `second_person` (SPEC G4); `confirmed` is the request that a second person confirms.
Amounts in fen.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.identifiers import is_visible
from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    Actor,
    ApprovalKind,
    ApprovalRequest,
    ConnectorKind,
    Order,
    Refund,
    RefundSource,
    RefundStatus,
    Shop,
    StepKind,
    Ticket,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from aftersale.platforms.payment_registry import sends
from aftersale.services.orders import refundable
from aftersale.services.outbox import platform_steps
from aftersale.services.outbox.platform_steps import is_platform_connected
from aftersale.services.outbox.routing import pays_fast_refunds
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.refunds import attempts, freight_asked, lost_payments, second_person
from aftersale.services.refunds.lowered import lowered_note
from aftersale.services.shared.errors import Refused, WrongStep
from aftersale.services.shared.refunded_elsewhere import refunded_elsewhere
from aftersale.services.tickets import lifecycle, negotiation, waiting_approvals
from aftersale.services.tickets.cases import Case, lock_case
from config import acting


def approve(
    *,
    ticket_id: int,
    user: User,
    now: datetime,
    amount: int | None = None,
    above_line: bool = False,
    seen: str | None = None,
    return_address: Mapping[str, str] | None = None,
    less_because: str | None = None,
    confirmed: ApprovalRequest | None = None,
) -> Ticket:
    """Approves a ticket: its refund, or the return that comes before it, or the exchange.

    `less_because`: why a person approves less than was asked for (lowered.py).

    `return_address`: where the goods go, of desk.beside.chosen_address; else the shop's default.

    `amount` is at most the ticket's amount, which is also the default: an approval during a
    negotiation gives in, for the buyer has accepted nothing less (negotiation.py).
    """
    with transaction.atomic():
        case = lock_case(ticket_id=ticket_id, user=user, now=now, seen=seen)
        order, ticket = case.order, case.ticket
        to_status = approved_status(ticket)
        wanted = require_approvable(order, ticket, amount)
        lowered = lowered_note(ticket, wanted, less_because)
        above = refundable.line_note(order, ticket, wanted, above_line=above_line)
        if second_person.waits(
            case,
            ApprovalKind.APPROVE,
            wanted,
            confirmed,
            {
                "amount": amount,
                "above_line": above_line,
                "less_because": less_because,
                "return_address": dict(return_address) if return_address else None,
            },
        ):
            return ticket
        if wanted:
            refundable.commit(order, ticket, wanted)
        note = joined(" · ", filter(None, [lowered, above]))
        from_status = ticket.status
        lifecycle.move(ticket, to_status, actor=Actor.PERSON, now=now, user=user, note=note)
        if to_status == TicketStatus.REFUNDING:
            _request(case)
        else:
            platform_steps.tell(
                order=order,
                ticket=ticket,
                kind=StepKind.APPROVE_RETURN,
                from_status=from_status,
                details=return_address,
                user=user,
                now=now,
            )
        return ticket


@second_person.carries_out(ApprovalKind.APPROVE)
def _approve_confirmed(request: ApprovalRequest, now: datetime) -> None:
    approve(**_again(request, now))


def approved_status(ticket: Ticket) -> TicketStatus:
    """Where approving leads: the refund starts, or the goods come back first."""
    if lifecycle.goods_first(ticket):
        return TicketStatus.AWAITING_RETURN
    return TicketStatus.REFUNDING


def require_approvable(order: Order, ticket: Ticket, amount: int | None = None) -> int:
    """How much approving the ticket takes of the order's money; raises what speaks against it.

    Nothing for an exchange, and for a return of 0.00. Writes nothing, so that a preview may ask as
    well; the line's money, which a person may go above, is `refundable.require_line_room`.
    """
    if ticket.status not in (TicketStatus.PENDING_REVIEW, TicketStatus.NEGOTIATING):
        # `returning` to `refunding` is confirm_return's.
        raise _wrong_step(ticket, approved_status(ticket))
    waiting_approvals.require_none(ticket)
    lost_payments.require_known(ticket)
    _require_window(ticket)
    if TicketFlag.PLATFORM_PAYS in ticket.flags:
        raise Refused(_("The platform pays this fast refund itself: nothing is sent from here."))
    if ticket.type == TicketType.EXCHANGE:
        return 0
    wanted = ticket.amount if amount is None else amount
    if lifecycle.asks_for_nothing(ticket):
        if not lifecycle.goods_first(ticket):
            raise Refused(_("It asks for ¥0.00: there is nothing to refund. Close it with a note."))
        if wanted == 0:
            return 0
    if not 0 < wanted <= ticket.amount:
        raise Refused(
            _("The amount must be above 0 and at most what was asked for: %s.")
            % format_yuan(ticket.amount),
            pointer="amount",
        )
    if wanted != ticket.amount and ticket.shop.connector == ConnectorKind.PLATFORM:
        raise Refused(
            _("The platform refunds what was asked for, %s. Offer less by negotiating.")
            % format_yuan(ticket.amount),
            pointer="amount",
        )
    refundable.require_room(order, ticket, wanted)
    return wanted


def confirm_return(
    *,
    ticket_id: int,
    user: User,
    now: datetime,
    above_line: bool = False,
    seen: str | None = None,
    note: str = "",
    confirmed: ApprovalRequest | None = None,
) -> Ticket:
    """The goods are in hand, or not wanted back: the approved return's refund starts.

    A return of 0.00 ends as closed, without a refund (SPEC O4). It approves only where the goods
    are not asked back, or takes money that nobody had set aside. Raises FreightUnanswered while
    return freight waits for an answer (SPEC P3).
    """
    with transaction.atomic():
        case = lock_case(ticket_id=ticket_id, user=user, now=now, seen=seen)
        order, ticket = case.order, case.ticket
        confirmable = (TicketStatus.AWAITING_RETURN, TicketStatus.RETURNING)
        if ticket.status not in confirmable:
            raise _wrong_step(ticket, TicketStatus.REFUNDING)
        if ticket.type == TicketType.EXCHANGE:
            raise Refused(_("An exchange ends with new goods, not with a refund."))
        waiting_approvals.require_none(ticket)
        freight_asked.require_answer(ticket)
        if lifecycle.asks_for_nothing(ticket):
            _move_to_closed(case, note)
            return ticket
        lost_payments.require_known(ticket)
        _require_window(ticket)
        # A return that arbitration interrupted may have given its money back.
        wanted = ticket.committed or negotiation.agreed_amount(ticket)
        above = refundable.line_note(order, ticket, wanted, above_line=above_line)
        if approves_anew(ticket) and second_person.waits(
            case,
            ApprovalKind.CONFIRM_RETURN,
            wanted,
            confirmed,
            {"above_line": above_line},
        ):
            return ticket
        refundable.commit(order, ticket, wanted)
        lifecycle.move(
            ticket,
            TicketStatus.REFUNDING,
            actor=Actor.PERSON,
            now=now,
            user=user,
            note=note or above,
        )
        _request(case)
        return ticket


@second_person.carries_out(ApprovalKind.CONFIRM_RETURN)
def _confirm_return_confirmed(request: ApprovalRequest, now: datetime) -> None:
    confirm_return(**_again(request, now))


def approves_anew(ticket: Ticket) -> bool:
    """True if confirming the return approves money: nothing was set aside, or nothing has come back
    by all that is known."""
    received = ticket.goods_received_at
    here = received is not None and received >= ticket.status_at
    return not ticket.committed or (ticket.status == TicketStatus.AWAITING_RETURN and not here)


def retry(
    *,
    ticket_id: int,
    user: User,
    now: datetime,
    above_line: bool = False,
    seen: str | None = None,
    confirmed: ApprovalRequest | None = None,
) -> Ticket:
    """Tries a failed refund again, after a new check of the order's and the line's money (O2)."""
    with transaction.atomic():
        case = lock_case(ticket_id=ticket_id, user=user, now=now, seen=seen)
        order, ticket, refund = case.order, case.ticket, case.refund
        if ticket.status != TicketStatus.REFUND_FAILED:
            raise _wrong_step(ticket, TicketStatus.REFUNDING)
        if ticket.type == TicketType.EXCHANGE:
            raise Refused(_("An exchange ends with new goods, not with a refund."))
        waiting_approvals.require_none(ticket)
        lost_payments.require_known(ticket)
        _require_window(ticket)
        wanted = negotiation.agreed_amount(ticket) if refund is None else refund.amount
        note = refundable.line_note(order, ticket, wanted, above_line=above_line)
        if second_person.waits(
            case, ApprovalKind.RETRY, wanted, confirmed, {"above_line": above_line}
        ):
            return ticket
        refundable.commit(order, ticket, wanted)
        lifecycle.move(
            ticket, TicketStatus.REFUNDING, actor=Actor.PERSON, now=now, user=user, note=note
        )
        if refund is None:
            _request(case)
        else:
            # The refund's cause stays as it was; the attempts go on counting.
            _start(refund, ticket, now=now)
        return ticket


@second_person.carries_out(ApprovalKind.RETRY)
def _retry_confirmed(request: ApprovalRequest, now: datetime) -> None:
    retry(**_again(request, now))


def _again(request: ApprovalRequest, now: datetime) -> dict[str, Any]:
    """The arguments of a step that was confirmed: it is taken as whoever asked would."""
    return {
        "ticket_id": request.ticket_id,
        "user": request.requested_by,
        "now": now,
        "confirmed": request,
        **request.arguments,
    }


def close(
    *, ticket_id: int, note: str, user: User, now: datetime, seen: str | None = None
) -> Ticket:
    """The ticket is over without a refund from here, as the `note` says (SPEC O4).

    Of a failed refund that was settled otherwise, a request of 0.00 without a return, or an
    exchange whose new goods were sent.
    """
    with transaction.atomic():
        case = lock_case(ticket_id=ticket_id, user=user, now=now, seen=seen)
        if not may_close(case.ticket):
            raise _wrong_step(case.ticket, TicketStatus.CLOSED)
        waiting_approvals.require_none(case.ticket)
        if not is_visible(note):
            raise Refused(_("Write down how it was settled."), pointer="note")
        _move_to_closed(case, note)
        return case.ticket


def left_open_there(ticket: Ticket) -> str:
    """The part of closing a ticket that people do by hand; empty where nothing is.

    No platform has a call that only closes: calls that agree to a ticket also pay.
    """
    if not is_platform_connected(ticket.shop):
        return ""
    return _("The platform is not told, and has it open still: close it there too.")


def may_close(ticket: Ticket) -> bool:
    """True if a person may close the ticket with a note; a return of 0.00 is confirmed instead."""
    returned = ticket.status in (TicketStatus.AWAITING_RETURN, TicketStatus.RETURNING)
    if returned and ticket.type != TicketType.EXCHANGE:
        return False
    return lifecycle.may_move(ticket, TicketStatus.CLOSED, Actor.PERSON)


def _move_to_closed(case: Case, note: str) -> None:
    note, there = note.strip(), left_open_there(case.ticket)
    lifecycle.move(
        case.ticket,
        TicketStatus.CLOSED,
        actor=Actor.PERSON,
        now=case.now,
        user=case.user,
        note=joined(" · ", [note, there]) if note and there else note or there,
    )


def _require_window(ticket: Ticket) -> None:
    """No money of ours goes out for a completed order that was not re-opened (SPEC W2)."""
    if TicketFlag.NO_WINDOW in ticket.flags:
        raise Refused(_("No after-sale window was open for this completed order."))


def _wrong_step(ticket: Ticket, to_status: TicketStatus) -> WrongStep:
    return WrongStep(ticket.ticket_no, TicketStatus(ticket.status), to_status)


def _request(case: Case) -> None:
    """Queues the payment of the ticket's committed money, in its one refund row."""
    ticket, refund = case.ticket, case.refund
    if refund is None:
        refund = Refund(shop_id=ticket.shop_id, order=case.order, ticket=ticket)
    elif refund.status not in attempts.OVER:
        raise Refused(
            _("Ticket %(ticket)s has a refund already: %(status)s.")
            % {"ticket": ticket.ticket_no, "status": refund.get_status_display()}
        )
    if ticket.committed <= 0:
        raise Refused(_("Ticket %s asks for no money.") % ticket.ticket_no)
    refund.amount = ticket.committed
    refund.source = RefundSource.PERSON
    refund.decision_id = None
    refund.requested_by, refund.requested_token_id = case.user, acting.token()
    _start(refund, ticket, now=case.now)


def _start(refund: Refund, ticket: Ticket, *, now: datetime) -> None:
    shop = Shop.objects.get(pk=refund.shop_id)
    own = refund.source != RefundSource.FAST_REFUND or not pays_fast_refunds(shop)
    due = own and sends(shop.connector)
    refund.status = RefundStatus.REQUESTED
    refund.requested_at = now
    refund.version = ticket.updated_at
    refund.refunded_elsewhere = (
        refunded_elsewhere(order_pk=refund.order_id, own=ticket.pk)
        if is_platform_connected(shop)
        else None
    )
    refund.released = False
    refund.needs_people = False
    refund.failure = ""
    refund.settled_at = None
    refund.next_step_at = now if due else None
    refund.save()
    if due:
        wake_payer()
