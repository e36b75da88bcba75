"""Reading from one shop's platform: records named by messages first, then rounds, slice by slice.

A round reads what changed from OVERLAP before the end of the last one up to its own beginning:
whatever a platform's list shows late, or under a clock that differs, is in the next one. Nothing
moves before a slice was saved as a whole, and saving twice changes nothing (SPEC O6).

Nor does a mark ever lie ahead of what was really read: rounds begin by the database's clock, which
no machine's can put off, and no mark is later than the platform's own Date of the answer.
"""

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from aftersale.domain.multilingual import said as _
from aftersale.models import PlatformMessage, PlatformSubject
from aftersale.models.platform import WIDEST_SLICE
from aftersale.platforms.known import Known
from aftersale.platforms.payments import TimedOut
from aftersale.platforms.protocol import (
    NotAuthorised,
    NotCarriedOut,
    OrdersSeldom,
    Platform,
    RecordUnreadable,
    SeenTicket,
    TellsTime,
    Throttled,
    Unreadable,
)
from aftersale.platforms.unread import answered, silence
from aftersale.services.shared import app_calls
from aftersale.services.shared.outages import OF_THE_DATABASE
from aftersale.services.syncing import access, health, one_record, reader_lease, reads
from aftersale.services.syncing.reader_lease import LeaseLost, ReaderLease
from aftersale.services.syncing.saving import Saver

log = structlog.get_logger(__name__)

OVERLAP = timedelta(minutes=10)
EVERY = timedelta(minutes=1)
BATCH = 200
# After so much work a task lets others have its turn.
WORK_SECONDS = 20.0
# A slice that takes longer is given up and halved; it would outlast the task.
SLICE_SECONDS = 45.0
# A message is given up after this many failures, where nothing else works either.
MOST_TRIES = 3
MESSAGES = 50
# How often records that were refused only for now are asked for again, and how many in a round.
ASK_AGAIN = timedelta(minutes=5)
MOST_ASKED_AGAIN = 20

Clock = Callable[[], datetime]


class _TooMuch(Exception):
    """More in a slice than can be read in a task."""


def run(*, account_pk: int, clock: Clock) -> bool:
    """Reads what is due of one shop, for a while; True where more is due at once."""
    lease = reader_lease.take(account_pk=account_pk, now=clock())
    if lease is None:
        return False
    try:
        try:
            _read(lease, clock)
            lease.release()
        except (LeaseLost, *OF_THE_DATABASE):
            raise
        except Throttled as error:
            shop_pk, seconds = lease.account.shop_id, error.after
            app_calls.met(shop_pk, error.limit, seconds=seconds, now=clock())
            health.wait(lease, seconds, now=clock())
        except NotAuthorised as error:
            health.stop(lease, str(error), now=clock())
        except Exception as error:
            health.failed(lease, _in_words(lease, error), now=clock())
    except LeaseLost:
        return False
    # A message just before the release woke a task that found the lease taken.
    return reader_lease.due(clock()).filter(pk=account_pk).exists()


def _read(lease: ReaderLease, clock: Clock) -> None:
    """Reads with renewed credentials once where they are refused: a token may end early, as when
    another program fetches one for the same app. A refusal of the renewed ones is final."""
    platform = access.ready(lease.account, clock=clock)
    try:
        _Reader(lease, platform, clock).read()
    except NotAuthorised:
        platform = access.ready(lease.account, clock=clock, refused=True)
        _Reader(lease, platform, clock).read()


def _in_words(lease: ReaderLease, error: Exception) -> str:
    if isinstance(error, (TimedOut, NotCarriedOut)):
        return silence(error)
    # Without its text, which may quote what a buyer wrote.
    where = traceback.format_tb(error.__traceback__)
    log.error(
        "platform_reading_failed",
        shop=lease.account.shop_id,
        error=type(error).__name__,
        where="".join(where[-3:]),
    )
    return _("The program could not go on (%s).") % type(error).__name__


