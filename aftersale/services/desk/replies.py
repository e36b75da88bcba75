"""Answers of the desk to a buyer: a rejection, or a round of negotiation (SPEC P2, P3).

The ticket is looked up among the shops that the user may see (else NotFound), the right to handle
tickets is needed (else NotAllowed); WrongStep, Stale, OverLine and Refused are raised having
written nothing. Amounts in fen.
"""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain import deadlines
from aftersale.domain.identifiers import is_visible
from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.domain.placeholders import left_in
from aftersale.domain.punctuation import SEMICOLON
from aftersale.models import (
    Actor,
    ApprovalKind,
    ApprovalRequest,
    Negotiation,
    Order,
    Rejection,
    StepKind,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
    TicketType,
)
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.reject_reasons import RejectReason, Stage, fitting, stage_of
from aftersale.services.desk import platform_reasons
from aftersale.services.desk.evidence import Item, attach, taken_back_on_failure
from aftersale.services.desk.reject_templates import filled
from aftersale.services.orders import refundable
from aftersale.services.outbox import platform_steps
from aftersale.services.refunds import second_person, unsent_refunds
from aftersale.services.shared.errors import Refused, WrongStep
from aftersale.services.tickets import lifecycle, negotiation, waiting_approvals
from aftersale.services.tickets.cases import find_case, lock_case

LONGEST = 1_000
# Where a person may reject, and may negotiate (SPEC O4).
REJECTABLE = [TicketStatus.PENDING_REVIEW, TicketStatus.NEGOTIATING, TicketStatus.RETURNING]
NEGOTIABLE = [TicketStatus.PENDING_REVIEW, TicketStatus.NEGOTIATING]


def reject(
    *,
    ticket_id: int,
    reason: str,
    explanation: str | None = None,
    evidence: Sequence[Item] = (),
    user: User,
    now: datetime,
    seen: str | None = None,
) -> Ticket:
    """Rejects a ticket, with an explanation to the buyer, for a reason of the catalogue or one of
    its platform's own: OWN_REASON and its code (SPEC P2).

    Without an explanation, the shop's text for the reason. A return that was approved gives its
    money back to the order.
    """
    if explanation is not None:
        explanation = require_text(explanation, pointer="explanation")
    # Asked of the platform before anything is locked.
    own = platform_reasons.chosen(find_case(ticket_id=ticket_id, user=user), reason)
    with taken_back_on_failure() as stored, transaction.atomic():
        case = lock_case(ticket_id=ticket_id, user=user, now=now, seen=seen)
        order, ticket = case.order, case.ticket
        ticket.order = order
        known = require_rejectable(ticket, reason, has_evidence=bool(evidence), now=now, own=own)
        if explanation is None:
            explanation = require_text(filled(known, ticket), pointer="explanation")
        files = attach(ticket=ticket, items=evidence, user=user, now=now, stored=stored)
        rejection = Rejection.objects.create(
            ticket=ticket,
            reason=known.code,
            label=own.label if own else "",
            explanation=explanation,
            from_status=ticket.status,
            at=now,
            user=user,
        )
        for file in files:
            file.rejection = rejection
            file.save(update_fields=["rejection"])
        unsent_refunds.drop_unsent(case)
        from_status = ticket.status
        lifecycle.move(
            ticket,
            TicketStatus.REJECTED,
            actor=Actor.PERSON,
            now=now,
            user=user,
            # The platform's own words are in its own language.
            note=own.label if own else _(known.label),
        )
        platform_steps.tell(
            order=order,
            ticket=ticket,
            kind=StepKind.REJECT,
            rejection=rejection,
            from_status=from_status,
            user=user,
            now=now,
        )
        return ticket


