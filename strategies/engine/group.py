"""The strategies that are asked about the same tickets, and which conditions fail for them.

What fails for a ticket is kept in lanes: an int with 16 bits a strategy, the first strategy's
lowest, in which each condition has a bit, in SPEC E3's order. What a class of amounts, of ages, of
moments or of discrete facts makes fail is such an int, made once; a ticket's is their `|`, and
reading it is one table look-up for all strategies at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from struct import unpack
from typing import TYPE_CHECKING, NamedTuple

from strategies.engine.condition import Condition, Looks
from strategies.engine.conditions import BY_NAME, CONDITIONS, HIT, looking_at
from strategies.engine.facts import NO_FACTS, Facts
from strategies.engine.strategy import Strategy
from strategies.engine.vocabulary import MANUAL, PENDING_SHIPMENT, SCENARIOS

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook

# A memo is emptied beyond this size, so that memory stays flat whatever comes in.
MEMO_LIMIT = 50_000

# A lane has a bit for each condition that is asked before, or after, shipping. A strategy that is
# off fails everything: OFF is told from all else because of conditions on the same fact only the
# first that fails is noted.
LANE_BITS = 16
_OFF = (1 << LANE_BITS) - 1
_LANES = {
    pre_ship: tuple(
        condition
        for condition in CONDITIONS
        if condition.looks_at is not Looks.STATE
        and (condition.asked_before_shipping if pre_ship else condition.asked_after_shipping)
    )
    for pre_ship in (True, False)
}
# The checks on the same facts, each with its bit.
_CHECKS = {
    (pre_ship, looks): tuple(
        (1 << place, condition.holds)
        for place, condition in enumerate(lane)
        if condition.looks_at is looks
    )
    for pre_ship, lane in _LANES.items()
    for looks in Looks
}
_ENABLED, _GUARD, _CAP = (BY_NAME[name].number for name in ("enabled", "buyer_guard", "daily_cap"))


def reading_of(lane: Sequence[Condition]) -> bytes:
    """The number of the first condition that fails, by lane."""
    assert len(lane) <= LANE_BITS
    assert len({condition.looks_at for condition in lane}) < len(lane)
    table = bytearray(_OFF + 1)
    for place, condition in enumerate(lane):
        # All lanes whose lowest bit this is.
        first, step = 1 << place, 2 << place
        table[first::step] = bytes([condition.number]) * len(range(first, _OFF + 1, step))
    table[_OFF] = _ENABLED
    return bytes(table)


class Answer(NamedTuple):
    """A group's answer to a ticket, before conditions that need state (guard, cap). The first four
    fields are about the first strategy whose other conditions all hold: `hit` is its index (None if
    there is none), `trace` the trace if it hits, otherwise that of the whole group.
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
        """Reads lanes as traces, and caches the results."""
        if len(self.answers) >= MEMO_LIMIT:
            self.answers.clear()
        size = len(self.members)
        lanes = unpack(f"<{size}H", fails.to_bytes(size * LANE_BITS // 8, "little"))
        codes = tuple(map(self.reading.__getitem__, lanes))
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
        return (*before[:place], HIT), scenario, _OUTCOMES[scenario]

    def off(self, tripped: Collection[int]) -> int:
        """Lanes for the strategies that are not enabled, or whose breaker opened."""
        return sum(
            _OFF << LANE_BITS * place
            for place, (index, strategy) in enumerate(
                zip(self.members, self.strategies, strict=True)
            )
            if index in tripped or not strategy.enabled
        )

    def fails(self, looks: Looks, facts: Facts, rulebook: Rulebook) -> int:
        """Lanes for the conditions that look at these facts: the first failing of them."""
        return _fails(self.pre_ship, self.strategies, looks, facts, rulebook)


_OUTCOMES = {scenario.name: scenario.outcome for scenario in SCENARIOS}
_READINGS = {pre_ship: reading_of(lane) for pre_ship, lane in _LANES.items()}


def make_group(
    number: int, *, pre_ship: bool, members: Sequence[tuple[int, Strategy]], rulebook: Rulebook
) -> Group:
    """The group of these strategies, given with their indexes."""
    own = tuple(strategy for _, strategy in members)
    amounts, limits = _edges(Looks.AMOUNT, own), _edges(Looks.AGE, own)
    at_zero = NO_FACTS._replace(order_status=PENDING_SHIPMENT, paid_at=0)

    def lanes(looks: Looks, facts: Facts) -> int:
        return _fails(pre_ship, own, looks, facts, rulebook)

    return Group(
        number=number,
        pre_ship=pre_ship,
        amounts=amounts,
        amount_fails=[
            lanes(Looks.AMOUNT, NO_FACTS._replace(amount=amount))
            for amount in [*amounts, (amounts or [0])[-1] + 1]
        ],
        limits=limits,
        limit_fails=[
            *(lanes(Looks.AGE, at_zero._replace(applied_at=limit)) for limit in limits),
            lanes(Looks.AGE, at_zero._replace(paid_at=None)),
        ],
        printed_fails=lanes(Looks.PRINTED, NO_FACTS._replace(label_printed_at=0)),
        paid_fails=lanes(Looks.PAID_TIME, NO_FACTS),
        answers={},
        members=tuple(index for index, _ in members),
        strategies=own,
        reading=_READINGS[pre_ship],
    )


def _edges(looks: Looks, strategies: Sequence[Strategy]) -> list[int]:
    """Where answers of conditions that look at a number may change."""
    return sorted(
        {
            edge
            for condition in looking_at(looks)
            if condition.edges is not None
            for strategy in strategies
            for edge in condition.edges(strategy)
        }
    )


def _fails(
    pre_ship: bool,
    strategies: Sequence[Strategy],
    looks: Looks,
    facts: Facts,
    rulebook: Rulebook,
) -> int:
    checks = _CHECKS[pre_ship, looks]
    result = 0
    for place, strategy in enumerate(strategies):
        for bit, holds in checks:
            if not holds(strategy, facts, rulebook):
                result |= bit << LANE_BITS * place
                break
    return result
