"""The strategies that are asked about the same tickets, and which conditions fail for them.

What fails for a ticket is kept in lanes: an int with one byte a strategy, the first strategy's
lowest, in which each condition has a bit, in SPEC E3's order. What a class of amounts, of ages, of
moments or of discrete facts makes fail is such an int, made once; a ticket's is their `|`, and
reading it is one table look-up for all strategies at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from strategies.engine.conditions import (
    BY_AGE,
    BY_AMOUNT,
    BY_LABEL_PRINTED,
    BY_PAID_TIME,
    CHECKS,
    Strategy,
)
from strategies.engine.facts import NO_FACTS, Facts
from strategies.engine.vocabulary import MANUAL, PENDING_SHIPMENT, SCENARIOS, Condition

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook

# A memo is emptied beyond this size, so that memory stays flat whatever comes in.
MEMO_LIMIT = 50_000

# Before shipping all strategies are for the same status; afterwards hours of payment and printed
# labels don't matter. What can fail fits a byte either way. A strategy that is off fails
# everything: OFF is told from all else because of conditions on the same fact only the first that
# fails is noted.
_PRE_SHIP_LANE = tuple(c for c in CHECKS if c not in (Condition.ENABLED, Condition.ORDER_STATUS))
_POST_SHIP_LANE = tuple(
    c for c in CHECKS if c not in (Condition.ENABLED, Condition.PAID_TIME, Condition.LABEL_PRINTED)
)
_OFF = 0xFF
_GUARD = int(Condition.BUYER_GUARD)
_CAP = int(Condition.DAILY_CAP)
assert len(_PRE_SHIP_LANE) <= 8 and len(_POST_SHIP_LANE) <= 8


def _reading(lane: Sequence[Condition]) -> bytes:
    """The first failing condition by lane, as a table for bytes.translate."""
    table = bytearray(256)
    for fails in range(1, 256):
        lowest = (fails & -fails).bit_length() - 1
        table[fails] = lane[lowest] if lowest < len(lane) else Condition.ENABLED
    table[_OFF] = Condition.ENABLED
    return bytes(table)


class Answer(NamedTuple):
    """What a group's strategies say to a ticket, as far as no state is needed.

    The first four are about the first strategy that nothing stopped: `hit` is its index (None if
    there is none), `trace` the trace if it hits, or that of the whole group.
    """

    hit: int | None
    trace: tuple[int, ...]
    scenario: str | None
    outcome: str
    others: tuple[tuple[int, int], ...]
    """The further strategies that nothing stopped: (place in the group, index)."""
    capped: tuple[int, ...]
    """The trace of the whole group where every one of them has used up its daily cap."""
    guarded: tuple[int, ...]
    """The same where the buyer guard stops them."""


class Group(NamedTuple):
    """Made by `make_group`; the loop in `decide` unpacks it."""

    number: int
    pre_ship: bool
    amounts: list[int]
    """The single-amount caps, each once, rising: between two of them all amounts are alike."""
    amount_fails: list[int]
    """Lanes by class of amounts: up to the first cap, the second, ..., above the last."""
    limits: list[int]
    """The time limits, likewise."""
    limit_fails: list[int]
    """The last: later than all limits, or the time is missing."""
    printed_fails: int
    """Lanes for a printed label."""
    paid_fails: int
    """Lanes for an order that was not paid in off-hours."""
    answers: dict[int, Answer]
    """By lanes."""
    members: tuple[int, ...]
    """Indexes in Rulebook.strategies, in order."""
    strategies: tuple[Strategy, ...]
    reading: bytes

    def learn_answer(self, fails: int) -> Answer:
        """Read lanes, and keep what they come to."""
        if len(self.answers) >= MEMO_LIMIT:
            self.answers.clear()
        codes = tuple(fails.to_bytes(len(self.members), "little").translate(self.reading))
        free = [(place, self.members[place]) for place, code in enumerate(codes) if not code]
        capped = tuple(code or _CAP for code in codes)
        first: tuple[int | None, tuple[int, ...], str | None, str] = (None, codes, None, MANUAL)
        if free:
            place, index = free[0]
            first = (index, *self.hit_at(place, codes))
        guarded = tuple(code or _GUARD for code in codes)
        answer = self.answers[fails] = Answer(*first, tuple(free[1:]), capped, guarded)
        return answer

    def hit_at(self, place: int, before: tuple[int, ...]) -> tuple[tuple[int, ...], str, str]:
        """Trace, scenario and outcome where the strategy at this place hits; `before` are the
        codes of those asked before it."""
        scenario = self.strategies[place].scenario
        return (*before[:place], int(Condition.HIT)), scenario, _OUTCOMES[scenario]

    def off(self, tripped: Collection[int]) -> int:
        """Lanes for the strategies that are not enabled, or whose breaker opened."""
        return sum(
            _OFF << 8 * place
            for place, (index, strategy) in enumerate(
                zip(self.members, self.strategies, strict=True)
            )
            if index in tripped or not strategy.enabled
        )

    def fails(self, conditions: Sequence[Condition], facts: Facts, rulebook: Rulebook) -> int:
        """Lanes for these conditions, which look at the same facts: the first failing of them."""
        return _fails(self.pre_ship, self.strategies, conditions, facts, rulebook)


_OUTCOMES = {scenario.name: scenario.outcome for scenario in SCENARIOS}
_READINGS = {True: _reading(_PRE_SHIP_LANE), False: _reading(_POST_SHIP_LANE)}


def make_group(
    number: int, *, pre_ship: bool, members: Sequence[tuple[int, Strategy]], rulebook: Rulebook
) -> Group:
    """The group of these strategies, given with their indexes."""
    own = tuple(strategy for _, strategy in members)
    amounts = sorted({strategy.single_amount_cap for strategy in own})
    limits = sorted({s.time_limit for s in own if s.time_limit is not None})
    at_zero = NO_FACTS._replace(order_status=PENDING_SHIPMENT, paid_at=0)

    def lanes(conditions: Sequence[Condition], facts: Facts) -> int:
        return _fails(pre_ship, own, conditions, facts, rulebook)

    return Group(
        number=number,
        pre_ship=pre_ship,
        amounts=amounts,
        amount_fails=[
            lanes(BY_AMOUNT, NO_FACTS._replace(amount=amount))
            for amount in [*amounts, (amounts or [0])[-1] + 1]
        ],
        limits=limits,
        limit_fails=[
            *(lanes(BY_AGE, at_zero._replace(applied_at=limit)) for limit in limits),
            lanes(BY_AGE, at_zero._replace(paid_at=None)),
        ],
        printed_fails=lanes(BY_LABEL_PRINTED, NO_FACTS._replace(label_printed_at=0)),
        paid_fails=lanes(BY_PAID_TIME, NO_FACTS),
        answers={},
        members=tuple(index for index, _ in members),
        strategies=own,
        reading=_READINGS[pre_ship],
    )


def _fails(
    pre_ship: bool,
    strategies: Sequence[Strategy],
    conditions: Sequence[Condition],
    facts: Facts,
    rulebook: Rulebook,
) -> int:
    lane = _PRE_SHIP_LANE if pre_ship else _POST_SHIP_LANE
    result = 0
    for place, strategy in enumerate(strategies):
        for condition in conditions:
            if condition in lane and not CHECKS[condition](strategy, facts, rulebook):
                result |= 1 << 8 * place + lane.index(condition)
                break
    return result