class _Reader:
    def __init__(self, lease: ReaderLease, platform: Platform, clock: Clock) -> None:
        self.lease = lease
        self.account = lease.account
        self.platform = platform
        self.clock = clock
        self.saver = Saver(lease.account)
        self.began = clock()
        # The platform's clock was behind the round: later changes there belong to the next one.
        self.cut = False

    def read(self) -> None:
        began = time.monotonic()
        while True:
            self._follow_messages()
            if not self._in_a_round() or time.monotonic() - began > WORK_SECONDS:
                return
            self._slice()

    def _in_a_round(self) -> bool:
        """Begins a round where one is due."""
        account, now = self.account, self.clock()
        if account.round_until is None:
            if account.next_round_at is None:
                return False
            if now < account.next_round_at <= now + reader_lease.FURTHEST:
                return False
            # A mark from a clock that was ahead is set back.
            marks = {"round_until": now, "tickets_until": min(account.tickets_until, now) - OVERLAP}
            if self._orders_are_due(now):
                orders_until = min(account.orders_until, now) - OVERLAP
                marks |= {"orders_round_until": now, "orders_until": orders_until}
            self.lease.write(**marks)
            self._ask_again(now)
        elif account.round_until > now:
            orders = None if account.orders_round_until is None else now
            self.lease.write(round_until=now, orders_round_until=orders)
        return True

    def _orders_are_due(self, now: datetime) -> bool:
        if not isinstance(self.platform, OrdersSeldom):
            return True
        return not now - self.platform.orders_every < self.account.orders_until <= now

    def _ask_again(self, now: datetime) -> None:
        """Fetches records that were refused only for now, as those dated ahead (SPEC O6)."""
        waiting = self.account.problems.filter(ask_again=True, at__lte=now - ASK_AGAIN)
        for problem in waiting.order_by("at")[:MOST_ASKED_AGAIN]:
            self.lease.keep(self.clock())
            try:
                self._fetch(problem.subject, problem.number)
            except (Throttled, NotAuthorised):
                raise
            except (TimedOut, NotCarriedOut) as error:
                raw = error.raw if isinstance(error, RecordUnreadable) else None
                self.saver.problem(
                    problem.subject,
                    problem.number,
                    silence(error),
                    raw=raw,
                    now=self.clock(),
                    ask_again=True,
                )
            else:
                # Left as it was: the platform does not know the record any more.
                left = self.account.problems.filter(pk=problem.pk, at=problem.at)
                left.update(ask_again=False)

    def _slice(self) -> None:
        """Reads the next slice of the round, or ends the round."""
        account = self.account
        until = account.round_until
        assert until is not None
        width = timedelta(seconds=account.slice_seconds)
        orders_until = account.orders_round_until
        if orders_until is not None and account.orders_until < orders_until:
            since = account.orders_until
            end = min(since + width, orders_until)
            self._save(since, end, orders_until=end)
        elif account.tickets_until < until:
            since = account.tickets_until
            end = min(since + width, until)
            self._save(since, end, tickets_until=end)
        else:
            now = self.clock()
            self.lease.write(
                round_until=None,
                orders_round_until=None,
                next_round_at=now + EVERY if self.cut else max(until + EVERY, now),
                first_read_at=account.first_read_at or now,
                last_read_at=now,
                **health.WELL,
            )

    def _save(self, since: datetime, end: datetime, **reached: datetime) -> None:
        seconds = self.account.slice_seconds
        try:
            if "orders_until" in reached:
                known = reads.known(self.account, PlatformSubject.ORDER, since=since)
                orders = self.platform.changed_orders(since=since, until=end, known=known)
                for batch in self._batches(self._answered(orders, PlatformSubject.ORDER)):
                    self.saver.orders(batch, now=self.clock(), known=known)
                reads.renew(self.account, PlatformSubject.ORDER, known)
            else:
                known = reads.known(self.account, PlatformSubject.TICKET, since=since)
                tickets = self.platform.changed_tickets(since=since, until=end, known=known)
                for batch in self._batches(self._answered(tickets, PlatformSubject.TICKET)):
                    self._save_tickets(batch, known)
                reads.renew(self.account, PlatformSubject.TICKET, known)
        except _TooMuch:
            self.lease.write(slice_seconds=max(1, seconds // 2))
            return
        except NotAuthorised:
            raise
        except (TimedOut, NotCarriedOut):
            # Halved, since a large slice would begin anew for ever where one call in a hundred
            # fails or calls are limited by the minute.
            self.lease.write(slice_seconds=max(1, seconds // 2))
            raise
        there = self.platform.answered_at if isinstance(self.platform, TellsTime) else None
        if there is not None and there < end:
            self.cut = True
            reached = {**dict.fromkeys(reached, there), "round_until": there}
            if "orders_until" in reached:
                reached["orders_round_until"] = there
        widest = int(WIDEST_SLICE.total_seconds())
        ahead = None if there is None else self._seconds_ahead(there)
        self.lease.write(
            slice_seconds=min(widest, seconds * 2), clock_ahead=ahead, **health.WELL, **reached
        )

    def _seconds_ahead(self, there: datetime) -> float:
        """By how much the platform's clock is ahead of the database's; negative where it is behind.

        Answered at some moment since the run began: what lies in between is no difference.
        """
        nearest = max(min(there, self.clock()), self.began)
        return (there - nearest).total_seconds()

    def _answered(self, seen: Iterable[Any], subject: str) -> Iterator[Any]:
        """Records without an answer are passed by, and asked for again, while others get theirs;
        more than one in a row is a platform that does not answer, as long as that is new."""
        waiting = self.account.problems.filter(subject=subject, ask_again=True)
        known = set(waiting.values_list("number", flat=True))
        silent: list[Unreadable] = []
        for one in seen:
            self.lease.keep(self.clock())
            if isinstance(one, Unreadable) and one.for_now and one.number not in known:
                silent.append(one)
                if len(silent) > max(1, self.account.failures):
                    raise NotCarriedOut(one.reason)
                continue
            yield from silent
            silent = []
            yield one
        yield from silent

    def _batches(self, seen: Iterator[Any]) -> Iterator[list[Any]]:
        began = time.monotonic()
        batch: list[Any] = []
        for one in seen:
            batch.append(one)
            too_much = time.monotonic() - began > SLICE_SECONDS and self.account.slice_seconds > 1
            if len(batch) == BATCH or too_much:
                yield batch
                batch = []
            if too_much:
                raise _TooMuch
            self.lease.keep(self.clock())
        if batch:
            yield batch

    def _save_tickets(self, seen: Sequence[Any], known: Known) -> None:
        """Saves tickets, after their missing orders, for which they would wait in vain."""
        orders: list[Any] = [one.order for one in seen if isinstance(one, SeenTicket) and one.order]
        self.saver.orders(orders, now=self.clock())
        missing = (self._missing_order(number) for number in self.saver.missing_orders(seen))
        answers = self._answered(missing, PlatformSubject.ORDER)
        found = [one for one in answers if one is not None]
        self.saver.orders(found, now=self.clock())
        self.saver.tickets(seen, now=self.clock(), known=known)

    def _missing_order(self, number: str) -> Any:
        """The order, or why it can't be had; None where the platform does not know it."""
        try:
            return answered(number, partial(self.platform.order, number))
        except RecordUnreadable as error:
            # Another question would get the same answer and hold up the others (SPEC O6).
            return Unreadable(number, str(error), error.raw)

    def _follow_messages(self) -> None:
        """Fetches records that messages named, each once."""
        silent = 0
        while True:
            waiting = self.account.messages.filter(followed_at=None).order_by("pk")
            told: dict[tuple[str, str], list[PlatformMessage]] = {}
            for message in waiting[:MESSAGES]:
                told.setdefault((message.subject, message.number), []).append(message)
            if not told:
                return
            for (subject, number), messages in told.items():
                self.lease.keep(self.clock())
                pks = [message.pk for message in messages]
                mine = PlatformMessage.objects.filter(pk__in=pks)
                try:
                    self._fetch(subject, number)
                except (Throttled, NotAuthorised):
                    raise
                except RecordUnreadable as error:
                    silent = 0
                    self.saver.problem(subject, number, str(error), raw=error.raw, now=self.clock())
                except (TimedOut, NotCarriedOut) as error:
                    # One is passed by; more in a row are a platform that does not answer.
                    silent += 1
                    tries = messages[0].tries + 1
                    mine.update(tries=tries)
                    if silent > 1 and tries < MOST_TRIES:
                        raise
                    self.saver.problem(
                        subject, number, silence(error), now=self.clock(), ask_again=True
                    )
                else:
                    silent = 0
                    if self.account.failures:
                        # Reading works, if not smoothly: the pauses must not grow.
                        self.lease.write(**health.WELL)
                mine.update(followed_at=self.clock())

    def _fetch(self, subject: str, number: str) -> None:
        one_record.fetch(self.platform, self.saver, subject, number, clock=self.clock)
