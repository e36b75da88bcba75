"""Settles a refund once an attempt's outcome is known, or known to be unknown.

Every function needs the case locked, and writes all of it: attempt, refund, the order's money, the
ticket's status and its events (SPEC O2, O4, E6).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from aftersale.domain.money import format_yuan
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    Actor,
    AttemptState,
    Refund,
    RefundAttempt,
    RefundStatus,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
)
from aftersale.platforms.payments import NotSent
from aftersale.services.orders import refundable
from aftersale.services.outbox.wake_webhooks import wake_teller
from aftersale.services.refunds import attempts
from aftersale.services.shared import same_values
from aftersale.services.tickets import lifecycle
from aftersale.services.tickets.cases import RefundCase
from aftersale.services.windows import charges, commission
from aftersale.signals import to_be_told

# Pauses before the next attempt after a temporary failure; one attempt more than pauses.
ATTEMPT_PAUSES = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60)]
# Pauses between questions about an unknown outcome; the last one repeats.
QUESTION_PAUSES = [
    timedelta(seconds=10),
    timedelta(seconds=30),
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)),
]
# Questions without an answer until people are told; asking goes on.
QUESTIONS_BEFORE_PEOPLE = 4
# A refund that the platform accepted may take it hours.
ACCEPTED_QUESTIONS_BEFORE_PEOPLE = 12
# For this many questions a platform may not show yet what it has accepted.
LAGGING_QUESTIONS = 4


def paid(case: RefundCase, attempt: RefundAttempt, *, at: datetime, note: str = "") -> None:
    """The platform paid under the attempt's key. A late "paid" always wins, from any source.

    Where another attempt of the refund is alive or paid, this one is kept as `paid_late`: the
    buyer may have been paid twice, and people are told.
    """
    if attempt.state in (AttemptState.SUCCEEDED, AttemptState.PAID_LATE):
        return
    ticket, refund, now = case.ticket, case.refund, case.now
    rivals = refund.attempts.filter(state__in=attempts.ALIVE_OR_PAID)
    late = attempt.state == AttemptState.FAILED
    attempt.settled_at = at
    attempt.leased_until = None
    if late and rivals.exclude(pk=attempt.pk).exists():
        attempt.state = AttemptState.PAID_LATE
        attempt.save()
        lifecycle.add_flag(ticket, TicketFlag.PAID_TWICE)
        ticket.save(update_fields=["flags"])
        event(
            ticket,
            kind=TicketEventKind.FLAG,
            now=now,
            note=_(
                "Attempt %(number)s was paid after all (%(amount)s), while another attempt "
                "is under way or paid: the buyer may have been paid twice."
            )
            % {"number": attempt.number, "amount": format_yuan(attempt.amount)},
        )
        taken = refund.amount + attempts.paid_late(refund)
        refundable.take_as_fact(case.order, ticket, taken, now=now)
        charges.paid(ticket=ticket, attempt=attempt, late=late, now=now)
        return
    attempt.state = AttemptState.SUCCEEDED
    attempt.save()
    if late:
        note = _("Attempt %(number)s had been taken for failed, but was paid.") % {
            "number": attempt.number
        }
    _refunded(case, attempt, note=note)
    charges.paid(ticket=ticket, attempt=attempt, late=late, now=now)
    _give_commission_back(case, attempt)


def paid_together(paid: Sequence[tuple[RefundCase, RefundAttempt]], *, at: datetime) -> None:
    """The same of several, of which each `is_plain`: a statement a table instead of one a row."""
    for case, attempt in paid:
        attempt.state, attempt.settled_at, attempt.leased_until = AttemptState.SUCCEEDED, at, None
        _succeed(case.refund, attempt)
    same_values.save((attempt for _, attempt in paid), ["state", "settled_at", "leased_until"])
    same_values.save((case.refund for case, _ in paid), _SUCCEEDED)
    tickets = [case.ticket for case, _ in paid]
    lifecycle.move_together(tickets, TicketStatus.REFUNDED, actor=Actor.PLATFORM, now=at)
    wake_teller({ticket.shop_id for ticket in tickets})


def is_plain(case: RefundCase, attempt: RefundAttempt) -> bool:
    """True if all that "paid" changes are attempt, refund and the ticket's status: neither the
    order's money nor a flag, fund or commission. Of a first attempt, leased, of a ticket that never
    was in arbitration; those the caller has seen to.
    """
    order, ticket, refund = case.order, case.ticket, case.refund
    return (
        attempt.amount == refund.amount == ticket.committed
        and order.refunded_reported is None
        and not order.over_refunded
        and ticket.status == TicketStatus.REFUNDING
        and ticket.window_id is None
        and not ticket.flags
    )


# The columns of a refund that a payment changes, but for its amount.
_SUCCEEDED = ["ever_sent", "settled_at", "status", "next_step_at", "needs_people", "failure"]


def _succeed(refund: Refund, attempt: RefundAttempt) -> None:
    refund.amount = attempt.amount
    refund.ever_sent = True
    refund.settled_at = attempt.settled_at
    _close(refund, RefundStatus.SUCCEEDED, failure="")


def _give_commission_back(case: RefundCase, attempt: RefundAttempt) -> None:
    commission.give_back(
        order=case.order, ticket=case.ticket, refund=case.refund, attempt=attempt, now=case.now
    )


def _refunded(case: RefundCase, attempt: RefundAttempt, *, note: str) -> None:
    ticket, refund = case.ticket, case.refund
    _succeed(refund, attempt)
    refund.save()
    taken = refund.amount + attempts.paid_late(refund)
    refundable.take_as_fact(case.order, ticket, taken, now=case.now)
    if lifecycle.drop_flag(ticket, TicketFlag.MAY_BE_PAID):
        ticket.save(update_fields=["flags"])
    if ticket.status != TicketStatus.REFUNDED:
        lifecycle.move(
            ticket,
            TicketStatus.REFUNDED,
            actor=Actor.PLATFORM,
            now=case.now,
            user=case.user,
            note=note,
            as_fact=True,
        )


def attempt_failed(
    case: RefundCase, attempt: RefundAttempt, *, reason: str, permanent: bool
) -> None:
    """The attempt definitely paid nothing: a pause and another one follow, or people."""
    ticket, refund, now = case.ticket, case.refund, case.now
    attempt.state = AttemptState.FAILED
    attempt.settled_at = now
    attempt.leased_until = None
    attempt.reason = reason[:500]
    attempt.save()
    charges.credit_back(ticket=ticket, attempt=attempt, now=now)
    refund.ever_sent = True
    late = refund.attempts.filter(state=AttemptState.PAID_LATE).order_by("number").first()
    if late is not None:
        # The buyer has the money from an earlier attempt: that one is the refund now.
        late.state = AttemptState.SUCCEEDED
        late.save(update_fields=["state"])
        note = _("Attempt %(number)s failed; attempt %(late)s had paid: paid once, not twice.")
        _refunded(case, late, note=note % {"number": attempt.number, "late": late.number})
        # Its fund was debited when it was found to be paid.
        _give_commission_back(case, late)
        return
    tries = refund.attempts.filter(created_at__gte=refund.requested_at).count()
    if permanent or tries > len(ATTEMPT_PAUSES) or ticket.status != TicketStatus.REFUNDING:
        failed_for_good(case, reason=reason)
        return
    refund.status = RefundStatus.REQUESTED
    refund.next_step_at = now + ATTEMPT_PAUSES[tries - 1]
    refund.needs_people = False
    refund.failure = reason[:500]
    refund.save()
    note = _("Attempt %(number)s failed and is tried again: %(reason)s")
    event(ticket, now=now, note=note % {"number": attempt.number, "reason": reason})


def failed_for_good(case: RefundCase, *, reason: str) -> None:
    """No attempt is alive and none follows by itself: the money is free, people go on."""
    ticket, refund, now, user = case.ticket, case.refund, case.now, case.user
    refund.settled_at = now
    _close(refund, RefundStatus.FAILED, failure=reason)
    refund.save()
    refundable.free(case.order, ticket, keep=attempts.paid_late(refund))
    if ticket.status == TicketStatus.REFUNDING:
        lifecycle.move(
            ticket,
            TicketStatus.REFUND_FAILED,
            actor=Actor.PLATFORM,
            now=now,
            user=user,
            note=reason,
        )
    else:
        event(ticket, now=now, user=user, note=_("The refund failed: %s") % reason)
    to_be_told.send(sender=failed_for_good, shop_ids=[refund.shop_id])


def unknown(case: RefundCase, attempt: RefundAttempt, *, can_be_asked: bool, why: str) -> None:
    """Nobody knows whether the platform paid: it is asked again later, or people find out.

    An accepted attempt may stay so for hours without concern.
    """
    ticket, refund, now = case.ticket, case.refund, case.now
    if (
        attempt.state == AttemptState.ACCEPTED
        and attempt.questions < ACCEPTED_QUESTIONS_BEFORE_PEOPLE
    ):
        attempt.leased_until = None
        attempt.save()
        refund.status = RefundStatus.SENDING
        refund.needs_people = False
        refund.failure = ""
        _ask_later(refund, attempt, now=now)
        return
    news = attempt.state != AttemptState.UNKNOWN
    attempt.state = AttemptState.UNKNOWN
    attempt.leased_until = None
    attempt.reason = why[:500]
    attempt.save()
    for_people = not can_be_asked or attempt.questions >= QUESTIONS_BEFORE_PEOPLE
    if news or for_people > refund.needs_people:
        note = (
            _("Attempt %(number)s: outcome unknown (%(why)s); for people to find out.")
            if for_people
            else _("Attempt %(number)s: outcome unknown (%(why)s); the platform is asked.")
        )
        event(ticket, now=now, note=note % {"number": attempt.number, "why": why})
    refund.status = RefundStatus.UNKNOWN
    refund.needs_people = refund.needs_people or for_people
    refund.failure = why[:500]
    if can_be_asked:
        _ask_later(refund, attempt, now=now)
        return
    refund.next_step_at = None
    refund.save()


def is_call_under_way(attempt: RefundAttempt, *, now: datetime) -> bool:
    """Whether a call that nobody has answered may still reach the platform and pay."""
    return attempt.call_until is not None and attempt.call_until > now


def hold(case: RefundCase, attempt: RefundAttempt, *, why: str) -> None:
    """The attempt would have failed, but an unanswered call may still arrive and pay: its money
    stays held, and the platform is asked once no call can arrive any more."""
    assert attempt.call_until is not None
    unknown(case, attempt, can_be_asked=True, why=why)
    case.refund.next_step_at = attempt.call_until
    case.refund.save(update_fields=["next_step_at"])


def may_lag(attempt: RefundAttempt) -> bool:
    """True while a platform that has accepted the attempt may not show it yet."""
    return attempt.state == AttemptState.ACCEPTED and attempt.questions < LAGGING_QUESTIONS


def not_sent(case: RefundCase, attempt: RefundAttempt, answer: NotSent, *, asked: bool) -> None:
    """The call certainly did nothing: the attempt is due again later, as if never leased.

    It stays in doubt while an earlier call may still arrive.
    """
    ticket, refund, now = case.ticket, case.refund, case.now
    news = answer.for_people and not refund.needs_people
    refund.needs_people = answer.for_people
    refund.failure = answer.reason[:500]
    refund.next_step_at = now + timedelta(seconds=answer.after)
    attempt.leased_until = None
    if asked:
        attempt.questions -= 1
        attempt.save()
    elif is_call_under_way(attempt, now=now):
        attempt.state, refund.status = AttemptState.UNKNOWN, RefundStatus.UNKNOWN
        attempt.save()
    elif attempt.fund:
        # Its ledger entries can't be removed, so the attempt stays, as one that paid nothing.
        attempt.state, attempt.settled_at = AttemptState.FAILED, now
        attempt.reason = answer.reason[:500]
        attempt.save()
        charges.credit_back(ticket=ticket, attempt=attempt, now=now)
        refund.status = RefundStatus.REQUESTED
    else:
        _never_leased(refund, attempt)
    refund.save()
    if news:
        note = _("Nothing is sent until people have seen to it: %s")
        event(ticket, now=now, note=note % answer.reason)
        to_be_told.send(sender=not_sent, shop_ids=[refund.shop_id])


def give_back(case: RefundCase, attempt: RefundAttempt) -> None:
    """A leased attempt under which no call was made is due now, as if never leased."""
    case.refund.next_step_at = case.now
    _never_leased(case.refund, attempt)
    case.refund.save()


def _never_leased(refund: Refund, attempt: RefundAttempt) -> None:
    attempt.delete()
    refund.status = RefundStatus.REQUESTED
    refund.ever_sent = refund.attempts.exists()


def _ask_later(refund: Refund, attempt: RefundAttempt, *, now: datetime) -> None:
    pause = QUESTION_PAUSES[min(attempt.questions, len(QUESTION_PAUSES) - 1)]
    refund.next_step_at = now + pause
    refund.save()


def drop(case: RefundCase, *, reason: str) -> None:
    """Ends a refund that is not wanted any more and has no attempt under way; the ticket stays."""
    refund = case.refund
    refund.settled_at = case.now
    status = RefundStatus.FAILED if refund.ever_sent else RefundStatus.TAKEN_BACK
    _close(refund, status, failure=reason)
    refund.save()
    refundable.free(case.order, case.ticket, keep=attempts.paid_late(refund))
    event(case.ticket, now=case.now, note=reason)


def park(case: RefundCase, *, reason: str) -> None:
    """Nothing here can send the refund: it waits for a person to record its result."""
    refund = case.refund
    refund.next_step_at = None
    refund.needs_people = True
    refund.failure = reason[:500]
    refund.save()
    event(case.ticket, now=case.now, note=reason)


def event(
    ticket: Ticket,
    *,
    now: datetime,
    note: str,
    kind: str = TicketEventKind.REFUND,
    actor: str = Actor.AUTOMATION,
    user: User | None = None,
) -> None:
    """Something happened to the ticket's refund that is no step of SPEC O4's table."""
    TicketEvent.objects.create(ticket=ticket, at=now, kind=kind, actor=actor, user=user, note=note)


def _close(refund: Refund, status: str, *, failure: str) -> None:
    refund.status = status
    refund.next_step_at = None
    refund.needs_people = False
    refund.failure = failure[:500]
