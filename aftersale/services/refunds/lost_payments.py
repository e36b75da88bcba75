"""Payments that a restored backup does not know (SPEC G6).

A ticket of a shop that is paid by hand, open when the backup was made or arrived since, may have
been paid in between, and nobody can be asked. It carries a flag, and no money goes out for it until
the payer's own results, or a person, say whether it was paid.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    Actor,
    ApprovalKind,
    ApprovalRequest,
    Refund,
    RefundStatus,
    Ticket,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
)
from aftersale.services.refunds import attempts, refund_results, second_person, settlement
from aftersale.services.refunds.payment_claim import PaymentClaim
from aftersale.services.shared import hold
from aftersale.services.shared.errors import OtherPayment, Refused
from aftersale.services.shared.shown import format_time
from aftersale.services.tickets import lifecycle, waiting_approvals
from aftersale.services.tickets.cases import Case, lock_case
from aftersale.signals import tickets_waiting

OVER = (TicketStatus.REFUNDED, TicketStatus.CANCELLED, TicketStatus.CLOSED)


def in_doubt(ticket: Ticket) -> bool:
    return TicketFlag.MAY_BE_PAID in ticket.flags and ticket.status not in OVER


def require_known(ticket: Ticket) -> None:
    """Raises Refused while the shop is on hold, or the ticket may have been paid already."""
    hold.require_none(ticket.shop)
    if in_doubt(ticket):
        raise Refused(doubt(ticket))


def doubt(ticket: Ticket) -> str:
    """Says when a ticket in doubt may have been paid, and what to do."""
    return _(
        "Ticket %(ticket)s may have been paid already, between %(since)s and %(until)s:"
        " a backup was restored. Look it up where it was paid, and say so first."
    ) % {"ticket": ticket.ticket_no, **between(ticket)}


def was_paid(
    *,
    ticket_id: int,
    amount: int,
    user: User,
    now: datetime,
    reference: str = "",
    seen: str | None = None,
    number: str = "",
    confirmed: ApprovalRequest | None = None,
) -> Ticket:
    """The ticket was paid in the time that is not known here: it counts as refunded.

    `number` is the refund's public number of then. Amount in fen. It counts as approving, as any
    refund of a hand-paid shop that is recorded as paid (SPEC G4).
    """
    with transaction.atomic():
        case = _locked(ticket_id, user, now, seen)
        ticket = case.ticket
        if not 0 < amount <= ticket.amount:
            raise OtherPayment(
                _("Ticket %(ticket)s asks for %(asked)s, and the result is of %(said)s.")
                % {
                    "ticket": ticket.ticket_no,
                    "asked": format_yuan(ticket.amount),
                    "said": format_yuan(amount),
                },
                pointer="amount",
            )
        reference = refund_results.checked_reference(reference)
        if second_person.waits(
            case,
            ApprovalKind.WAS_PAID,
            amount,
            confirmed,
            {"amount": amount, "reference": reference, "number": number},
        ):
            return ticket
        at = ticket.shop.lost_until or now
        note = _("Paid %(amount)s between %(since)s and %(until)s, before the backup was restored.")
        settlement.event(
            ticket,
            kind=TicketEventKind.NOTE,
            actor=Actor.PERSON,
            user=user,
            now=now,
            note=note % {"amount": format_yuan(amount), **between(ticket)},
        )
        refund_results.take_over_result(
            case, succeeded=True, at=at, reason=reference, amount=amount
        )
        made = Refund.objects.filter(ticket=ticket)
        if reference:
            made.update(reference=reference)
        if case.refund is None and number and not Refund.objects.filter(public_number=number):
            made.update(public_number=number)
        return ticket


@second_person.carries_out(ApprovalKind.WAS_PAID)
def _was_paid_confirmed(request: ApprovalRequest, now: datetime) -> None:
    was_paid(
        ticket_id=request.ticket_id,
        user=request.requested_by,
        now=now,
        confirmed=request,
        **request.arguments,
    )


def was_not_paid(*, ticket_id: int, user: User, now: datetime, seen: str | None = None) -> Ticket:
    """A person has looked it up: the ticket goes on as it stands, automation included."""
    with transaction.atomic():
        ticket = _locked(ticket_id, user, now, seen).ticket
        lifecycle.drop_flag(ticket, TicketFlag.MAY_BE_PAID)
        ticket.awaiting_evaluation = lifecycle.may_wait(ticket)
        ticket.save(update_fields=["flags", "awaiting_evaluation"])
        note = _("Looked up: not paid between %(since)s and %(until)s.") % between(ticket)
        settlement.event(
            ticket, kind=TicketEventKind.NOTE, actor=Actor.PERSON, user=user, now=now, note=note
        )
        if ticket.awaiting_evaluation:
            tickets_waiting.send(Ticket, shop_ids={ticket.shop_id})
        return ticket


def ticket_of(*, shop_id: int, refund: Refund | None, claim: PaymentClaim) -> Ticket | None:
    """The ticket in doubt whose lost payment a payer's result tells of: its refund, or the attempt
    that it names, is not known here. None: the result is about what is known.
    """
    if claim.ticket_no is None or claim.attempt is None or claim.amount is None:
        return None
    ticket = Ticket.objects.filter(shop=shop_id, ticket_no=claim.ticket_no).first()
    if ticket is None or not in_doubt(ticket):
        return None
    if refund is None:
        return ticket
    known = attempts.number_of(refund)
    if refund.ticket_id != ticket.pk or claim.attempt < known:
        return None
    waits = refund.status == RefundStatus.REQUESTED
    return None if waits and claim.attempt == known else ticket


def attempt_failed(
    *, ticket_id: int, claim: PaymentClaim, reason: str, user: User, now: datetime
) -> None:
    """Another attempt may have followed: what failed then leaves the ticket in doubt."""
    with transaction.atomic():
        ticket = _locked(ticket_id, user, now, None).ticket
        note = _("Attempt %(number)d failed before the backup was restored: %(reason)s") % {
            "number": claim.attempt,
            "reason": reason,
        }
        settlement.event(
            ticket, kind=TicketEventKind.NOTE, actor=Actor.PERSON, user=user, now=now, note=note
        )


def _locked(ticket_id: int, user: User, now: datetime, seen: str | None) -> Case:
    case = lock_case(ticket_id=ticket_id, user=user, now=now, seen=seen)
    if not in_doubt(case.ticket):
        raise Refused(
            _("It is known whether ticket %s was paid: nothing is in doubt.")
            % case.ticket.ticket_no
        )
    waiting_approvals.require_none(case.ticket)
    return case


def between(ticket: Ticket) -> dict[str, str]:
    """The beginning and end of the time that is not known here, on the shop's clock."""
    shop = ticket.shop
    return {
        "since": format_time(shop.lost_since, shop),
        "until": format_time(shop.lost_until, shop),
    }
