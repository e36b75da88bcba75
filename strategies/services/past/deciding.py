"""A past decided once more by a rulebook, quickly: what `engine.replay.Replay` answers, in columns.

Conditions on facts are looked up for all rows at once (`passing.py`). What depends on earlier
decisions is worked out row by row (`one_by_one.py`), and only where it can matter: on days on which
a cap may run out, for buyers who may reach the limit, for orders that are evaluated several times,
and for all rows where a breaker may open. The bounds are never too low: they count each ticket for
every strategy that could take it. tests/strategies/past/test_deciding.py compares it with Replay.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from strategies.engine import State
from strategies.engine.replay import Restore
from strategies.engine.rulebook import in_order

from .columns import BLOCKED, HIT, NONE, PAUSED
from .decided import BY_FAST, BY_PEOPLE, Decided, has_key
from .frame import frame_of
from .one_by_one import OneByOne
from .passing import column, shared
from .past import Past

# A row's strategies are the bits of one number.
MOST_STRATEGIES = 64


def decide_past(past: Past, content: Mapping[str, Any], *, paused: bool = False) -> Decided:
    """Decides every evaluation by the rulebook of this content. `paused`: as if automation had
    been paused all the time."""
    return _Run(past, content, paused).decided()


class _Run:
    def __init__(self, past: Past, content: Mapping[str, Any], paused: bool) -> None:
        self.past = past
        self.rulebook, self.frame = frame_of(past, content)
        self.strategies = in_order(content)
        self.caps = [strategy.daily_cap for strategy in self.strategies]
        if len(self.strategies) > MOST_STRATEGIES:
            raise ValueError(f"{len(self.strategies)} strategies; {MOST_STRATEGIES} are the most")
        self.bits = self._bits(content)
        self.restores = self._restores()
        self.paused = past.has(PAUSED) | paused
        single = ~past.repeated
        asked = ~(self.frame.stopped | self.paused | past.has(BLOCKED)) & single
        self.fast = self.frame.fast & ~self.frame.stopped & single
        self.plain = asked & ~self.fast & (self.bits != 0)
        self.again = self._again()
        self.hot: np.ndarray | None = None
        self.may_trip: set[int] = set()
        self.state = State()

    def decided(self) -> Decided:
        by = np.full(len(self.past), BY_PEOPLE, np.int16)
        rows = np.flatnonzero(self.plain)
        first = _lowest(self.bits[rows])
        by[rows] = first
        by[self.fast] = BY_FAST
        careful = self._careful(rows, first)
        one = OneByOne(
            past=self.past,
            rulebook=self.rulebook,
            frame=self.frame,
            strategies=self.strategies,
            bits=self.bits,
            paused=self.paused,
            hot=self.hot,
            may_trip=self.may_trip,
            restores=self.restores,
            state=self.state,
        )
        if len(careful):
            by[careful] = one.answers(careful)
        return Decided(
            self.strategies, by, self.frame.days, one.tripped, one.ran_out, self.frame.stopped
        )

    def _bits(self, content: Mapping[str, Any]) -> np.ndarray:
        """By row: the strategies that could take it, as bits by their place. Those of the rulebook
        before are kept: a what-if differs by a strategy."""
        asked = [strategy.given if strategy.enabled else None for strategy in self.strategies]
        about = shared(content)
        known = self.past.kept.get(("bits",))
        if known is not None and known[0] == about and len(known[1]) == len(asked):
            _, before, bits = known
            places = [place for place, given in enumerate(asked) if given != before[place]]
            before, bits = list(before), bits.copy()
        else:
            places, bits = list(range(len(asked))), np.zeros(len(self.past), np.uint64)
            before = [None] * len(asked)
        for place in places:
            bit = np.uint64(1 << place)
            bits &= ~bit
            # A copy: what the caller changes later would else look the same.
            given = before[place] = deepcopy(asked[place])
            if given is not None:
                bits |= column(self.past, content, given).astype(np.uint64) << np.uint64(place)
        self.past.kept["bits",] = about, before, bits
        return bits.copy()

    def _restores(self) -> list[tuple[int, Restore]]:
        """Backups brought back, with the row before which each came. The caps of its day count as
        used up from then on (SPEC G6): no strategy takes any more."""
        decided_at, found = self.past["decided_at"], []
        for restore in self.past.restores:
            row = int(np.searchsorted(decided_at, restore.at, side="left"))
            day = self.rulebook.moment(restore.at).day
            self.bits[row:][self.frame.days[row:] == day] = 0
            if self.rulebook.buyer_limit is not None:
                found.append((row, restore))
        return found

    def _again(self) -> np.ndarray:
        """Rows of repeated orders of which any ticket may be approved; the others all go to
        people."""
        rows = self.frame.repeated
        may = self._may(rows)
        if not may.any():
            return rows[:0]
        alive = np.bincount(self.frame.order, weights=may, minlength=len(self.frame.orders)) > 0
        return rows[alive[self.frame.order]]

    def _may(self, rows: np.ndarray) -> np.ndarray:
        asked = (self.bits[rows] != 0) & ~self.paused[rows] & ~self.past.has(BLOCKED)[rows]
        return (asked | self.frame.fast[rows]) & ~self.frame.held[rows]

    def _careful(self, rows: np.ndarray, first: np.ndarray) -> np.ndarray:
        """The rows that are decided one by one."""
        again = self.again[self._may(self.again)]
        hot = self.hot = self._hot_buyers(again)
        self.may_trip = self._may_trip(again)
        if self.may_trip:
            wanted = self.plain.copy()
        else:
            wanted = self.plain & self._short_days(rows, first, again)[self.frame.day]
            if hot is not None:
                wanted |= self.plain & hot[self.past["buyer"]]
        if hot is not None:
            wanted |= self.fast & hot[self.past["buyer"]]
        wanted[self.again] = True
        return np.flatnonzero(wanted)

    def _short_days(self, rows: np.ndarray, first: np.ndarray, again: np.ndarray) -> np.ndarray:
        """By day: whether some cap may run out."""
        number, days = len(self.strategies), len(self.frame.dates)
        wanted = np.zeros((max(number, 1), days))
        amount, day = self.past["amount"], self.frame.day
        if number:
            wanted += np.bincount(
                first * days + day[rows], weights=amount[rows], minlength=number * days
            ).reshape(number, days)
        bits = self.bits[again]
        for place in range(number if len(again) else 0):
            own = again[(bits >> np.uint64(place)) & np.uint64(1) != 0]
            wanted[place] += np.bincount(day[own], weights=amount[own], minlength=days)
        caps = np.array(self.caps or [0])
        return np.any(wanted > caps[:, None], axis=0)

    def _hot_buyers(self, again: np.ndarray) -> np.ndarray | None:
        """By buyer: whether the limit may be reached; None without a limit (SPEC G1)."""
        limit = self.rulebook.buyer_limit
        if limit is None:
            return None
        past = self.past
        before = self._before(limit.span)
        rows = np.concatenate([np.flatnonzero(self.plain | self.fast), again])
        buyer = np.concatenate([past["buyer"][rows], past.before["buyer"][before]])
        amount = np.concatenate([past["amount"][rows], past.before["amount"][before]])
        found = [refund for _row, restore in self.restores for refund in restore.found]
        if found:
            buyer = np.concatenate([buyer, np.array([who for who, *_ in found], np.int64)])
            amount = np.concatenate([amount, np.array([fen for *_, fen in found], np.int64)])
        number = np.bincount(buyer, minlength=past.buyers)
        total = np.bincount(buyer, weights=amount, minlength=past.buyers)
        hot = np.zeros(past.buyers, bool)
        if limit.approvals is not None:
            hot |= number > limit.approvals
        if limit.total is not None:
            hot |= total > limit.total
        mine = before[hot[past.before["buyer"][before]]]
        for one, at, fen in zip(
            *(past.before[name][mine].tolist() for name in ("buyer", "decided_at", "amount")),
            strict=True,
        ):
            self.state.buyers.setdefault(one, []).append((at, 1, fen))
        return hot

    def _before(self, span: int) -> np.ndarray:
        """Rows of `before`: automatic approvals of the last `span` before the past begins."""
        before = self.past.before
        hit = (before["bits"] & HIT) != 0
        return np.flatnonzero(hit & (before["decided_at"] > self.past.start - span))

    def _may_trip(self, again: np.ndarray) -> set[int]:
        """Places of strategies whose breaker may open (SPEC G3); their hits from before are
        counted."""
        past, found = self.past, set()
        for place, strategy in enumerate(self.strategies):
            breaker = strategy.breaker
            if breaker is None:
                continue
            before = self._before(breaker.span)
            own = strategy.id if has_key(strategy) else NONE
            before = before[past.before["approver"][before] == own]
            moments, amounts = past.before["decided_at"][before], past.before["amount"][before]
            self.state.breakers[place] = sorted(
                (at, 1, fen) for at, fen in zip(moments.tolist(), amounts.tolist(), strict=True)
            )
            could = (self.bits >> np.uint64(place)) & np.uint64(1) != 0
            rows = np.concatenate([np.flatnonzero(self.plain & could), again[could[again]]])
            moments = np.concatenate([moments, past["decided_at"][rows]])
            amounts = np.concatenate([amounts, past["amount"][rows]])
            order = np.argsort(moments, kind="stable")
            moments, sums = moments[order], np.concatenate([[0], np.cumsum(amounts[order])])
            first = np.searchsorted(moments, moments - breaker.span, side="right")
            last = np.searchsorted(moments, moments, side="right")
            if breaker.hits is not None and (last - first > breaker.hits).any():
                found.add(place)
            if breaker.amount is not None and (sums[last] - sums[first] > breaker.amount).any():
                found.add(place)
        return found


def _lowest(bits: np.ndarray) -> np.ndarray:
    """The place of the lowest bit of each number, none of which is 0."""
    lowest = bits & (~bits + np.uint64(1))
    # A power of two is exact as a float.
    return np.frexp(lowest.astype(np.float64))[1].astype(np.int64) - 1
