"""Sends decided steps to shops' platforms, one by one (docs/adr/0006, due_work.py)."""

from collections.abc import Collection

import structlog
from django.db.models import QuerySet

from aftersale.domain.multilingual import said as _
from aftersale.models import BESIDE_STEPS, PlatformStep, StepKind, StepState
from aftersale.platforms import registry
from aftersale.platforms.payments import CALL_TIMEOUT_SECONDS, Limit, NotSent, TimedOut
from aftersale.platforms.platform_payments import PAUSE_SECONDS, no_access, not_sent
from aftersale.platforms.protocol import (
    Accepted,
    Declined,
    NotAuthorised,
    NotCarriedOut,
    Platform,
    Step,
)
from aftersale.records.schemas import TicketRecord
from aftersale.services.desk import evidence
from aftersale.services.ingest import save_tickets
from aftersale.services.outgoing import beside_steps, request_steps, step_attempt, throttle
from aftersale.services.outgoing.refund_attempt import NoAnswer
from aftersale.services.outgoing.step_attempt import Refusal, Seen, StepAnswer, StepLease, Taken
from aftersale.services.refunds import payment_stop
from aftersale.services.shared import due_work
from aftersale.services.shared.due_work import Clock
from aftersale.services.shops import shops

log = structlog.get_logger(__name__)


def run(*, clock: Clock) -> bool:
    """Sends due steps for about two seconds; True where more are due."""
    return due_work.run(clock, turns=_turns, carry_out=_carry_out, set_aside=_set_aside)


def _turns(clock: Clock, without: Collection[int]) -> list[tuple[int, list[int]]]:
    """One step a shop at a time: the next may be of the same ticket and has to wait."""
    due = _due(clock).exclude(shop__in=without).order_by("shop", "next_step_at", "pk")
    return [(shop, [pk]) for shop, pk in due.distinct("shop").values_list("shop", "pk")]


def _carry_out(clock: Clock, step_pk: int) -> bool:
    lease = step_attempt.lease(step_pk=step_pk, now=clock())
    if lease is None:
        return False
    answer = _call(lease, clock)
    if answer is None:
        return True
    if isinstance(answer, NotSent):
        throttle.hold_off(lease.step, answer, now=clock())
    record = getattr(answer, "record", None)
    if record is not None:
        # The platform's state first: it may be late because of the step under way.
        save_tickets([record], shops=shops.known([record.shop]), now=clock())
    settle = request_steps.settle if lease.step.request_id else step_attempt.settle
    settle(lease=lease, answer=answer, now=clock())
    return True


def _set_aside(clock: Clock, step_pk: int, error: Exception) -> None:
    log.exception("step_set_aside", step=step_pk)
    PlatformStep.objects.filter(pk=step_pk, next_step_at__isnull=False).update(
        next_step_at=clock() + due_work.SET_ASIDE, reason=type(error).__name__
    )


def _due(clock: Clock) -> QuerySet[PlatformStep]:
    due = PlatformStep.objects.filter(next_step_at__lte=clock())
    due = due.exclude(step_attempt.HELD_BY_PAUSE).exclude(step_attempt.BEHIND)
    due = due.exclude(state=StepState.DUE, shop__on_hold=True)
    if payment_stop.stopped():
        # Outcomes of sent steps are still asked for.
        due = due.exclude(state=StepState.DUE)
    return due


def _call(lease: StepLease, clock: Clock) -> StepAnswer | None:
    """Calls the platform; None where the lease is too old to begin."""
    if (lease.until - clock()).total_seconds() < CALL_TIMEOUT_SECONDS:
        log.warning("lease_too_old", step=lease.step.pk)
        return None
    try:
        platform = registry.platform_of(lease.shop)
        if platform is None:
            raise NotAuthorised(no_access())
        if lease.step.request_id:
            return request_steps.call(platform, lease, now=clock())
        if lease.ask:
            return Seen(_fetch(platform, lease))
        answer = _send(platform, lease)
    except NotCarriedOut as error:
        return not_sent(error)
    except TimedOut:
        return NoAnswer(_("the platform did not answer in time"))
    except Exception as error:
        log.exception("platform_call_failed", step=lease.step.pk, ask=lease.ask)
        return NoAnswer(type(error).__name__)
    return _with_ticket(platform, lease, answer)


def _with_ticket(
    platform: Platform, lease: StepLease, answer: Accepted | Declined
) -> Taken | Refusal | NotSent:
    """The answer with the ticket as it is there now."""
    record = None
    try:
        if lease.ticket_no:
            record = _fetch(platform, lease)
    except Exception as error:
        log.warning("platform_fetch_failed", step=lease.step.pk, error=type(error).__name__)
        if isinstance(answer, Declined):
            # It was declined for certain; the next decline reads the ticket's present state.
            if isinstance(error, NotCarriedOut):
                return not_sent(error)
            return NotSent(answer.reason, PAUSE_SECONDS, limit=Limit.ORDER)
    if isinstance(answer, Accepted):
        return Taken(record)
    return Refusal(answer.why, answer.reason, record)


def _fetch(platform: Platform, lease: StepLease) -> TicketRecord | None:
    seen = platform.ticket(lease.ticket_no)
    return None if seen is None else seen.record


def _send(platform: Platform, lease: StepLease) -> Accepted | Declined:
    row = lease.step
    if row.kind in BESIDE_STEPS:
        return beside_steps.send(platform, lease)
    if row.window is not None:
        return platform.open_window(lease.order_no, note=row.window.agreement)
    assert row.version is not None
    step = Step(
        ticket_no=lease.ticket_no,
        order_no=lease.order_no,
        type=row.type,
        amount=row.amount,
        version=row.version,
        address=row.details.get("address", ""),
        deadline=lease.deadline,
    )
    if row.rejection is not None:
        return platform.reject(
            step,
            reason=row.rejection.reason,
            text=row.rejection.explanation,
            pictures=evidence.to_send(row.rejection.evidence_files.all()),
        )
    if row.negotiation is not None:
        offer = row.negotiation
        return platform.negotiate(
            step,
            type=offer.type or row.type,
            amount=row.amount if offer.amount is None else offer.amount,
            text=offer.message,
            pictures=evidence.to_send(offer.evidence_files.all()),
        )
    assert row.kind == StepKind.APPROVE_RETURN
    return platform.approve_return(step)
