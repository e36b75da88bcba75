"""Past evaluations decided once more, by a rulebook as it is or might be (SPEC M3).

Each is decided at its own moment, on the facts that were kept (SPEC O8), in the order of the
decisions, and a ticket is hit once (SPEC S3). Everything else stays as it was: pauses of the shop,
backups brought back (SPEC G6), people's approvals and rejections, changes of orders. A breaker that
opens in a replay stays open to its end, for only a person switches the strategy on again (SPEC G3).
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Final, NamedTuple

from strategies.engine.decide import decide
from strategies.engine.facts import Facts
from strategies.engine.rulebook import Rulebook
from strategies.engine.state import State
from strategies.engine.verdict import Verdict
from strategies.engine.vocabulary import FAST_REFUND_BIT, MANUAL, SCENARIO_BIT

# Positions in Facts.
_ORDER: Final = 2
_DECIDED_AT: Final = 9


class Past(NamedTuple):
    """An evaluation as it was; it and its `facts` may be plain tuples in the order of theirs."""

    facts: Facts
    hit: bool
    """Whether the automation approved it then."""
    paused: bool
    """Whether the shop was paused then."""


class Restore(NamedTuple):
    """A backup that was brought back: from `at` on, the caps of its day count as used up, and what
    became known again of the lost time counts for buyers' limits (SPEC G6)."""

    at: int
    found: Sequence[tuple[Hashable, int, int]]
    """Buyer, moment and amount of each refund."""


class _Lines:
    """The money of one order's lines: as it was then, and how much more the replay took of it."""

    def __init__(self) -> None:
        self._left_then: dict[Hashable, int] = {}
        self._more: dict[Hashable, int] = {}

    def see(self, facts: Facts) -> None:
        if facts.line is not None:
            self._left_then[facts.line] = facts.line_left or 0

    def count(self, facts: Facts, *, then: bool, here: bool) -> None:
        """Ends an evaluation: whether it took its amount then, and in the replay."""
        if facts.line is None:
            return
        self._left_then[facts.line] -= facts.amount * then
        self._more[facts.line] = self._more.get(facts.line, 0) + facts.amount * (here - then)

    def as_here(self, facts: Facts) -> Facts:
        if facts.line is None:
            return facts
        freight = facts.freight_left or 0
        for line, more in self._more.items():
            left = self._left_then[line]
            freight -= max(0, more - left) - max(0, -left)
        left_here = (facts.line_left or 0) - self._more.get(facts.line, 0)
        return facts._replace(line_left=left_here, freight_left=freight)


class Orders:
    """Orders that are evaluated more than once, as a replay leaves them: their money, and which of
    their tickets it has approved."""

    def __init__(self) -> None:
        # How much more of the order's money is free in the replay than was then, and the money of
        # its lines.
        self._freer: dict[Hashable, int] = {}
        self._lines: dict[Hashable, _Lines] = defaultdict(_Lines)
        # The scenarios that hit a ticket in the replay; and tickets approved in it but not then,
        # which would not have been evaluated again.
        self._scenarios_hit: dict[Hashable, int] = {}
        self._gone: set[Hashable] = set()

    def as_here(self, one: Past) -> Facts | None:
        """The facts as this replay left them; None where it approved the ticket before, which
        ends the evaluation."""
        facts = one.facts
        lines = self._lines[facts.order]
        lines.see(facts)
        if facts.ticket in self._gone:
            if one.hit:
                self._free(facts.order, facts.amount)
                lines.count(facts, then=True, here=False)
            return None
        free = facts.refundable + self._freer.get(facts.order, 0)
        most = max(facts.refundable, facts.paid_amount)
        return lines.as_here(facts)._replace(
            scenarios_hit=self._scenarios_hit.setdefault(facts.ticket, facts.scenarios_hit),
            refundable=min(free, most),
        )

    def count(self, one: Past, hit: int) -> None:
        """Ends an evaluation that `as_here` began; `hit` is the bit of what hit, 0 for people."""
        facts = one.facts
        self._lines[facts.order].count(facts, then=one.hit, here=hit != 0)
        if one.hit:
            self._free(facts.order, facts.amount)
        if hit:
            self._free(facts.order, -facts.amount)
            self._scenarios_hit[facts.ticket] |= hit
            if not one.hit:
                self._gone.add(facts.ticket)

    def _free(self, order: Hashable, amount: int) -> None:
        self._freer[order] = self._freer.get(order, 0) + amount


