"""One step through a platform: lease it, and settle what came of it (docs/adr/0006).

Both are transactions of their own, durable, and nothing is locked while the platform is called.
A lease's token is `PlatformStep.leased_until`; a step is its order's, and so is locked by it.
`PlatformStep.call_until` says how long a call that nobody has answered may still arrive; until then
the step is not given up, since a return that is approved late would take money that was freed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from aftersale.domain.multilingual import joined
from aftersale.domain.multilingual import said as _
from aftersale.models import (
    BESIDE_STEPS,
    OPEN_STATES,
    Actor,
    Order,
    PlatformStep,
    Refund,
    RefundStatus,
    Shop,
    StepKind,
    StepState,
    Ticket,
    TicketEventKind,
    TicketFlag,
    TicketStatus,
)
from aftersale.platforms.deadline import Deadline
from aftersale.platforms.payments import ARRIVES_WITHIN, NotSent
from aftersale.platforms.protocol import Why
from aftersale.records.schemas import TicketRecord
from aftersale.services.ingest import reports
from aftersale.services.orders import refundable
from aftersale.services.outbox import platform_steps
from aftersale.services.outbox.platform_steps import is_platform_connected
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.outgoing.refund_attempt import LEASE, NoAnswer
from aftersale.services.refunds import payment_stop, settlement, unsent_refunds
from aftersale.services.shared import locks
from aftersale.services.shared.due_work import OrderBusy
from aftersale.services.tickets import lifecycle, negotiation
from aftersale.services.tickets.cases import case_of_locked

log = structlog.get_logger(__name__)

S = TicketStatus

# How often a step goes out again because the ticket changed in what the decision did not depend on.
MOST_VERSIONS = 5
# How soon a request that may have been paid is looked at again in a shop without its platform.
NOT_CONNECTED = timedelta(hours=1)
# How often a step beside a ticket's course is sent without an answer.
MOST_WITHOUT_ANSWER = 3

# The ticket's status at the platform after it took a step.
_TAKEN = {
    StepKind.APPROVE_RETURN: {S.AWAITING_RETURN, S.RETURNING, S.REFUNDING, S.REFUNDED},
    StepKind.REJECT: {S.REJECTED},
    StepKind.NEGOTIATE: {S.NEGOTIATING},
}

# Held back by the shop's pause switch: unsent decisions of the automation (SPEC G2).
HELD_BY_PAUSE = Q(state=StepState.DUE, user=None, calls=0, shop__automation_paused_at__isnull=False)
# A ticket's steps go out in the order in which they were decided.
BEHIND = Exists(
    PlatformStep.objects.filter(
        ticket=OuterRef("ticket"), pk__lt=OuterRef("pk"), state__in=OPEN_STATES
    )
)


@dataclass(frozen=True, slots=True)
class Taken:
    """The platform took the step; `record` is its ticket now, if that could be read."""

    record: TicketRecord | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The platform did not take the step; `record` is its ticket now (None: it has none)."""

    why: Why
    reason: str
    record: TicketRecord | None


@dataclass(frozen=True, slots=True)
class Seen:
    """The platform's ticket where nobody knows whether it took the step."""

    record: TicketRecord | None


StepAnswer = Taken | Refusal | Seen | NotSent | NoAnswer


@dataclass(frozen=True, slots=True)
class StepLease:
    """The right to make one call for a step until `until`, which is its token too."""

    step: PlatformStep
    shop: Shop
    order_no: str
    ticket_no: str
    until: datetime
    # Find out its outcome instead of sending it.
    ask: bool
    deadline: Deadline
    # Until then earlier unanswered calls of the step may still arrive.
    earlier_until: datetime | None

    @property
    def call_until(self) -> datetime:
        """Until then the call may arrive that is made under this lease, or an earlier one."""
        return max(self.until + ARRIVES_WITHIN, self.earlier_until or self.until)


