"""The payer: carries out the refunds that are due (due_work.py).

Any number of payers may run at once, on any machines.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

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
    Paid,
    TimedOut,
)
from aftersale.platforms.platform_payments import PAUSE_SECONDS, not_sent
from aftersale.services.outgoing import (
    declined_refund,
    fresh_order,
    refund_attempt,
    refunds_together,
    throttle,
)
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


# A shop whose last call took no longer has the rest of its turn leased together.
QUICK_CALL_SECONDS = 0.05

Said = Answer | DeclinedRefund | None


def run(*, clock: Clock) -> bool:
    """Carries out due refunds for about two seconds; True where more are due."""
    run = _Run(clock)
    return due_work.run(clock, turns=run.turns, carry_out=run.carry_out, set_aside=_set_aside)


class _Run:
    """The refunds of a shop go one by one until a call has shown how quick its platform is, then a
    turn together (refunds_together.py): so a payer that dies leaves no more in doubt, and a slow
    call keeps no more waiting, than a platform answers in half a second.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._quick: set[int] = set()

    def turns(
        self, clock: Clock, without: Collection[int]
    ) -> Iterator[tuple[int, Iterable[list[int]]]]:
        for shop_pk in _shops_with_due(now=clock(), without=without):
            found = due(clock()).filter(shop=shop_pk).order_by("next_step_at", "pk")
            yield shop_pk, self._of_turn(shop_pk, list(found[:TURN].values_list("pk", flat=True)))

    def _of_turn(self, shop_pk: int, pks: list[int]) -> Iterator[list[int]]:
        while pks:
            if len(pks) > 1 and shop_pk in self._quick:
                yield pks  # carry_out takes those out that went together
                yield from [[pk] for pk in pks]
                return
            yield [pks.pop(0)]

    def carry_out(self, clock: Clock, pks: list[int]) -> bool:
        if len(pks) > 1:
            return self._together(pks)
        lease = refund_attempt.lease(refund_pk=pks[0], now=clock())
        if lease is not None:
            self._settle(lease, self._call(lease))
        return True

    def _together(self, pks: list[int]) -> bool:
        try:
            leases = refunds_together.lease(refund_pks=pks, now=self._clock())
        except OF_THE_DATABASE:
            raise
        except Exception:
            log.exception("refunds_not_leased", refunds=pks)
            return False  # each is leased by itself, which shows the one that fails
        for lease in leases:
            pks.remove(lease.refund_pk)
        answers = self._call_all(leases)
        paid = [lease for lease, answer in answers if isinstance(answer, Paid)]
        settled = self._settle_paid(paid)
        # First, so that a limit that was met holds these off, too.
        for lease in leases[len(answers) :]:
            give_back = partial(refund_attempt.give_back, lease=lease, now=self._clock())
            self._by_itself(lease.refund_pk, give_back)
        for lease, answer in answers:
            if lease.attempt_pk not in settled:
                self._by_itself(lease.refund_pk, partial(self._settle, lease, answer))
        return bool(leases)

    def _by_itself(self, refund_pk: int, step: Callable[[], None]) -> None:
        """One that the program fails on keeps no other's answer from being written."""
        try:
            step()
        except OF_THE_DATABASE:
            raise
        except Exception as error:
            _set_aside(self._clock, [refund_pk], error)

    def _call_all(self, leases: Sequence[AttemptLease]) -> list[tuple[AttemptLease, Said]]:
        """Stops after a slow call, or one that met a limit of the others too."""
        answers: list[tuple[AttemptLease, Said]] = []
        for lease in leases:
            answer = self._call(lease)
            answers.append((lease, answer))
            limited = isinstance(answer, NotSent) and answer.limit is not Limit.ORDER
            if limited or lease.request.shop_id not in self._quick:
                break
        return answers

    def _settle_paid(self, paid: Sequence[AttemptLease]) -> set[int]:
        """The attempts that are settled now; the others are settled by themselves."""
        try:
            left = refunds_together.settle_paid(leases=paid, now=self._clock())
        except OF_THE_DATABASE:
            raise
        except Exception:
            log.exception("refunds_not_settled", keys=[lease.request.key for lease in paid])
            return set()
        return {lease.attempt_pk for lease in paid} - {lease.attempt_pk for lease in left}

    def _settle(self, lease: AttemptLease, answer: Said) -> None:
        """Until the same key is not to be sent again."""
        while answer is not None:
            if isinstance(answer, DeclinedRefund):
                declined_refund.settle(lease=lease, answer=answer, now=self._clock())
                return
            if isinstance(answer, NotSent):
                refund = Refund.objects.get(pk=lease.refund_pk)
                throttle.hold_off(refund, answer, now=self._clock())
            again = refund_attempt.settle(lease=lease, answer=answer, now=self._clock())
            if again is None:
                return
            lease, answer = again, self._call(again)

    def _call(self, lease: AttemptLease) -> Said:
        beat()
        began = time.monotonic()
        answer = _call(lease, self._clock)
        if time.monotonic() - began <= QUICK_CALL_SECONDS:
            self._quick.add(lease.request.shop_id)
        else:
            self._quick.discard(lease.request.shop_id)
        return answer


def _set_aside(clock: Clock, pks: Sequence[int], error: Exception) -> None:
    log.exception("refund_set_aside", refunds=list(pks))
    Refund.objects.filter(pk__in=pks, next_step_at__isnull=False).update(
        next_step_at=clock() + due_work.SET_ASIDE, needs_people=True, failure=_in_words(error)
    )


def _call(lease: AttemptLease, clock: Clock) -> Said:
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
