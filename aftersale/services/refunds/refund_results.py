"""Results of refunds from outside our calls: reported by a person or the platform (SPEC O4, O7).
Amounts in fen."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftersale.domain.identifiers import clean_identifier, is_visible
from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    Actor,
    ApprovalKind,
    ApprovalRequest,
    AttemptState,
    Order,
    Refund,
    RefundSource,
    RefundStatus,
    Ticket,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
)
from aftersale.services.orders import own_refunds, refundable
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.refunds import attempts, second_person, settlement
from aftersale.services.refunds.payment_claim import ANY_PAYMENT, PaymentClaim
from aftersale.services.shared.errors import Refused, WrongStep
from aftersale.services.tickets import lifecycle, negotiation, waiting_approvals
from aftersale.services.tickets.cases import Case, RefundCase, lock_refund_case
from aftersale.services.windows import charges

LONGEST_REFERENCE = 64


def record_result(
    *,
    refund_id: int,
    succeeded: bool,
    reason: str,
    user: User,
    now: datetime,
    seen: str | None = None,
    reference: str = "",
    claim: PaymentClaim = ANY_PAYMENT,
    confirmed: ApprovalRequest | None = None,
) -> Ticket:
    """Records the result of a refund that is paid by hand, or that nobody can be asked about.

    A failed one needs a `reason`; `reference` is the number of a payment that was made. Raises
    OtherPayment where the result is about another payment than the refund's (SPEC G5). That one
    paid by hand was paid counts as approving it (SPEC G4).
    """
    with transaction.atomic():
        case = lock_refund_case(refund_id=refund_id, user=user, now=now, seen=seen)
        ticket, refund = case.ticket, case.refund
        claim.require(ticket, refund)
        by_hand = refund.status == RefundStatus.REQUESTED and refund.next_step_at is None
        unresolved = refund.status == RefundStatus.UNKNOWN and refund.needs_people
        if not (by_hand or unresolved):
            raise WrongStep(
                ticket.ticket_no,
                RefundStatus(refund.status),
                RefundStatus.SUCCEEDED if succeeded else RefundStatus.FAILED,
                _("The refund of ticket %(ticket)s is not for people to settle: %(status)s.")
                % {"ticket": ticket.ticket_no, "status": refund.get_status_display()},
            )
        waiting_approvals.require_none(ticket)
        alive = attempts.alive(refund)
        if not succeeded and alive and settlement.is_call_under_way(alive, now=now):
            raise Refused(
                _(
                    "The payment of ticket %s may still be on its way. Record that it failed in"
                    " a few minutes."
                )
                % ticket.ticket_no
            )
        if not succeeded and not is_visible(reason):
            raise Refused(_("Say why the refund failed."), pointer="reason")
        reference = checked_reference(reference)
        if (
            succeeded
            and by_hand
            and second_person.waits(
                case,
                ApprovalKind.PAID,
                refund.amount,
                confirmed,
                {"reason": reason, "reference": reference, "attempt": attempts.number_of(refund)},
            )
        ):
            return ticket
        if succeeded and reference:
            refund.reference = reference
            refund.save(update_fields=["reference"])
            reason = reason or _("Payment reference: %s") % reference
        _record(case, succeeded=succeeded, at=now, reason=reason)
        return ticket


@second_person.carries_out(ApprovalKind.PAID)
def _record_confirmed(request: ApprovalRequest, now: datetime) -> None:
    """Of the very payment that was recorded (SPEC G5)."""
    arguments = dict(request.arguments)
    record_result(
        refund_id=Refund.objects.values_list("pk", flat=True).get(ticket=request.ticket_id),
        succeeded=True,
        user=request.requested_by,
        now=now,
        claim=PaymentClaim(attempt=arguments.pop("attempt"), amount=request.amount),
        confirmed=request,
        **arguments,
    )


def checked_reference(text: str) -> str:
    """The payment's number as SPEC O9 reads it; raises Refused where it is too long."""
    reference = clean_identifier(text)
    if len(reference) > LONGEST_REFERENCE:
        raise Refused(
            _("The payment reference has more than %d characters.") % LONGEST_REFERENCE,
            pointer="reference",
        )
    return reference


