"""A trial run at work: the past through two rulebooks, page by page (SPEC M3).

Nothing that decisions are made from is written: only the trial run itself, what differs, and the
summary. Between pages it says how far it has come, and sees whether it was cancelled.
"""

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import connection

from strategies.engine import State, compile_rulebook
from strategies.engine.hours import HOUR, MINUTE
from strategies.engine.replay import Past as EnginePast
from strategies.engine.replay import Replay
from strategies.engine.rulebook import Rulebook
from strategies.models import NOT_ASKED, RulebookRevision, TrialEvaluation, TrialRun, TrialStatus

from .begin import SILENCE
from .past import DECIDED_AT, Page, Past
from .summary import summarise

log = structlog.get_logger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICKET, _ORDER, _BUYER, _AMOUNT = 0, 2, 3, 6


class Side:
    """One of the two rulebooks, and what it decides."""

    def __init__(
        self, content: dict[str, Any], trial: TrialRun, past: Past, *, paused: bool = False
    ) -> None:
        rulebook = compile_rulebook(content)
        # By index in the rulebook; -1, the last, is fast refund.
        self.keys = [*(str(strategy.id) for strategy in rulebook.strategies), "fast_refund"]
        self.replay = Replay(
            rulebook,
            _state_before(rulebook, trial),
            repeated=past.repeated,
            paused=paused,
        )
        # By strategy (-1: fast refund) and day: hits, amount; and by hour of the day.
        self.days: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
        self.hours: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        self.tripped: dict[str, str] = {}
        self._clock = rulebook.clock
        self._quarters: dict[int, tuple[int, int]] = {}
        self._places = {key: index for index, key in enumerate(self.keys[:-1])} | {
            "fast_refund": -1
        }

    def decide(self, page: Sequence[EnginePast]) -> list[str]:
        """What hit each: a strategy's key, "fast_refund", "" for people, or NOT_ASKED."""
        codes: list[str] = []
        facts: Any
        for (facts, _, _), verdict in zip(page, self.replay.run(page), strict=True):
            if verdict is None:
                codes.append(NOT_ASKED)
                continue
            _, _, source, _, strategy, _, _, _, _, day, opened = verdict
            if source is None:
                codes.append("")
                continue
            index = -1 if strategy is None else strategy
            self._count(index, day, facts)
            codes.append(self.keys[index])
            if opened:
                self.tripped[self.keys[index]] = _moment(facts[DECIDED_AT]).isoformat()
        return codes

    def as_it_was(self, page: Page) -> Sequence[str]:
        """What this rulebook decided then, where all of the past was decided by it: the same as
        replaying it (tests/strategies/trials/test_agreement.py), in less time."""
        for was, facts in zip(page.real, page.facts, strict=True):
            if was:
                self._count(self._places[was], self._when(facts[DECIDED_AT])[0], facts)
        return page.real

    def _count(self, index: int, day: int, facts: tuple[Any, ...]) -> None:
        amount = facts[_AMOUNT]
        for tally in (self.days[index, day], self.hours[self._when(facts[DECIDED_AT])[1]]):
            tally[0] += 1
            tally[1] += amount

    def _when(self, at: int) -> tuple[int, int]:
        """Day and hour on the shop's clock; worked out once a quarter of an hour."""
        quarter = at // (15 * MINUTE)
        when = self._quarters.get(quarter)
        if when is None:
            day, since_midnight = self._clock.wall(at)
            when = self._quarters[quarter] = day, since_midnight // HOUR
        return when


def run(trial_id: int, *, clock: Callable[[], datetime]) -> None:
    """Runs a trial run that waits, or one whose worker has died; anything else is left alone."""
    trial = _take(trial_id, now=clock())
    if trial is None:
        return
    TrialEvaluation.objects.filter(trial=trial).delete()
    try:
        with _uncollected():
            found = _replay(trial, clock)
        if found:
            _finish(trial, TrialStatus.DONE, now=clock())
    except Exception as error:
        log.exception("trial_run_failed", trial=trial.pk)
        trial.error = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        _finish(trial, TrialStatus.FAILED, now=clock())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles, which looks at every row of a page again and again and takes
    more time than deciding it: rows go when nothing refers to them, and nothing here is a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _take(trial_id: int, *, now: datetime) -> TrialRun | None:
    waiting = TrialRun.objects.filter(pk=trial_id, status=TrialStatus.QUEUED)
    silent = TrialRun.objects.filter(
        pk=trial_id, status=TrialStatus.RUNNING, seen_at__lt=now - SILENCE
    )
    for rows in (waiting, silent):
        if rows.update(status=TrialStatus.RUNNING, seen_at=now, done=0):
            return TrialRun.objects.get(pk=trial_id)
    return None


