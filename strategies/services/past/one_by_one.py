"""Rows of a past decided one by one, where earlier decisions matter: caps, buyers' limits,
breakers, repeated orders, backups brought back (SPEC E4, G1, G3, G6).

What `engine.decide` does behind its conditions on facts. Rows are taken in pieces, of which those
go to people at once whose answer cannot change any more: their strategies' caps of the day are used
up, or their buyer's limit is reached for longer than the piece.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from strategies.engine import FAST_REFUND_BIT, Rulebook, State
from strategies.engine.facts import Facts
from strategies.engine.line_money import line_limit
from strategies.engine.replay import Orders, Restore
from strategies.engine.spans import bought, trips
from strategies.engine.strategy import Strategy
from strategies.engine.vocabulary import SCENARIO_BIT

from .decided import BY_FAST, BY_PEOPLE, GONE
from .frame import Frame
from .past import Past

PIECE = 4_096


@dataclass
class OneByOne:
    past: Past
    rulebook: Rulebook
    frame: Frame
    strategies: Sequence[Strategy]
    bits: np.ndarray
    """By row: the strategies that could take it."""
    paused: np.ndarray
    hot: np.ndarray | None
    """By buyer: whether the limit may be reached."""
    may_trip: set[int]
    """Places of strategies whose breaker may open."""
    restores: Sequence[tuple[int, Restore]]
    state: State
    tripped: dict[int, int] = field(default_factory=dict)
    ran_out: dict[tuple[int, int], int] = field(default_factory=dict)
    _off: int = 0
    """Strategies whose breaker is open."""
    _full: dict[int, int] = field(default_factory=dict)
    """By day, the strategies without room for any amount."""
    _reached: dict[int, int] = field(default_factory=dict)
    """By buyer, the moment until which the limit is reached, while rows come in the order of
    theirs: approvals are only added. `_until` has the same for all buyers, 0 for the others."""

    def answers(self, rows: np.ndarray) -> np.ndarray:
        """To these rows, in their order; at least one."""
        moments = self.past["decided_at"][rows]
        self._in_order = bool((moments[1:] >= moments[:-1]).all())
        self._least = int(self.past["amount"][rows].min())
        self._orders, self._left = Orders(), deque(self.restores)
        self._until = np.zeros(self.past.buyers, np.int64)
        found = np.full(len(rows), BY_PEOPLE, np.int16)
        for first in range(0, len(rows), PIECE):
            piece = rows[first : first + PIECE]
            open_ = self._open(piece)
            found[first + np.flatnonzero(open_)] = self._piece(piece[open_])
        return found

    def _open(self, rows: np.ndarray) -> np.ndarray:
        """Rows whose answer is not for people whatever the others' are."""
        days = self.frame.dates.tolist()
        full = np.array([self._full.get(day, 0) | self._off for day in days], np.uint64)
        could = self.bits[rows] & ~full[self.frame.day[rows]] != 0
        could &= self._until[self.past["buyer"][rows]] <= self.past["decided_at"][rows]
        return could | self.frame.fast[rows] | self.past.repeated[rows]

    def _piece(self, rows: np.ndarray) -> list[int]:
        past, state, full, reached = self.past, self.state, self._full, self._reached
        buyers, used, orders, restores = state.buyers, state.used, self._orders, self._left
        span, most, most_amount = self.rulebook.buyer_limit or (0, None, None)
        hot, least, in_order, until = self.hot, self._least, self._in_order, self._until
        caps = [strategy.daily_cap for strategy in self.strategies]
        breakers = [
            strategy.breaker if place in self.may_trip else None
            for place, strategy in enumerate(self.strategies)
        ]
        guarded = [False] * len(rows) if hot is None else hot[past["buyer"][rows]].tolist()
        off = self._off
        answers: list[int] = []
        for row, bits, fast, amount, day, at, buyer, again, guard in zip(
            rows.tolist(),
            self.bits[rows].tolist(),
            self.frame.fast[rows].tolist(),
            past["amount"][rows].tolist(),
            self.frame.days[rows].tolist(),
            past["decided_at"][rows].tolist(),
            past["buyer"][rows].tolist(),
            past.repeated[rows].tolist(),
            guarded,
            strict=True,
        ):
            while restores and restores[0][0] <= row:
                for who, when, fen in restores.popleft()[1].found:
                    buyers.setdefault(who, []).append((when, 1, fen))
            if again:
                one = past.again[row]
                facts = orders.as_here(one)
                if facts is None:
                    answers.append(GONE)
                    continue
                bits, fast = self._as_left(row, facts, bits, fast)
            if fast:
                answers.append(BY_FAST)
                if guard:
                    buyers.setdefault(buyer, []).append((at, 1, amount))
                if again:
                    orders.count(one, FAST_REFUND_BIT)
                continue
            bits &= ~(off | full.get(day, 0))
            if guard and bits:
                if reached.get(buyer, at) > at:
                    bits = 0
                else:
                    approvals = buyers.get(buyer, ())
                    count, total = bought(approvals, at - span, at)
                    if (most is not None and count >= most) or (
                        most_amount is not None and total + amount > most_amount
                    ):
                        bits = 0
                    if in_order and (
                        (most is not None and count >= most > 0)
                        or (most_amount is not None and total and total + least > most_amount)
                    ):
                        oldest = min(one[0] for one in approvals if one[0] > at - span)
                        reached[buyer] = until[buyer] = oldest + span
            place = BY_PEOPLE
            while bits:
                lowest = bits & -bits
                found = lowest.bit_length() - 1
                before = used.get((found, day), 0)
                use = before + amount
                if use <= caps[found]:
                    place = found
                    break
                self.ran_out.setdefault((found, day), row)
                if before + least > caps[found]:
                    full[day] = full.get(day, 0) | lowest
                bits ^= lowest
            answers.append(place)
            if again:
                scenario = 0 if place < 0 else SCENARIO_BIT[self.strategies[place].scenario]
                orders.count(one, scenario)
            if place < 0:
                continue
            used[place, day] = use
            if guard:
                buyers.setdefault(buyer, []).append((at, 1, amount))
            breaker = breakers[place]
            if breaker is not None and trips(breaker, state, place, at, amount):
                self.tripped.setdefault(place, row)
                off |= 1 << place
        self._off = off
        return answers

    def _as_left(self, row: int, facts: Facts, bits: int, fast: bool) -> tuple[int, bool]:
        """Of a repeated order's ticket, as this replay left it: the strategies that could take it,
        and whether it is a fast refund."""
        if self.frame.held[row] or facts.amount > facts.refundable:
            return 0, False
        most = line_limit(facts.line_left, facts.freight_left)
        if facts.line is not None and facts.amount > most:
            return 0, False
        if fast and not facts.scenarios_hit & FAST_REFUND_BIT:
            return 0, True
        if self.paused[row] or facts.blocked:
            return 0, False
        for place, strategy in enumerate(self.strategies):
            if facts.scenarios_hit & SCENARIO_BIT[strategy.scenario]:
                bits &= ~(1 << place)
        return bits, False
