"""Which goods of an order must not leave because of their money (SPEC H1). Amounts in fen.

A claim on a line holds that line, a claim on the whole order all of it. Two rules bend this:

- A price adjustment holds nothing: on a line of quantity 1, all claims together stay below what
  was paid for the line. A claim on the whole order is one where the order has one such line,
  gifts (0.00) aside. Freight counts as not given back: it adds nothing to what was paid. A price
  difference that the shop itself gives back is one on a line of any quantity.
- Money given back on a line beyond what was paid for it (and beyond the freight, SPEC E2) came
  out of other lines. Nobody knows which: each line is held whose money may all be gone by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import NamedTuple


class Stage(Enum):
    """How far the money of a ticket has come."""

    GIVEN = "given"  # back at the buyer, or on its way
    WAITS = "waits"  # asked for, and the goods are to wait for the answer
    RETURNS = "returns"  # asked for, against goods that the buyer sends back


class Line(NamedTuple):
    number: int
    quantity: int
    paid: int


class Claim(NamedTuple):
    """Money that one ticket takes or asks for; `line` None: of the whole order."""

    ticket: str
    line: int | None
    amount: int
    stage: Stage
    # A price difference that the shop itself gives back (SPEC P3).
    difference: bool = False


@dataclass(frozen=True)
class OrderMoney:
    """An order's money, and the claims on it.

    `outside`: refunded without a ticket, so of an unknown line.
    """

    paid: int
    outside: int
    lines: Sequence[Line]
    claims: Sequence[Claim]

    @cached_property
    def held(self) -> Mapping[str, frozenset[int] | None]:
        """By ticket, the lines that it holds; None: the whole order. Others hold nothing."""
        return {
            claim.ticket: self._held_by(claim)
            for claim in self.claims
            if claim.stage is not Stage.RETURNS and not self._is_adjustment(claim)
        }

    @cached_property
    def adjustments(self) -> frozenset[str]:
        """The tickets that are price adjustments."""
        return frozenset(
            claim.ticket
            for claim in self.claims
            if claim.stage is not Stage.RETURNS and self._is_adjustment(claim)
        )

    @cached_property
    def all_given(self) -> bool:
        """True if all money paid for the goods was given back."""
        given = sum(claim.amount for claim in self.claims if claim.stage is Stage.GIVEN)
        goods = sum(line.paid for line in self.lines) if self.lines else self.paid
        return 0 < min(goods, self.paid) <= given + self.outside

    @cached_property
    def sold(self) -> list[Line]:
        """The lines that cost something."""
        return [line for line in self.lines if line.paid > 0]

    def _is_adjustment(self, claim: Claim) -> bool:
        if claim.line is None:
            return len(self.sold) == 1 and self._is_adjusted(self.sold[0], claim)
        return any(
            line.number == claim.line and self._is_adjusted(line, claim) for line in self.sold
        )

    def _is_adjusted(self, line: Line, claim: Claim) -> bool:
        """Money of an unknown line may be of this one: all of it counts."""
        claimed = sum(
            claim.amount
            for claim in self.claims
            if claim.line == line.number or claim.line not in self._numbers
        )
        total = claimed + self.outside + self._taken_by_others(line.number)
        return (line.quantity == 1 or claim.difference) and total < min(line.paid, self.paid)

    def _held_by(self, claim: Claim) -> frozenset[int] | None:
        if claim.line is None or claim.line not in self._numbers:
            return None
        held = {claim.line}
        if claim.stage is Stage.GIVEN and claim.line in self._beyond:
            held |= {line.number for line in self.sold if self._is_emptied(line)}
        return frozenset(held)

    def _is_emptied(self, line: Line) -> bool:
        others = self._taken_by_others(line.number)
        gone = self._given.get(line.number, 0) + self.outside + others
        return self.all_given or (others > 0 and gone >= line.paid)

    def _taken_by_others(self, number: int) -> int:
        """The most of this line's money that claims on other lines may have taken."""
        freight = max(0, self.paid - sum(line.paid for line in self.lines))
        return max(0, sum(self._beyond.values()) - self._beyond.get(number, 0) - freight)

    @cached_property
    def _numbers(self) -> frozenset[int]:
        return frozenset(line.number for line in self.lines)

    @cached_property
    def _given(self) -> Mapping[int, int]:
        """Money given back, by line."""
        given: dict[int, int] = {}
        for claim in self.claims:
            if claim.line is not None and claim.stage is Stage.GIVEN:
                given[claim.line] = given.get(claim.line, 0) + claim.amount
        return given

    @cached_property
    def _beyond(self) -> Mapping[int, int]:
        """Money given back beyond the line's own paid amount, by line."""
        return {
            line.number: self._given[line.number] - line.paid
            for line in self.lines
            if self._given.get(line.number, 0) > line.paid
        }
