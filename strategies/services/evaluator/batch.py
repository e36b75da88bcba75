"""One transaction of the evaluator: one shop, one rulebook, one moment (SPEC E6, E7)."""

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.db import DataError, IntegrityError, transaction

from aftersale.domain.deadlines import due_at
from aftersale.models import ConnectorKind, Shop, TicketStatus, TicketType
from aftersale.services.outbox.platform_steps import is_platform_connected, tell_decisions
from aftersale.services.outbox.routing import pays_fast_refunds
from aftersale.services.outbox.wake import wake_payer
from aftersale.services.outbox.wake_webhooks import wake_teller
from strategies.engine import Verdict, decide
from strategies.engine.vocabulary import ERROR, MANUAL, REFUND
from strategies.models import EvaluatorLane
from strategies.services.evaluator.moment import TimeInDoubt, decision_moment
from strategies.services.evaluator.read_facts import (
    EXPORTED,
    FREIGHT_LEFT,
    LINE_LEFT,
    REFUNDABLE,
    TICKET,
    Cursor,
    as_facts,
    claim,
    end_of,
    load_state,
    micros,
)
from strategies.services.evaluator.write_decisions import BatchChanged, write
from strategies.services.lanes import try_lane
from strategies.services.strategies import trip

from .rulebooks import load_rulebook

# An owner may have exports decided without a person as long as they are younger (SPEC O11).
FRESH = timedelta(minutes=30)
log = structlog.get_logger(__name__)

# Errors that one bad ticket can cause. All others (a lost connection, a full disk, a rulebook that
# does not compile) end the task without marking a ticket; the sweep tries again.
_OF_A_TICKET = (
    IntegrityError,
    DataError,
    BatchChanged,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
)


class LaneHeld(Exception):
    """Another process decides in this shop, or changes its rules; it looks again afterwards."""


