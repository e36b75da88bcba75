"""A past decided once more by a rulebook, quickly: what `engine.replay.Replay` answers, in columns.

Conditions on facts are looked up for all rows at once (`passing.py`). What depends on earlier
decisions is worked out row by row, and only where it can matter: on days on which a cap may run
out, for buyers who may reach the limit, for orders that are evaluated several times, and for all
rows where a breaker may open. The bounds are never too low: they count each ticket for every
strategy that could take it. tests/strategies/past/test_deciding.py compares it with Replay.
"""

from collections import deque
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from strategies.engine import FAST_REFUND_BIT, Rulebook, State, compile_rulebook
from strategies.engine.facts import Facts
from strategies.engine.line_money import line_limit
from strategies.engine.replay import Orders, Restore
from strategies.engine.rulebook import in_order
from strategies.engine.spans import bought, trips
from strategies.engine.vocabulary import MOST_AHEAD, SCENARIO_BIT

from .columns import BLOCKED, HIT, NONE, PAUSED, VIRTUAL
from .decided import BY_FAST, BY_PEOPLE, GONE, Decided, has_key
from .passing import column, fast_words, on_the_clock, shared
from .past import Past

# A row's strategies are the bits of one number.
MOST_STRATEGIES = 64


def decide_past(past: Past, content: Mapping[str, Any], *, paused: bool = False) -> Decided:
    """Decides every evaluation by the rulebook of this content. `paused`: as if automation had
    been paused all the time."""
    return _Run(past, content, paused).decided()


class _Frame:
    """Answers that no strategy changes: reasons for people, fast refunds, days."""

    def __init__(self, past: Past, rulebook: Rulebook) -> None:
        amount = past["amount"]
        held = np.array([bool(word.held_back) for word in past.words], bool)[past["word"]]
        asked = np.array([word.held_back is not None for word in past.words], bool)[past["word"]]
        paid, applied = past["paid_at"], past["applied_at"]
        impossible = applied - past["decided_at"] > MOST_AHEAD
        impossible |= (paid != NONE) & (applied < paid)
        self.held = held | (asked & impossible)
        """For people whatever the order's money says (SPEC E2)."""
        self.held |= amount <= 0
        line_left, freight = (
            np.where(past[name] == NONE, 0, past[name]) for name in ("line_left", "freight_left")
        )
        over_line = amount > np.maximum(line_left, 0) + np.maximum(freight, 0)
        self.stopped = self.held | (amount > past["refundable"])
        self.stopped |= (past["line"] != NONE) & over_line
        self.fast = self._fast(past, rulebook)
        self.days, _ = on_the_clock(rulebook, past["decided_at"])
        self.dates, self.day = np.unique(self.days, return_inverse=True)
        rows = np.flatnonzero(past.repeated)
        self.repeated = rows
        self.orders, self.order = np.unique(past["order"][rows], return_inverse=True)

    def _fast(self, past: Past, rulebook: Rulebook) -> np.ndarray:
        """SPEC F1; of repeated orders whatever hit the ticket before."""
        fast = fast_words(past, rulebook)[past["word"]] & ~past.has(VIRTUAL)
        before = np.array([word.scenarios_hit & FAST_REFUND_BIT != 0 for word in past.words], bool)
        fast &= ~before[past["word"]] | past.repeated
        rows = np.flatnonzero(fast)
        for row, paid, applied, amount in zip(
            rows.tolist(),
            past["paid_at"][rows].tolist(),
            past["applied_at"][rows].tolist(),
            past["paid_amount"][rows].tolist(),
            strict=True,
        ):
            fast[row] = rulebook.fast_refund.holds(None if paid == NONE else paid, applied, amount)
        return fast


def _frame(past: Past, content: Mapping[str, Any]) -> tuple[Rulebook, _Frame]:
    """Kept as long as nothing but strategies changes."""
    bare = {**content, "strategies": []}
    key = "frame", repr(sorted(bare.items(), key=lambda item: item[0]))
    if key not in past.kept:
        rulebook = compile_rulebook(bare)
        past.kept[key] = rulebook, _Frame(past, rulebook)
    return past.kept[key]


class _Run:
    def __init__(self, past: Past, content: Mapping[str, Any], paused: bool) -> None:
        self.past = past
        self.rulebook, self.frame = _frame(past, content)
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
        self.tripped: dict[int, int] = {}
        self.ran_out: dict[tuple[int, int], int] = {}

    def decided(self) -> Decided:
        by = np.full(len(self.past), BY_PEOPLE, np.int16)
        rows = np.flatnonzero(self.plain)
        first = _lowest(self.bits[rows])
        by[rows] = first
        by[self.fast] = BY_FAST
        careful = self._careful(rows, first)
        if len(careful):
            by[careful] = self._one_by_one(careful)
        return Decided(
            self.strategies, by, self.frame.days, self.tripped, self.ran_out, self.frame.stopped
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

    def _one_by_one(self, rows: np.ndarray) -> list[int]:
        """The answers to rows, in their order; what `engine.decide` does behind its conditions on
        facts."""
        past, state, caps = self.past, self.state, self.caps
        limit, hot, buyers, used = self.rulebook.buyer_limit, self.hot, state.buyers, state.used
        span, most, most_amount = limit or (0, None, None)
        breakers = [
            strategy.breaker if place in self.may_trip else None
            for place, strategy in enumerate(self.strategies)
        ]
        repeated = past.repeated[rows].tolist()
        guarded = [False] * len(rows) if hot is None else hot[past["buyer"][rows]].tolist()
        orders = Orders()
        restores = deque(self.restores)
        off = 0
        # By day, the strategies without room for any amount.
        full: dict[int, int] = {}
        least = int(past["amount"][rows].min())
        # By buyer, the moment until which the limit is reached, while rows come in the order of
        # theirs: approvals are only added.
        reached: dict[int, int] = {}
        moments = past["decided_at"][rows]
        in_order = bool((moments[1:] >= moments[:-1]).all())
        answers = []
        for row, bits, fast, amount, day, at, buyer, again, guard in zip(
            rows.tolist(),
            self.bits[rows].tolist(),
            self.frame.fast[rows].tolist(),
            past["amount"][rows].tolist(),
            self.frame.days[rows].tolist(),
            past["decided_at"][rows].tolist(),
            past["buyer"][rows].tolist(),
            repeated,
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
                bits, fast = self._open(row, facts, bits, fast)
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
                        reached[buyer] = oldest + span
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
        return answers

    def _open(self, row: int, facts: Facts, bits: int, fast: bool) -> tuple[int, bool]:
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


def _lowest(bits: np.ndarray) -> np.ndarray:
    """The place of the lowest bit of each number, none of which is 0."""
    lowest = bits & (~bits + np.uint64(1))
    # A power of two is exact as a float.
    return np.frexp(lowest.astype(np.float64))[1].astype(np.int64) - 1
