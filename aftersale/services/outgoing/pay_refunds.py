"""The payer: carries out the refunds that are due (due_work.py).

Any number of payers may run at once, on any machines.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

import structlog
from django.db.models import Exists, OuterRef, QuerySet

from aftersale.domain.multilingual import said as _
from aftersale.models import Refund, RefundStatus, Shop
from aftersale.platforms.deadline import TooLate
from aftersale.platforms.payments import (
    CALL_TIMEOUT_SECONDS,
    DeclinedRefund,
    Limit,
    NotSent,
    TimedOut,
)
from aftersale.platforms.platform_payments import PAUSE_SECONDS, not_sent
from aftersale.services.outgoing import declined_refund, fresh_order, refund_attempt, throttle
from aftersale.services.outgoing.refund_attempt import Answer, AttemptLease, NoAnswer
from aftersale.services.refunds import payment_stop
from aftersale.services.refunds.holds import HELD_BY_PAUSE
from aftersale.services.shared import due_work
from aftersale.services.shared.due_work import Clock
from aftersale.services.shared.outages import OF_THE_DATABASE
from config.heartbeat import beat

log = structlog.get_logger(__name__)

# Refunds of one shop before the next shop has its turn.
TURN = 10


def run(*, clock: Clock) -> bool:
    """Carries out due refunds for about two seconds; True where more are due."""
    return due_work.run(clock, turns=_turns, carry_out=_carry_out, set_aside=_set_aside)


def _turns(clock: Clock, without: Collection[int]) -> Iterator[tuple[int, Iterable[int]]]:
    for shop_pk in _shops_with_due(now=clock(), without=without):
        found = due(clock()).filter(shop=shop_pk).order_by("next_step_at", "pk")
        yield shop_pk, found[:TURN].values_list("pk", flat=True)


def _carry_out(clock: Clock, refund_pk: int) -> bool:
    lease = refund_attempt.lease(refund_pk=refund_pk, now=clock())
    while lease is not None:
        beat()
        answer = _call(lease, clock)
        if answer is None:
            break
        if isinstance(answer, DeclinedRefund):
            declined_refund.settle(lease=lease, answer=answer, now=clock())
            break
        if isinstance(answer, NotSent):
            throttle.hold_off(Refund.objects.get(pk=refund_pk), answer, now=clock())
        lease = refund_attempt.settle(lease=lease, answer=answer, now=clock())
    return True


def _set_aside(clock: Clock, refund_pk: int, error: Exception) -> None:
    log.exception("refund_set_aside", refund=refund_pk)
    Refund.objects.filter(pk=refund_pk, next_step_at__isnull=False).update(
        next_step_at=clock() + due_work.SET_ASIDE, needs_people=True, failure=_in_words(error)
    )


def _call(lease: AttemptLease, clock: Clock) -> Answer | DeclinedRefund | None:
    """Calls the platform; None where the lease is too old to begin."""
    if not lease.ask:
        try:
            stopped = fresh_order.look(lease=lease, now=clock())
        except OF_THE_DATABASE:
            raise
        except Exception as error:
            # Only questions were asked: they change nothing there.
            log.exception("order_not_read", key=lease.request.key)
            return NotSent(_in_words(error), PAUSE_SECONDS, for_people=True, limit=Limit.ORDER)
        if stopped is not None:
            return stopped
    if clock() > lease.until - timedelta(seconds=CALL_TIMEOUT_SECONDS):
        # This process stood still; another may be asking about the key now. The answer "unknown
        # key" must stay true, so nothing is sent.
        log.warning("lease_too_old", key=lease.request.key)
        return None
    try:
        if lease.ask:
            return lease.connector.status(lease.request)
        return lease.connector.pay(lease.request)
    except TooLate as error:
        return not_sent(error)
    except TimedOut:
        return NoAnswer(_("the platform did not answer in time"))
    except Exception as error:
        log.exception("platform_call_failed", key=lease.request.key, ask=lease.ask)
        return NoAnswer(_in_words(error))


def _in_words(error: Exception) -> str:
    # The first line only: a database error's others quote whole rows.
    return f"{type(error).__name__}: {error}".splitlines()[0][:500]


def due(now: datetime) -> QuerySet[Refund]:
    """Refunds whose next step may be taken: a pause, a hold after a restored backup and the
    operator's stop keep others back."""
    found = Refund.objects.filter(next_step_at__lte=now).exclude(HELD_BY_PAUSE)
    found = found.exclude(status=RefundStatus.REQUESTED, shop__on_hold=True)
    if payment_stop.stopped():
        # Outcomes are still found out; nothing new goes out.
        found = found.exclude(status=RefundStatus.REQUESTED)
    return found


def _shops_with_due(*, now: datetime, without: Collection[int]) -> list[int]:
    """The shops with due refunds; shops with a call under way come last."""
    calling = Refund.objects.filter(
        shop=OuterRef("pk"), next_step_at__gt=now, attempts__leased_until__gt=now
    )
    return list(
        Shop.objects.filter(Exists(due(now).filter(shop=OuterRef("pk"))))
        .exclude(pk__in=without)
        .order_by(Exists(calling), "?")
        .values_list("pk", flat=True)
    )