def lease(*, step_pk: int, now: datetime) -> StepLease | None:
    """Takes the step, or None where it may not go out now; raises OrderBusy rather than wait."""
    with transaction.atomic(durable=True):
        found = PlatformStep.objects.only("order_id").get(pk=step_pk)
        order = locks.try_lock_order(found.order_id)
        if order is None:
            raise OrderBusy
        step = PlatformStep.objects.filter(pk=step_pk).exclude(BEHIND).first()
        if step is None or step.next_step_at is None or step.next_step_at > now:
            return None
        shop = Shop.objects.get(pk=step.shop_id)
        beside = step.kind in BESIDE_STEPS
        ask = step.state != StepState.DUE and step.ticket_id is not None and not beside
        if not is_platform_connected(shop):
            if step.request is not None and step.call_until is not None:
                # It may have been paid: it holds its money until the shop is connected again.
                step.next_step_at = now + NOT_CONNECTED
                step.save(update_fields=["next_step_at"])
                return None
            close(step, StepState.TAKEN_OVER, _("The shop's platform is told nothing now."), now)
            if step.request is not None:
                refundable.let_go(order, step.request)
            _free_the_next(step, now=now)
            return None
        if not ask and (payment_stop.stopped() or shop.on_hold or _is_held_by_pause(step)):
            return None  # it stays due, and goes out when stop, hold or pause ends
        step.state = StepState.UNKNOWN if ask else StepState.SENDING
        until = step.leased_until = step.next_step_at = now + LEASE
        step.calls += 1
        taken = StepLease(
            step=step,
            shop=shop,
            order_no=order.order_no,
            ticket_no=step.ticket.ticket_no if step.ticket else "",
            until=until,
            ask=ask,
            deadline=Deadline(
                at=until,
                seconds=LEASE.total_seconds(),
                is_still_leased=PlatformStep.objects.filter(pk=step.pk, leased_until=until).exists,
            ),
            earlier_until=step.call_until,
        )
        if not ask and step.request is None:
            # A request looks at its order first, and says itself when it calls.
            step.call_until = taken.call_until
        step.save()
        return taken


def settle(*, lease: StepLease, answer: StepAnswer, now: datetime) -> None:
    """Records the answer; ignored where another process has the lease by now."""
    with transaction.atomic(durable=True):
        order = locks.lock_order(lease.step.order_id)
        ticket = locks.lock_ticket(lease.step.ticket_id) if lease.step.ticket_id else None
        step = answered(lease, answer)
        if step is None:
            return
        match answer:
            case NoAnswer() | Taken() | Refusal() if step.kind in BESIDE_STEPS:
                assert ticket is not None
                _beside(ticket, step, answer, now=now)
            case NotSent():
                not_sent(step, answer, asked=lease.ask, now=now)
            case NoAnswer(why):
                step.state, step.reason = StepState.UNKNOWN, why[:500]
                later(step, now=now)
            case Taken(record):
                _taken(order, ticket, step, record, now=now)
            case Seen(record):
                if record is not None and _shows(step, record):
                    _taken(order, ticket, step, record, now=now)
                else:
                    step.state = StepState.DUE
                    later(step, now=now)
            case Refusal() if ticket is None:
                _window_refused(step, answer, now=now)
            case Refusal() if step.call_until is not None and step.call_until > now:
                step.state, step.reason = StepState.UNKNOWN, in_words(answer)[:500]
                step.next_step_at = step.call_until
                step.save()
            case Refusal():
                assert ticket is not None
                _refused(order, ticket, step, answer, now=now)
        if step.state not in OPEN_STATES:
            _free_the_next(step, now=now)


def _is_held_by_pause(step: PlatformStep) -> bool:
    """The same rule, asked of one stored row."""
    return PlatformStep.objects.filter(HELD_BY_PAUSE, pk=step.pk).exists()