def take_over_result(
    case: Case, *, succeeded: bool, at: datetime, reason: str, amount: int | None = None
) -> None:
    """The platform reports that it refunded the ticket, or that its refund failed (SPEC O4, O7).

    A success is written down as fact. A failure is believed only while no attempt of ours is
    under way: the report may be about an earlier one, and to believe it would let a second
    payment go out; the attempt is asked about instead.
    `amount` is what the platform paid, where it says so.
    """
    order, ticket, refund, now = case.order, case.ticket, case.refund, case.now
    alive = refund and attempts.alive(refund)
    if succeeded:
        if refund is not None and refund.status == RefundStatus.SUCCEEDED:
            return
        if ticket.committed and not own_refunds.counted(refund, ticket):
            refundable.claim_from_outside(order, ticket)
        if refund is None and ticket.amount > 0:
            refund = _platforms_refund(order, ticket, amount, at=at)
        elif refund is not None and refund.status == RefundStatus.TAKEN_BACK:
            refund.amount = amount or ticket.amount
            refund.source = _platforms_source(ticket)
        elif refund is not None and amount and amount != refund.amount:
            _paid_otherwise(ticket, refund, amount, now=now)
        if refund is None:
            _as_fact(ticket, TicketStatus.REFUNDED, reason=reason, now=now)
            return
    elif refund is not None and refund.status == RefundStatus.SUCCEEDED:
        note = _("The platform reports a failed refund, but this one was paid: %s")
        settlement.event(ticket, now=now, actor=Actor.PLATFORM, note=note % reason)
        return
    elif refund is None or refund.status in attempts.OVER:
        refundable.free(order, ticket, keep=attempts.paid_late(refund) if refund else 0)
        _as_fact(ticket, TicketStatus.REFUND_FAILED, reason=reason, now=now)
        return
    elif alive:
        if alive.leased_until is None and refund.next_step_at is not None:
            refund.next_step_at = now
            refund.save(update_fields=["next_step_at"])
            wake_payer()
        note = _("The platform reports a failed refund while one is under way: %s")
        settlement.event(ticket, now=now, actor=Actor.PLATFORM, note=note % reason)
        return
    _record(RefundCase(order, ticket, refund, now), succeeded=succeeded, at=at, reason=reason)


def _paid_otherwise(ticket: Ticket, refund: Refund, amount: int, *, now: datetime) -> None:
    """The platform refunded another amount than ours: none of our attempts did that."""
    note = _("The platform refunded %(paid)s by itself, not the %(ours)s decided here.")
    note = note % {"paid": format_yuan(amount), "ours": format_yuan(refund.amount)}
    alive = attempts.alive(refund)
    if alive:
        alive.state, alive.settled_at, alive.leased_until = AttemptState.FAILED, now, None
        alive.reason = note
        alive.save()
        charges.credit_back(ticket=ticket, attempt=alive, now=now)
    refund.amount, refund.source = amount, RefundSource.PLATFORM
    lifecycle.add_flag(ticket, TicketFlag.DIFFERS)
    ticket.save(update_fields=["flags"])
    settlement.event(ticket, now=now, actor=Actor.PLATFORM, kind=TicketEventKind.FLAG, note=note)


def _platforms_refund(order: Order, ticket: Ticket, amount: int | None, *, at: datetime) -> Refund:
    return Refund.objects.create(
        shop_id=ticket.shop_id,
        order=order,
        ticket=ticket,
        amount=amount or ticket.committed or negotiation.agreed_amount(ticket),
        source=_platforms_source(ticket),
        requested_at=at,
    )


def _platforms_source(ticket: Ticket) -> RefundSource:
    """Its fast refund shows as such, though nothing was sent from here (SPEC F2)."""
    if TicketFlag.PLATFORM_PAYS in ticket.flags:
        return RefundSource.FAST_REFUND
    return RefundSource.PLATFORM


def _as_fact(ticket: Ticket, status: TicketStatus, *, reason: str, now: datetime) -> None:
    if ticket.status != status:
        lifecycle.move(ticket, status, actor=Actor.PLATFORM, now=now, note=reason, as_fact=True)


def _record(case: RefundCase, *, succeeded: bool, at: datetime, reason: str) -> None:
    """Records a result from outside our calls as the attempt that it is about."""
    attempt = attempts.alive(case.refund) or attempts.new(case)
    attempt.reason = reason[:500]
    if succeeded:
        settlement.paid(case, attempt, at=at, note=reason)
    else:
        settlement.attempt_failed(case, attempt, reason=reason, permanent=True)