@dataclass
class Tally:
    """Counts of decisions by (outcome, source, scenario, strategy id)."""

    decided: Counter[tuple[str, str, str, int | None]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.decided.total()


class Decided(NamedTuple):
    """Where a batch ended, and whether more may follow."""

    end: Cursor
    full: bool


def decide_batch(shop_id: int, *, after: Cursor, limit: int, tally: Tally) -> Decided | None:
    """Decides up to `limit` waiting tickets behind `after` in one transaction.

    Returns None where nothing was to be had. Raises LaneHeld and TimeInDoubt. Another error rolls
    all of it back, and the batch is decided again with care: split in halves until the bad ticket
    is alone.
    """
    try:
        return _decide_batch(shop_id, after=after, limit=limit, tally=tally, careful=False)
    except _OF_A_TICKET as error:
        log.warning("batch failed", shop=shop_id, error=type(error).__name__)
        return _decide_batch(shop_id, after=after, limit=limit, tally=tally, careful=True)


def _decide_batch(
    shop_id: int, *, after: Cursor, limit: int, tally: Tally, careful: bool
) -> Decided | None:
    with _no_garbage_collection():
        with transaction.atomic():
            lane = try_lane(shop_id)
            if lane is None:
                raise LaneHeld
            # Read after the lane was taken: a pause of the shop holds the lane until it commits.
            shop = Shop.objects.get(pk=shop_id)
            if shop.on_hold:
                return None
            rows = claim(shop_id, after=after, limit=limit)
            if not rows:
                return None
            batch = Batch(shop, lane.rulebook_id, moment_of(lane))
            if careful:
                batch.decide_with_care(rows)
            else:
                batch.decide(rows)
            if batch.pays:
                wake_payer()
            wake_teller([shop_id])
        tally.decided.update(batch.counts)
    full = len(rows) == limit or batch.decided < len(rows)
    return Decided(end_of(rows[: batch.decided]), full)


def moment_of(lane: EvaluatorLane) -> datetime:
    """Now, but never before the lane's last decision: their order is that of their moments.

    Raises TimeInDoubt where that can't be (SPEC E9).
    """
    moment, now = decision_moment(lane.decided_until)
    rulebook = load_rulebook(lane.rulebook_id).rulebook
    if rulebook.moment(micros(moment)).day > rulebook.moment(micros(now)).day:
        raise TimeInDoubt("the latest decision is of a day that has not begun")
    return moment


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """A batch makes some ten thousand tuples and no cycle: the collector would look through the
    whole program again and again for nothing (a tenth of the time)."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Batch:
    """Decides claimed rows; the caller holds the lane, the tickets and their orders."""

    def __init__(
        self, shop: Shop, rulebook_id: int, now: datetime, *, taken_over_by: int | None = None
    ) -> None:
        self.shop = shop
        self.taken_over_by = taken_over_by
        self.loaded = load_rulebook(rulebook_id)
        self.now = now
        self.at = micros(now)
        self.day = date.fromordinal(self.loaded.rulebook.moment(self.at)[2])
        self.counts: Counter[tuple[str, str, str, int | None]] = Counter()
        self.decided = 0
        self.tripped = False
        self.pays = False

    def decide(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Decides rows in order and stops where a circuit breaker opens (SPEC G3): later rows need
        the next revision. No savepoint: a row locked outside it and updated inside it would cost a
        multixact.
        """
        self._count(self._decide(rows))

    def take_over(self, row: tuple[Any, ...]) -> Verdict:
        """Decides one row as its strategy's hit would be, whatever its facts come from."""
        verdicts = self._decide([row])
        self._count(verdicts)
        return verdicts[0]

    def decide_with_care(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """The same, but an error splits the rows in halves until the bad ticket is alone; it goes
        to people."""
        try:
            with transaction.atomic():
                verdicts = self._decide(rows)
        except _OF_A_TICKET as error:
            if len(rows) > 1:
                half = len(rows) // 2
                self.decide_with_care(rows[:half])
                if not self.tripped:
                    self.decide_with_care(rows[half:])
                return
            log.warning(
                "evaluation failed",
                shop=self.shop.pk,
                ticket=rows[0][TICKET],
                error=type(error).__name__,
            )
            verdicts = [self._for_people(rows[0])]
            self._write(rows, verdicts, [f"{type(error).__name__}: {error}"])
        self._count(verdicts)

    def _decide(self, rows: Sequence[tuple[Any, ...]]) -> list[Verdict]:
        state = load_state(
            self.shop.pk,
            self.loaded,
            rows,
            moment=self.now,
            day=self.day,
            paused=self.shop.automation_paused,
        )
        state.suggested = {row[TICKET] for row in rows if self._only_suggests(row)}
        verdicts = decide(
            self.loaded.rulebook, state, as_facts(rows, self.at), stop_when_tripped=True
        )
        done = rows[: len(verdicts)]
        self._write(done, verdicts, [""] * len(done))
        index = verdicts[-1].strategy
        if verdicts[-1].tripped and index is not None:
            hits = state.breakers[index]
            trip(
                self.loaded.strategy_ids[index],
                hits=sum(hit[1] for hit in hits),
                amount=sum(hit[2] for hit in hits),
                now=self.now,
            )
        return verdicts

    def _only_suggests(self, row: tuple[Any, ...]) -> bool:
        """Facts are as old as the file that they come from (SPEC O11)."""
        exported: datetime | None = row[EXPORTED]
        if exported is None or self.taken_over_by is not None:
            return False
        return not (self.shop.approves_exports and self.now - exported < FRESH)

    def _write(
        self, rows: Sequence[tuple[Any, ...]], verdicts: Sequence[Verdict], errors: Sequence[str]
    ) -> None:
        # A manual shop's refunds wait for a person; the payer never looks at them.
        by_hand = self.shop.connector == ConnectorKind.MANUAL
        recorded = by_hand or pays_fast_refunds(self.shop)
        tells = is_platform_connected(self.shop)
        write(
            shop_id=self.shop.pk,
            loaded=self.loaded,
            rows=rows,
            verdicts=verdicts,
            errors=errors,
            now=self.now,
            day=self.day,
            next_step=None if by_hand else self.now,
            fast_refund_step=None if recorded else self.now,
            return_due=due_at(
                platform=self.shop.platform,
                type=TicketType.RETURN_REFUND,
                status=TicketStatus.AWAITING_RETURN,
                since=self.now,
            ),
            taken_over_by=self.taken_over_by,
        )

        if tells:
            hits = (
                row[TICKET]
                for row, verdict in zip(rows, verdicts, strict=True)
                if verdict.outcome != MANUAL
            )
            tell_decisions(tickets=hits, now=self.now)

    def _for_people(self, row: tuple[Any, ...]) -> Verdict:
        return Verdict(
            outcome=MANUAL,
            why=ERROR,
            source=None,
            scenario=None,
            strategy=None,
            trace=(),
            refundable=row[REFUNDABLE],
            line_left=row[LINE_LEFT],
            freight_left=row[FREIGHT_LEFT],
            buyer_count=None,
            buyer_sum=None,
            day=self.day.toordinal(),
            tripped=False,
        )

    def _count(self, verdicts: Sequence[Verdict]) -> None:
        keys = self.loaded.strategy_ids
        self.decided += len(verdicts)
        self.tripped = verdicts[-1].tripped
        by_hand = self.shop.connector == ConnectorKind.MANUAL
        tells = is_platform_connected(self.shop)
        for verdict in verdicts:
            strategy = None if verdict.strategy is None else keys[verdict.strategy]
            self.counts[
                verdict.outcome, verdict.source or "", verdict.scenario or "", strategy
            ] += 1
            refund = verdict.outcome == REFUND
            if (refund and not by_hand) or (verdict.outcome != MANUAL and tells):
                self.pays = True
