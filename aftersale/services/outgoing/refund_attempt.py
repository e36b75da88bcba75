"""One step of a refund: lease it, and settle what came of it (ARCHITECTURE idea 3).

Both are transactions of their own, durable, so that a lease is on disk before the platform hears
of it. Between the two nothing is locked. A lease's token is `RefundAttempt.leased_until`.

"Never seen" is no fence: a call whose sender stands still, or that is late on its way, arrives
after it. So `RefundAttempt.call_until` says how long a call that nobody has answered may still
arrive; until then its attempt does not end, and its money stays held (SPEC promise 1).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from aftersale.domain.multilingual import said as _
from aftersale.models import (
    AttemptState,
    ConnectorKind,
    Order,
    Refund,
    RefundAttempt,
    RefundStatus,
    ReturnFreight,
    Ticket,
    TicketStatus,
    TicketType,
)
from aftersale.platforms import payment_registry
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.payments import (
    ARRIVES_WITHIN,
    Connector,
    Failed,
    NeverSeen,
    NotSent,
    Paid,
    PayRequest,
    Pending,
)
from aftersale.platforms.protocol import FreightAnswer
from aftersale.services.desk import evidence
from aftersale.services.outbox import platform_steps
from aftersale.services.outbox.platform_steps import is_platform_connected
from aftersale.services.refunds import attempts, payment_stop, settlement
from aftersale.services.refunds.holds import is_held_by_pause
from aftersale.services.shared import locks
from aftersale.services.shared.due_work import OrderBusy
from aftersale.services.tickets import negotiation
from aftersale.services.tickets.cases import RefundCase
from aftersale.services.windows import charges

log = structlog.get_logger(__name__)

# Long enough for a question, a call and both transactions; short enough that a process's death goes
# unnoticed by people.
LEASE = timedelta(seconds=60)

# How long a refund waits for a step of its ticket, should nobody wake it.
BEHIND_A_STEP = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The call timed out or broke: whether it paid is unknown."""

    why: str


Answer = Paid | Failed | NeverSeen | Pending | NotSent | NoAnswer


@dataclass(frozen=True, slots=True)
class AttemptLease:
    """The right to make one call for an attempt until `until`, which is its token too."""

    order_pk: int
    ticket_pk: int
    refund_pk: int
    attempt_pk: int
    until: datetime
    connector: Connector
    # Ask about the key instead of paying under it.
    ask: bool
    request: PayRequest
    # Until then earlier unanswered calls under the key may still arrive.
    earlier_until: datetime | None


def lease(*, refund_pk: int, now: datetime) -> AttemptLease | None:
    """Takes the refund's next step, or None where there is none to take now.

    Raises OrderBusy rather than wait for a lock.
    """
    with transaction.atomic(durable=True):
        found = Refund.objects.only("order_id", "ticket_id").get(pk=refund_pk)
        order = locks.try_lock_order(found.order_id)
        if order is None:
            raise OrderBusy
        case = _lock_rest(order, found.ticket_id, now)
        refund = case.refund
        if refund.next_step_at is None or refund.next_step_at > now:
            return None
        attempt = attempts.alive(refund)
        return _first_send(case) if attempt is None else _question(case, attempt)


def _lock_rest(order: Order, ticket_pk: int, now: datetime) -> RefundCase:
    ticket = locks.lock_ticket(ticket_pk)
    refund = locks.lock_refund(ticket.pk)
    assert refund is not None
    return RefundCase(order, ticket, refund, now)


def _first_send(case: RefundCase) -> AttemptLease | None:
    order, ticket, refund = case.order, case.ticket, case.refund
    shop = ticket.shop  # read now, under the locks
    if payment_stop.stopped() or shop.on_hold or is_held_by_pause(refund):
        return None  # it stays due, and goes out when stop, hold or pause ends
    if is_platform_connected(shop) and platform_steps.held_by(ticket.pk).exists():
        # The platform has yet to hear of an earlier step, whose end wakes this one.
        refund.next_step_at = case.now + BEHIND_A_STEP
        refund.save(update_fields=["next_step_at"])
        return None
    connector = payment_registry.connector_for(shop.connector)
    if connector is None:
        settlement.park(case, reason=_not_sent(shop.connector))
        return None
    if ticket.status != TicketStatus.REFUNDING:
        reason = _("The ticket is no longer being refunded (%s): nothing was sent.")
        settlement.drop(case, reason=reason % TicketStatus(ticket.status).label)
        return None
    if order.over_refunded:
        settlement.failed_for_good(case, reason=_over_refunded())
        return None
    attempt = attempts.new(case)
    if ticket.window_id is not None and not charges.debit(
        ticket=ticket, attempt=attempt, now=case.now
    ):
        settlement.failed_for_good(case, reason=charges.not_covered(attempt))
        return None
    return _send(case, attempt, connector)