def answered(lease: StepLease, answer: StepAnswer) -> PlatformStep | None:
    """The step that the answer is about, its order locked; None where somebody else has it now."""
    step = PlatformStep.objects.get(pk=lease.step.pk)
    if step.leased_until != lease.until or step.state not in OPEN_STATES:
        log.warning("answer_after_lease", step=step.pk, answer=type(answer).__name__)
        return None
    step.leased_until = None
    if not lease.ask and not isinstance(answer, NoAnswer):
        step.call_until = lease.earlier_until  # this call is over
    return step


def not_sent(step: PlatformStep, answer: NotSent, *, asked: bool, now: datetime) -> None:
    """The call certainly changed nothing: it is tried again."""
    step.state = StepState.UNKNOWN if asked else StepState.DUE
    step.calls -= 1
    step.reason = answer.reason[:500]
    step.next_step_at = now + timedelta(seconds=answer.after)
    step.save()


def later(step: PlatformStep, *, now: datetime) -> None:
    """The next try, after a pause that grows with the calls."""
    pauses = settlement.QUESTION_PAUSES
    step.next_step_at = now + pauses[min(step.calls - 1, len(pauses) - 1)]
    step.save()


def _taken(
    order: Order,
    ticket: Ticket | None,
    step: PlatformStep,
    record: TicketRecord | None,
    *,
    now: datetime,
) -> None:
    close(step, StepState.ACCEPTED, "", now)
    if ticket is None or record is None or record.updated_at == step.version:
        return
    if not _shows(step, record):
        # Taken, and gone on since.
        if ticket.status == step.to_status and not _decided_since(step):
            status = reports.reported_status(record) or S.PENDING_REVIEW
            reports.take_over(order, ticket, status, note="", now=now)
        return
    # Our own step made the newer version: later decisions were made on that.
    version = record.updated_at
    platform_steps.open_of(ticket.pk).filter(version=step.version).update(version=version)
    Refund.objects.filter(
        ticket=ticket, status=RefundStatus.REQUESTED, version=step.version
    ).update(version=version)


def _refused(
    order: Order, ticket: Ticket, step: PlatformStep, answer: Refusal, *, now: datetime
) -> None:
    """The platform's state is the fact: the ticket goes where it is there, or back."""
    record = answer.record
    status = S(reports.reported_status(record) or S.PENDING_REVIEW) if record else None
    again = step.from_status == step.to_status
    if record is not None and status in _TAKEN[StepKind(step.kind)] and not again:
        return close(step, StepState.TAKEN_OVER, answer.reason, now)
    if record is not None and status is not None and _only_newer(step, ticket, record, status):
        step.version, step.state, step.next_step_at = record.updated_at, StepState.DUE, now
        step.save()
        return None
    if step.negotiation is not None:
        negotiation.refuse(step.negotiation, ticket, now=now)
    words = in_words(answer)
    if ticket.status != step.to_status or _decided_since(step):
        # It has gone on meanwhile, by the platform's report or a further decision.
        if step.kind == StepKind.APPROVE_RETURN and ticket.status == S.ARBITRATION:
            # An approved return would otherwise keep holding the money.
            unsent_refunds.drop_unsent(case_of_locked(order, ticket, now=now))
        close(step, StepState.TAKEN_OVER, words, now)
        return _event(ticket, step, words, now=now)
    back = status in (None, step.from_status, S.PENDING_REVIEW)
    close(step, StepState.DECLINED if back else StepState.TAKEN_OVER, words, now)
    if back and lifecycle.add_flag(ticket, TicketFlag.PLATFORM_REFUSED):
        ticket.save(update_fields=["flags"])
    to_status = status or S(step.from_status)
    if ticket.status == to_status:
        return _event(ticket, step, words, now=now)
    return reports.take_over(order, ticket, to_status, note=words, now=now)