class Replay:
    """One rulebook over the past, in as many pieces as the past comes in.

    `repeated` are the orders that are evaluated more than once in the past replayed: for them
    alone something is remembered from one evaluation to the next, so that memory stays flat.
    `restores` are in the order of their moments.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        state: State,
        *,
        repeated: Collection[Hashable],
        paused: bool = False,
        restores: Iterable[Restore] = (),
    ) -> None:
        self.rulebook = rulebook
        self._restores = deque(restores)
        self.state = state
        self._repeated = repeated
        self._always_paused = paused
        self._orders = Orders()

    def run(self, past: Sequence[Past]) -> list[Verdict | None]:
        """The verdicts, in order; None where this replay approved the ticket before."""
        verdicts: list[Verdict | None] = []
        while past and self._restores and past[-1][0][_DECIDED_AT] >= self._restores[0].at:
            restore = self._restores.popleft()
            before = bisect_left(past, restore.at, key=lambda one: one[0][_DECIDED_AT])
            verdicts += self._run(past[:before])
            self._restore(restore)
            past = past[before:]
        return verdicts + self._run(past)

    def _restore(self, restore: Restore) -> None:
        day = self.rulebook.moment(restore.at).day
        for index, cap in enumerate(self.rulebook.daily_caps):
            self.state.used[index, day] = max(cap, self.state.used.get((index, day), 0))
        if self.rulebook.buyer_limit is not None:
            for buyer, at, amount in restore.found:
                self.state.buyers.setdefault(buyer, []).append((at, 1, amount))

    def _run(self, past: Sequence[Past]) -> list[Verdict | None]:
        if not past:
            return []
        verdicts: list[Verdict | None] = []
        together = [one[0] for one in past]
        paused = past[0][2]
        if {one[2] for one in past} == {paused} and not any(
            facts[_ORDER] in self._repeated for facts in together
        ):
            verdicts += self._decide(together, paused)
            self._forget(Facts._make(past[-1][0]).decided_at)
            return verdicts
        together = []
        for one in past:
            facts = one[0]
            if facts[_ORDER] in self._repeated:
                verdicts += self._decide(together, paused)
                together = []
                verdicts.append(self._again(Past._make(one)))
                continue
            if one[2] != paused:
                verdicts += self._decide(together, paused)
                together, paused = [], one[2]
            together.append(facts)
        verdicts += self._decide(together, paused)
        self._forget(Facts._make(past[-1][0]).decided_at)
        return verdicts

    def _decide(self, facts: list[Facts], paused: bool) -> list[Verdict]:
        if not facts:
            return []
        self.state.paused = paused or self._always_paused
        verdicts = decide(self.rulebook, self.state, facts)
        # The facts have each order's refundable money; money that a hit takes counts within one
        # call only.
        self.state.refundable.clear()
        self.state.lines.clear()
        self.state.freight.clear()
        return verdicts

    def _again(self, one: Past) -> Verdict | None:
        """An evaluation of an order that has several: on what this replay left of it."""
        one = one._replace(facts=Facts._make(one.facts))
        facts = self._orders.as_here(one)
        if facts is None:
            return None
        (verdict,) = self._decide([facts], one.paused)
        bit = 0
        if verdict.outcome != MANUAL:
            bit = SCENARIO_BIT[verdict.scenario] if verdict.scenario else FAST_REFUND_BIT
        self._orders.count(one, bit)
        return verdict

    def _forget(self, now: int) -> None:
        """Drops the approvals that no limit counts any more, and no breaker."""
        for index, hits in self.state.breakers.items():
            breaker = self.rulebook.breakers[index]
            if breaker is not None and hits and hits[0][0] <= now - breaker.span:
                hits[:] = [hit for hit in hits if hit[0] > now - breaker.span]
        limit = self.rulebook.buyer_limit
        if limit is None:
            return
        for buyer, approvals in list(self.state.buyers.items()):
            if approvals[0][0] <= now - limit.span:
                approvals[:] = [one for one in approvals if one[0] > now - limit.span]
                if not approvals:
                    del self.state.buyers[buyer]
