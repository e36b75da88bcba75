"""Answers of a rulebook to a past, in columns."""

from dataclasses import dataclass

import numpy as np

from strategies.engine.strategy import Strategy

from .columns import FAST, PEOPLE

# A row is approved by a strategy, as its place in the order of asking, or one of these. GONE: the
# ticket was approved before, so that it would not have been evaluated again.
BY_FAST, BY_PEOPLE, GONE = -1, -2, -3

# Stand, among the approvers of a past, for a strategy that has no key yet, and for a ticket that is
# not evaluated again.
NEW, NOT_AGAIN = -9, -8


@dataclass(frozen=True)
class Decided:
    """The answers of a rulebook to a past."""

    strategies: tuple[Strategy, ...]
    """In the order of asking."""
    by: np.ndarray
    """By row: a place in `strategies`, BY_FAST, BY_PEOPLE or GONE."""
    days: np.ndarray
    """By row: the shop's date of the decision, as an ordinal."""
    tripped: dict[int, int]
    """The row at which a strategy's breaker opened, by its place."""
    ran_out: dict[tuple[int, int], int]
    """By strategy's place and day: the first row that found no room under its daily cap."""

    stopped: np.ndarray
    """By row: whether it is for people whatever strategies say (SPEC E2), on the facts as they
    were; of repeated orders the replay may have left more or less money."""

    @property
    def approved(self) -> np.ndarray:
        return self.by >= BY_FAST

    @property
    def approvers(self) -> np.ndarray:
        """By row, as the column `approver` has it; NEW and NOT_AGAIN besides."""
        ids = [one.id if has_key(one) else NEW for one in self.strategies]
        # The three behind the strategies are reached from the end: GONE, BY_PEOPLE, BY_FAST.
        return np.array([*ids, NOT_AGAIN, PEOPLE, FAST], np.int64)[self.by]


def has_key(strategy: Strategy) -> bool:
    """One that is only proposed has none, or a number below all keys."""
    return isinstance(strategy.id, int) and strategy.id > 0