def _replay(trial: TrialRun, clock: Callable[[], datetime]) -> bool:
    """True once all is replayed and summed up, False where it was cancelled on the way."""
    past = Past(trial.shop_id, trial.starts_at, trial.ends_at)
    trial.total, trial.estimated = past.total, past.estimated
    trial.save(update_fields=["total", "estimated"])
    present = Side(trial.present, trial, past)
    proposed = Side(trial.proposed, trial, past, paused=trial.paused)
    real: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    unchanged = _unchanged(trial, past)
    for page in past.pages():
        asked: list[EnginePast] = list(zip(page.facts, page.hit, page.paused, strict=True))  # type: ignore[arg-type]
        now_codes = present.as_it_was(page) if unchanged else present.decide(asked)
        new_codes = proposed.decide(asked)
        different = []
        for place, (was, now_code, new_code) in enumerate(
            zip(page.real, now_codes, new_codes, strict=True)
        ):
            facts = page.facts[place]
            if was:
                tally = real[was]
                tally[0] += 1
                tally[1] += facts[_AMOUNT]
            if not was == now_code == new_code or (was and facts[_ORDER] in past.repeated):
                different.append((page.decision[place], facts, was, now_code, new_code))
        _keep(trial.pk, different)
        trial.done += len(asked)
        alive = TrialRun.objects.filter(pk=trial.pk, status=TrialStatus.RUNNING)
        if not alive.update(done=trial.done, seen_at=clock()):
            TrialEvaluation.objects.filter(trial=trial).delete()
            return False
    trial.summary = summarise(trial, present=present, proposed=proposed, real=real)
    return True


def _unchanged(trial: TrialRun, past: Past) -> bool:
    """Whether the present strategies are those by which all of the past was decided."""
    if past.estimated or past.rulebook is None:
        return False
    content = RulebookRevision.objects.values_list("content", flat=True).get(pk=past.rulebook)
    return content == trial.present


def _finish(trial: TrialRun, status: TrialStatus, *, now: datetime) -> None:
    TrialRun.objects.filter(pk=trial.pk, status=TrialStatus.RUNNING).update(
        status=status, finished_at=now, summary=trial.summary, error=trial.error
    )


def _keep(trial_id: int, rows: Sequence[tuple[int | None, tuple[Any, ...], str, str, str]]) -> None:
    if not rows:
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY strategies_trialevaluation (trial_id, decision_id, ticket_id, at, amount, buyer,"
            " real, present, proposed) FROM STDIN"
        ) as copy,
    ):
        for decision, facts, was, now_code, new_code in rows:
            copy.write_row(
                (
                    trial_id,
                    decision,
                    facts[_TICKET],
                    _moment(facts[DECIDED_AT]),
                    facts[_AMOUNT],
                    facts[_BUYER],
                    was,
                    now_code,
                    new_code,
                )
            )


def _moment(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def _state_before(rulebook: Rulebook, trial: TrialRun) -> State:
    """What the days before left: buyers' approvals and breakers' hits. Caps begin with a day."""
    state = State()
    start = trial.starts_at
    with connection.cursor() as cursor:
        if rulebook.buyer_limit is not None:
            cursor.execute(
                "SELECT buyer, (date_part('epoch', decided_at) * 1e6)::bigint, amount"
                " FROM strategies_decision WHERE shop_id = %s AND outcome <> 'manual'"
                " AND decided_at > %s AND decided_at < %s ORDER BY id",
                [trial.shop_id, start - timedelta(microseconds=rulebook.buyer_limit.span), start],
            )
            for buyer, at, amount in cursor.fetchall():
                state.buyers.setdefault(buyer, []).append((at, 1, amount))
        for index, strategy in enumerate(rulebook.strategies):
            if strategy.breaker is None:
                continue
            cursor.execute(
                "SELECT (date_part('epoch', decided_at) * 1e6)::bigint, amount"
                " FROM strategies_decision WHERE strategy_id = %s::bigint"
                " AND decided_at > %s AND decided_at < %s ORDER BY decided_at",
                [str(strategy.id), start - timedelta(microseconds=strategy.breaker.span), start],
            )
            state.breakers[index] = [(at, 1, amount) for at, amount in cursor.fetchall()]
    return state