def negotiate(
    *,
    ticket_id: int,
    type: str = "",
    amount: int | None = None,
    message: str,
    evidence: Sequence[Item] = (),
    above_line: bool = False,
    user: User,
    now: datetime,
    seen: str | None = None,
    confirmed: ApprovalRequest | None = None,
) -> Negotiation | None:
    """Offers the buyer another type, a smaller amount, or sends a message only (SPEC P3).

    A type or amount that is the ticket's own offers nothing. A further round begins when the
    earlier one is over, also when its time ran out and the platform has not said so yet.
    `above_line` as for approvals: an offer is money that the buyer may accept (SPEC O2). So one
    above what the person approves alone waits for a second person, and None is returned; the
    pictures wait at the case (SPEC G4).
    """
    message = require_text(message, pointer="message")
    with taken_back_on_failure() as stored, transaction.atomic():
        case = lock_case(ticket_id=ticket_id, user=user, now=now, seen=seen)
        order, ticket = case.order, case.ticket
        ticket.order = order
        open_round = require_negotiable(ticket, now=now)
        offered_type = "" if type == ticket.type else type
        offered_amount = None if amount == ticket.amount else amount
        above = _check_offer(order, ticket, offered_type, offered_amount, above_line=above_line)
        files = attach(ticket=ticket, items=evidence, user=user, now=now, stored=stored)
        if second_person.waits(
            case,
            ApprovalKind.NEGOTIATE,
            negotiation.offered_money(ticket, offered_type, offered_amount),
            confirmed,
            {
                "type": type,
                "amount": amount,
                "message": message,
                "evidence": [file.pk for file in files],
                "above_line": above_line,
            },
        ):
            return None
        if open_round is not None:
            negotiation.expire(open_round, ticket, now=now)
        number = Negotiation.objects.filter(ticket=ticket).count() + 1
        note: str = _("Negotiation, round %d") % number
        if above:
            note = joined(SEMICOLON, [note, above])
        from_status = ticket.status
        if ticket.status == TicketStatus.PENDING_REVIEW:
            lifecycle.move(
                ticket, TicketStatus.NEGOTIATING, actor=Actor.PERSON, now=now, user=user, note=note
            )
        else:
            _go_on(ticket, user=user, now=now, note=note)
        answer_due_at = ticket.due_at or now + deadlines.ANSWER
        if ticket.due_at is None:
            ticket.due_at = answer_due_at
            ticket.save(update_fields=["due_at"])
        opened = Negotiation.objects.create(
            ticket=ticket,
            round=number,
            type=offered_type,
            amount=offered_amount,
            message=message,
            at=now,
            user=user,
            answer_due_at=answer_due_at,
        )
        for file in files:
            file.negotiation = opened
            file.save(update_fields=["negotiation"])
        platform_steps.tell(
            order=order,
            ticket=ticket,
            kind=StepKind.NEGOTIATE,
            negotiation=opened,
            from_status=from_status,
            user=user,
            now=now,
        )
        return opened


@second_person.carries_out(ApprovalKind.NEGOTIATE)
def _negotiate_confirmed(request: ApprovalRequest, now: datetime) -> None:
    negotiate(
        ticket_id=request.ticket_id,
        user=request.requested_by,
        now=now,
        confirmed=request,
        **request.arguments,
    )


def require_rejectable(
    ticket: Ticket,
    reason: str,
    *,
    has_evidence: bool,
    now: datetime,
    own: RejectReason | None = None,
) -> RejectReason:
    """The reason, if the ticket may be rejected for it; raises what speaks against it."""
    if ticket.status not in REJECTABLE:
        raise _wrong_step(ticket, TicketStatus.REJECTED)
    waiting_approvals.require_none(ticket)
    known = own or _fitting_reason(ticket, reason)
    if known.negotiate_first and not negotiation.in_vain(ticket, now=now):
        raise Refused(
            _("Negotiate first: “%s” is for when the buyer did not accept an offer.") % known.label,
            pointer="reason",
        )
    if known.needs_evidence and not has_evidence:
        raise Refused(_("“%s” needs pictures that show it.") % known.label, pointer="evidence")
    return known


def require_negotiable(ticket: Ticket, *, now: datetime) -> Negotiation | None:
    """Raises what speaks against one more round; returns the open one whose time has run out."""
    if ticket.status not in NEGOTIABLE:
        raise _wrong_step(ticket, TicketStatus.NEGOTIATING)
    waiting_approvals.require_none(ticket)
    return _make_way(ticket, now=now)


def may_negotiate(ticket: Ticket, *, now: datetime) -> bool:
    """True if the ticket allows one more round, and its platform takes one."""
    if ticket.order is None or ticket.status not in NEGOTIABLE or not takes_offers(ticket):
        return False
    if waiting_approvals.is_waiting(ticket):
        return False
    earlier = negotiation.of_request(ticket)
    over = all(negotiation.is_over(round, ticket, now=now) for round in earlier)
    return over and len(earlier) < negotiation.MOST_ROUNDS


