"""Past tickets of one scenario in columns, and the bounds that a proposal must keep (SPEC M6)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Fewer say nothing (SPEC M6): past tickets behind a strategy, and different buyers among them.
LEAST_CASES = 20
LEAST_BUYERS = 10
# A strategy of which one buyer makes this share rests on one person's behaviour.
MOST_OF_ONE_BUYER = 0.5
# Code of a value that is not known, or of goods that are not all of one kind.
MIXED = -1


@dataclass(frozen=True)
class Cases:
    """One row a ticket that a strategy of the scenario could have taken. Money in fen.

    `loss` is what automation would have cost by the ticket's known end; 0 where it is not known.
    `age` is in hours since the order entered its status, infinite where the moment is missing.
    """

    ticket: Ints
    amount: Ints
    buyer: Ints
    day: Ints
    """Ordinal of the shop-local date of the decision."""
    second: Ints
    """Of the decision, since the epoch."""
    minute: Ints
    """Of the application, on the shop's wall clock."""
    off_hours: Bools
    paid_off_hours: Bools
    status: Ints
    """0 to be shipped, 1 shipped, 2 delivered."""
    age: Floats
    reason: Ints
    category: Ints
    product: Ints
    printed: Bools
    risky: Bools
    known: Bools
    loss: Ints
    minutes: Floats

    def __len__(self) -> int:
        return len(self.amount)

    def take(self, chosen: Bools | Ints) -> Cases:
        return Cases(**{each.name: getattr(self, each.name)[chosen] for each in fields(self)})

    def with_loss(self, loss: Ints) -> Cases:
        return replace(self, loss=loss)


@dataclass(frozen=True)
class Support:
    """The rows behind something: tickets, those with a known end, buyers."""

    cases: int
    known: int
    bad: int
    buyers: int
    largest_share: float
    """Of the tickets, by the buyer who has most of them."""

    @property
    def missing(self) -> str:
        """Why these carry no proposal, as a word; empty where they do."""
        if self.cases < LEAST_CASES:
            return "few_cases"
        if self.known < LEAST_CASES:
            return "no_known_ends"
        if self.largest_share >= MOST_OF_ONE_BUYER:
            return "one_buyer"
        if self.buyers < LEAST_BUYERS:
            return "few_buyers"
        return ""


def support(cases: Cases) -> Support:
    by_buyer = np.unique(cases.buyer, return_counts=True)[1] if len(cases) else np.zeros(0, int)
    return Support(
        cases=len(cases),
        known=int(cases.known.sum()),
        bad=int((cases.known & (cases.loss > 0)).sum()),
        buyers=len(by_buyer),
        largest_share=float(by_buyer.max() / len(cases)) if len(cases) else 0.0,
    )