def _send(case: RefundCase, attempt: RefundAttempt, connector: Connector) -> AttemptLease:
    earlier_until = attempt.call_until
    mark_sent(case.refund, attempt, now=case.now)
    attempt.save()
    case.refund.save(update_fields=SENT)
    return lease_of(case, attempt, connector, ask=False, earlier_until=earlier_until)


# The columns of a refund that a lease changes.
SENT = ["status", "ever_sent", "next_step_at"]


def mark_sent(refund: Refund, attempt: RefundAttempt, *, now: datetime) -> None:
    """Gives the attempt to a caller from now on; whoever calls this saves both."""
    attempt.state = AttemptState.LEASED
    attempt.leased_until = now + LEASE
    attempt.call_until = max(
        attempt.leased_until + ARRIVES_WITHIN, attempt.call_until or attempt.leased_until
    )
    refund.status = RefundStatus.SENDING
    refund.ever_sent = True
    refund.next_step_at = attempt.leased_until  # an expired lease is due by itself


def _question(case: RefundCase, attempt: RefundAttempt) -> AttemptLease | None:
    """The attempt's lease ran out or its outcome is unknown: ask before anything else."""
    refund = case.refund
    connector = payment_registry.connector_for(attempt.connector)
    if connector is None or not connector.can_be_asked:
        why = _("the platform can't be asked")
        settlement.unknown(case, attempt, can_be_asked=False, why=why)
        return None
    if attempt.state == AttemptState.LEASED:
        note = _("Attempt %(number)s: its sender stopped without an answer; the platform is asked.")
        settlement.event(case.ticket, now=case.now, note=note % {"number": attempt.number})
    if attempt.state != AttemptState.ACCEPTED:
        attempt.state = AttemptState.UNKNOWN
        refund.status = RefundStatus.UNKNOWN
    attempt.leased_until = case.now + LEASE
    attempt.questions += 1
    attempt.save()
    refund.next_step_at = attempt.leased_until
    refund.save()
    return lease_of(case, attempt, connector, ask=True, earlier_until=attempt.call_until)


def lease_of(
    case: RefundCase,
    attempt: RefundAttempt,
    connector: Connector,
    *,
    ask: bool,
    earlier_until: datetime | None,
    plain: bool = False,
) -> AttemptLease:
    """The right to the call. `plain`: the ticket has neither negotiations nor return freight."""
    assert attempt.leased_until is not None
    deadline = Deadline(
        at=attempt.leased_until,
        seconds=LEASE.total_seconds(),
        is_still_leased=_is_still_leased(attempt.pk, attempt.leased_until),
    )
    order, ticket, refund = case.order, case.ticket, case.refund
    rounds = [] if plain else negotiation.of_request(ticket)
    return AttemptLease(
        order_pk=order.pk,
        ticket_pk=ticket.pk,
        refund_pk=refund.pk,
        attempt_pk=attempt.pk,
        until=attempt.leased_until,
        connector=connector,
        ask=ask,
        request=PayRequest(
            shop_id=refund.shop_id,
            shop_code=ticket.shop.code,
            ticket_no=ticket.ticket_no,
            order_no=order.order_no,
            amount=attempt.amount,
            reason=refund.reason,
            key=attempt.key,
            fingerprint=attempt.fingerprint,
            type=negotiation.platforms_type(ticket, rounds),
            asked=negotiation.agreed_amount(ticket, rounds),
            version=refund.version or ticket.updated_at,
            goods_back=ticket.type == TicketType.RETURN_REFUND,
            freight=None if ask or plain else _freight(ticket),
            deadline=None if ask else deadline,
        ),
        earlier_until=earlier_until,
    )