def takes_offers(ticket: Ticket) -> bool:
    """True if the shop's platform passes anything on to the buyer."""
    return bool(registry.can(ticket.shop) & {Can.OFFER_TYPE, Can.OFFER_AMOUNT, Can.OFFER_MESSAGE})


def require_text(text: str, *, pointer: str) -> str:
    """Checks a text to the buyer: visible (SPEC O9), not too long, no placeholder left in it."""
    text = text.replace("\r\n", "\n").strip()
    if not is_visible(text):
        raise Refused(_("Write what the buyer is told."), pointer=pointer)
    if len(text) > LONGEST:
        raise Refused(_("At most %d characters.") % LONGEST, pointer=pointer)
    if found := left_in(text):
        raise Refused(
            _("The buyer would read %s: put the words there that it stands for.") % found,
            pointer=pointer,
        )
    return text


def types_on_offer(ticket: Ticket) -> list[TicketType]:
    """Types that a negotiation may offer; before shipping there is nothing to return."""
    if stage_of(ticket) == Stage.BEFORE_SHIPPING:
        return [TicketType.REFUND_ONLY]
    return list(TicketType) if Can.OFFER_TYPE in registry.can(ticket.shop) else []


def _fitting_reason(ticket: Ticket, code: str) -> RejectReason:
    for known in fitting(ticket):
        if known.code == code:
            return known
    raise Refused(
        _("Choose a reason that fits the ticket's type and how far its order has come."),
        pointer="reason",
    )


def _make_way(ticket: Ticket, *, now: datetime) -> Negotiation | None:
    """Raises what speaks against one more round; returns the open one whose time has run out."""
    earlier = negotiation.of_request(ticket)
    still_open = [round for round in earlier if round.ended_at is None]
    if any(not negotiation.is_over(round, ticket, now=now) for round in still_open):
        raise Refused(_("The buyer has yet to answer the round before."))
    if len(earlier) >= negotiation.MOST_ROUNDS:
        raise Refused(
            _("A request can be negotiated %d times; approve or reject it now.")
            % negotiation.MOST_ROUNDS
        )
    return still_open[0] if still_open else None


def _check_offer(
    order: Order, ticket: Ticket, type: str, amount: int | None, *, above_line: bool
) -> str:
    """The note on an offer above the line's money; raises what speaks against the offer."""
    if type and type not in types_on_offer(ticket):
        raise Refused(_("This can't be offered for the order as it is."), pointer="type")
    if amount is not None and not 0 < amount <= ticket.amount:
        raise Refused(
            _("The amount must be above 0 and at most what was asked for: %s.")
            % format_yuan(ticket.amount),
            pointer="amount",
        )
    exchange = (type or ticket.type) == TicketType.EXCHANGE
    if exchange and amount is not None:
        raise Refused(_("An exchange ends with new goods, not with a refund."), pointer="amount")
    if exchange or not (type or amount):
        return ""
    if TicketFlag.NO_WINDOW in ticket.flags:
        raise Refused(_("No after-sale window was open for this completed order."))
    available = order.refundable_amount + ticket.committed
    wanted = negotiation.offered_money(ticket, type, amount)
    if not 0 < wanted <= available or order.over_refunded:
        raise Refused(
            _("%(amount)s can't be offered: %(available)s of the order is left.")
            % {
                "amount": format_yuan(wanted),
                "available": format_yuan(max(0, available)),
            },
            pointer="amount",
        )
    return refundable.line_note(order, ticket, wanted, above_line=above_line)


def _go_on(ticket: Ticket, *, user: User, now: datetime, note: str) -> None:
    """Begins one more round while the ticket stays `negotiating`; SPEC O4's table has no such step.

    `status_at` starts again, as after a step: earlier reports of the platform are outdated.
    """
    ticket.status_at = now
    ticket.due_at = deadlines.due_at(
        platform=ticket.shop.platform, type=ticket.type, status=ticket.status, since=now
    )
    ticket.save(update_fields=["status_at", "due_at"])
    TicketEvent.objects.create(
        ticket=ticket,
        at=now,
        kind=TicketEventKind.NOTE,
        actor=Actor.PERSON,
        user=user,
        note=note,
    )


def _wrong_step(ticket: Ticket, to_status: TicketStatus) -> WrongStep:
    return WrongStep(ticket.ticket_no, TicketStatus(ticket.status), to_status)