def _beside(
    ticket: Ticket, step: PlatformStep, answer: NoAnswer | Taken | Refusal, *, now: datetime
) -> None:
    """A step beside the ticket's course: without an answer it is sent again, since a note or a
    parcel's number twice is the same; it holds up nothing for long."""
    words = answer.why if isinstance(answer, NoAnswer) else ""
    if isinstance(answer, Taken):
        return close(step, StepState.ACCEPTED, "", now)
    if isinstance(answer, NoAnswer) and step.calls < MOST_WITHOUT_ANSWER:
        step.state, step.reason = StepState.DUE, words[:500]
        return later(step, now=now)
    if isinstance(answer, Refusal):
        words = in_words(answer)
    if step.calls > 1:
        # One of the calls may have been taken.
        words = joined(" ", [words, _("Look on the platform whether it has arrived.")])
    close(step, StepState.DECLINED, words, now)
    return _event(ticket, step, words, now=now)


def _window_refused(step: PlatformStep, answer: Refusal, *, now: datetime) -> None:
    """The entry is not open there, so it is not open here; but an earlier call that brought no
    answer may have opened it, and then people have to look."""
    if step.calls > 1:
        step.state, step.reason, step.next_step_at = StepState.UNKNOWN, in_words(answer)[:500], None
        step.save()
        return
    close(step, StepState.DECLINED, in_words(answer), now)
    window = step.window
    if window is not None and window.closed_at is None:
        window.closed_at = window.closes_at = max(now, window.opened_at + timedelta(seconds=1))
        window.save(update_fields=["closed_at", "closes_at"])


def _decided_since(step: PlatformStep) -> bool:
    later = PlatformStep.objects.filter(ticket=step.ticket_id, pk__gt=step.pk)
    return later.exclude(kind__in=BESIDE_STEPS).exists()


def _shows(step: PlatformStep, record: TicketRecord) -> bool:
    """True if the platform's ticket looks as it does after the step was taken."""
    status = S(reports.reported_status(record) or S.PENDING_REVIEW)
    return status in _TAKEN[StepKind(step.kind)] and record.updated_at != step.version


def _only_newer(
    step: PlatformStep, ticket: Ticket, record: TicketRecord, status: TicketStatus
) -> bool:
    """True if only things have changed that the decision did not depend on: the step goes out
    again."""
    return (
        step.version is not None
        and record.updated_at > step.version
        and step.calls < MOST_VERSIONS
        and status == step.from_status
        and (record.type, record.amount) == (step.type, step.amount)
        and (record.reason, record.order_no, record.line_no)
        == (ticket.reason, ticket.order_no, ticket.line_no)
    )


def in_words(answer: Refusal) -> str:
    """Why a platform did not take a step, for people."""
    if answer.why is Why.NEGOTIATE_FIRST:
        words = _("Negotiate first: the platform takes a rejection only after an offer.")
    elif answer.why is Why.PLATFORM_HANDLING:
        words = _("The platform is handling it.")
    else:
        return answer.reason
    return (words + " " + answer.reason).strip()


def _event(ticket: Ticket, step: PlatformStep, words: str, *, now: datetime) -> None:
    note = _("The platform did not take “%(step)s”: %(why)s") % {
        "step": StepKind(step.kind).label,
        "why": words,
    }
    settlement.event(ticket, now=now, actor=Actor.PLATFORM, kind=TicketEventKind.NOTE, note=note)


def close(step: PlatformStep, state: StepState, reason: str, now: datetime) -> None:
    """The step is over."""
    step.state, step.reason, step.settled_at = state, reason[:500], now
    step.next_step_at = step.leased_until = None
    step.save()


def _free_the_next(step: PlatformStep, *, now: datetime) -> None:
    """Wakes the refund that waited behind the step; the sweep finds the ticket's next step."""
    if step.ticket_id is None:
        return
    waiting = Refund.objects.filter(
        ticket=step.ticket_id, status=RefundStatus.REQUESTED, next_step_at__isnull=False
    )
    if waiting.filter(ever_sent=False).update(next_step_at=now):
        wake_payer()
