"""One of the two rulebooks that a trial run replays the past through, and what it decides (M3)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from strategies.engine import State, compile_rulebook
from strategies.engine.hours import HOUR, MINUTE
from strategies.engine.replay import Past as EnginePast
from strategies.engine.replay import Replay
from strategies.engine.rulebook import Rulebook
from strategies.models import NOT_ASKED, TrialRun

from .past import AMOUNT, DECIDED_AT, Page, Past

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
            restores=past.restores,
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
        """The approver of each: a strategy's key, "fast_refund", "" for people, or NOT_ASKED."""
        codes: list[str] = []
        facts: Any
        for (facts, _, _), verdict in zip(page, self.replay.run(page), strict=True):
            if verdict is None:
                codes.append(NOT_ASKED)
                continue
            if verdict.source is None:
                codes.append("")
                continue
            index = -1 if verdict.strategy is None else verdict.strategy
            self._count(index, verdict.day, facts)
            codes.append(self.keys[index])
            if verdict.tripped:
                self.tripped[self.keys[index]] = moment(facts[DECIDED_AT]).isoformat()
        return codes

    def as_it_was(self, page: Page) -> Sequence[str]:
        """The real decisions, where this rulebook made all of them: equal to replaying it
        (tests/strategies/trials/test_agreement.py), but faster."""
        for was, facts in zip(page.real, page.facts, strict=True):
            if was:
                self._count(self._places[was], self._when(facts[DECIDED_AT])[0], facts)
        return page.real

    def _count(self, index: int, day: int, facts: tuple[Any, ...]) -> None:
        amount = facts[AMOUNT]
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


def moment(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def _state_before(rulebook: Rulebook, trial: TrialRun) -> State:
    """State left by the days before: buyers' approvals, breakers' hits. Caps begin with a day."""
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