def _freight(ticket: Ticket) -> FreightAnswer | None:
    """The answer to the return freight that goes out with the receipt (SPEC P3)."""
    answer = ReturnFreight.objects.filter(ticket=ticket).first()
    if answer is None:
        return None
    pictures = evidence.to_send(answer.evidence_files.all())
    return FreightAnswer(answer.amount, answer.pays, answer.text, pictures)


def _is_still_leased(attempt_pk: int, until: datetime) -> Callable[[], bool]:
    return RefundAttempt.objects.filter(pk=attempt_pk, leased_until=until).exists


def give_back(*, lease: AttemptLease, now: datetime) -> None:
    """The call was not made, and nothing was asked: the refund is due again as if never leased."""
    assert not lease.ask and lease.earlier_until is None
    with transaction.atomic(durable=True):
        held = _lock_rest(locks.lock_order(lease.order_pk), lease.ticket_pk, now)
        attempt = RefundAttempt.objects.get(pk=lease.attempt_pk)
        if attempt.state == AttemptState.LEASED and attempt.leased_until == lease.until:
            settlement.give_back(held, attempt)


def settle(*, lease: AttemptLease, answer: Answer, now: datetime) -> AttemptLease | None:
    """Records the answer; returns a new lease where the same key is to be sent again.

    "Paid" counts whoever brings it and whenever. Any other answer counts only under the lease's own
    token: a "failed" that comes after somebody else leased the key says nothing of the second call.
    """
    with transaction.atomic(durable=True):
        held = _lock_rest(locks.lock_order(lease.order_pk), lease.ticket_pk, now)
        attempt = RefundAttempt.objects.get(pk=lease.attempt_pk)
        if isinstance(answer, Paid):
            settlement.paid(held, attempt, at=now)
            return None
        if attempt.state not in attempts.ALIVE or attempt.leased_until != lease.until:
            log.warning("answer_after_lease", attempt=attempt.key, answer=type(answer).__name__)
            return None
        if not lease.ask and not isinstance(answer, NoAnswer):
            attempt.call_until = lease.earlier_until  # this call is over
        match answer:
            case Failed(reason, permanent, late_call_may_pay):
                if late_call_may_pay and settlement.is_call_under_way(attempt, now=now):
                    settlement.hold(held, attempt, why=reason)
                    return None
                settlement.attempt_failed(held, attempt, reason=reason, permanent=permanent)
                return None
            case NotSent():
                settlement.not_sent(held, attempt, answer, asked=lease.ask)
                return None
            case NeverSeen() if not settlement.may_lag(attempt):
                return _send_again(held, attempt, lease)
            case NoAnswer(why):
                pass
            case Pending() | NeverSeen():
                why = _("the platform has not finished with it")
                if not lease.ask:
                    attempt.state = AttemptState.ACCEPTED
        settlement.unknown(held, attempt, can_be_asked=lease.connector.can_be_asked, why=why)
        return None


def _send_again(
    held: RefundCase, attempt: RefundAttempt, lease: AttemptLease
) -> AttemptLease | None:
    """The platform never saw the key: the same key goes out again, unless it must not."""
    if payment_stop.stopped() or held.ticket.shop.on_hold:
        why = _("all payments are stopped")
        settlement.unknown(held, attempt, can_be_asked=True, why=why)
        return None
    over = held.order.over_refunded
    wanted = held.ticket.status == TicketStatus.REFUNDING and not attempts.paid_late(held.refund)
    if over or not wanted:
        reason = _over_refunded() if over else _("It never reached the platform.")
        if settlement.is_call_under_way(attempt, now=held.now):
            why = _("the platform has not seen it, but it may still be on its way")
            settlement.hold(held, attempt, why=why)
            return None
        settlement.attempt_failed(held, attempt, reason=reason, permanent=True)
        return None
    return _send(held, attempt, lease.connector)


def _not_sent(kind: str) -> str:
    if kind == ConnectorKind.SANDBOX:
        return _("The sandbox pays nothing in production: nothing was sent.")
    return _("This shop's refunds are paid by hand: nothing was sent.")


def _over_refunded() -> str:
    return _("More was refunded of the order than was paid: nothing was sent.")
