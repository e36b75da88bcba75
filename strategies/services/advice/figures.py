"""Figures of proposals, counted from what the engine's replay decides (SPEC M6). Amounts in fen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from strategies.advice.cases import MOST_OF_ONE_BUYER, Cases, Support
from strategies.advice.judge import interval_of_loss, interval_of_sum

from .columns import Found

EXAMPLES = 3
# Requests of one buyer above this share of the cap, so many of them, are looked at.
JUST_UNDER, AGAIN_AND_AGAIN = 0.8, 3
# The same past gives the same intervals.
SEED = 20_231
DAYS_OF_MONTH = 30


@dataclass(frozen=True)
class Taken:
    """The tickets that one strategy takes in a replay, each with its amount."""

    tickets: np.ndarray
    amounts: np.ndarray
    from_others: int = 0
    """Tickets among them that the present strategies take."""


class Counter:
    """Counts what strategies took, by the ends of the past's tickets."""

    def __init__(self, found: Found, *, split: int, months: float, unseen_months: float) -> None:
        self._found = found
        self._split = split
        self._months, self._unseen_months = months, unseen_months
        self._order = np.argsort(found.everything.ticket)
        self._sorted = found.everything.ticket[self._order]

    def cases(self, taken: Taken, scenario: str) -> Cases:
        """The rows of the tickets, with the scenario's losses."""
        tickets = np.unique(taken.tickets)
        rows = self._order[np.searchsorted(self._sorted, tickets)]
        return self._found.with_losses(scenario).take(rows)

    def of(self, taken: Taken, scenario: str, cap: int) -> dict[str, Any]:
        """Figures of a strategy with this single-amount cap."""
        cases = self.cases(taken, scenario)
        unseen = cases.take(cases.second >= self._split)
        return {
            "hits": len(taken.tickets),
            "amount": int(taken.amounts.sum()),
            "from_others": taken.from_others,
            "all": _sums(cases),
            "unseen": _sums(unseen) | _intervals(unseen, self._unseen_months),
            "right": _largest(cases, cases.known & (cases.loss == 0), cases.amount),
            "wrong": _largest(cases, cases.loss > 0, cases.loss),
            "buyer": _most_of_one(cases),
            "under_cap": _just_under(cases, cap),
        }

    def together(self, parts: Sequence[tuple[Taken, str]]) -> dict[str, Any]:
        """The whole set: its sums, and those of the last third with their intervals, a month."""
        cases = [self.cases(taken, scenario) for taken, scenario in parts]
        unseen = [each.take(each.second >= self._split) for each in cases]
        return {
            "hits": sum(len(taken.tickets) for taken, _ in parts),
            "amount": sum(int(taken.amounts.sum()) for taken, _ in parts),
            "all": _added([_sums(each) for each in cases]),
            "month": _a_month(cases, self._months),
            "unseen": _added([_sums(each) for each in unseen])
            | _a_month(unseen, self._unseen_months)
            | _intervals(joined(unseen), self._unseen_months),
        }


def joined(cases: Sequence[Cases]) -> Cases:
    """All of them, one after the other."""
    first = cases[0]
    return Cases(
        **{name: np.concatenate([getattr(each, name) for each in cases]) for name in vars(first)}
    )


def _sums(cases: Cases) -> dict[str, int]:
    return {
        "tickets": len(cases),
        "buyers": len(np.unique(cases.buyer)),
        "minutes": round(float(cases.minutes.sum())),
        "known": int(cases.known.sum()),
        "bad": int((cases.loss > 0).sum()),
        "loss": int(cases.loss.sum()),
    }


def _added(parts: Sequence[dict[str, int]]) -> dict[str, int]:
    """Buyers of several strategies count with each: who they are is not asked here."""
    return {name: sum(part[name] for part in parts) for name in parts[0]}


def _a_month(cases: Sequence[Cases], months: float) -> dict[str, int]:
    return {
        "loss_a_month": round(sum(int(each.loss.sum()) for each in cases) / months),
        "minutes_a_month": round(sum(float(each.minutes.sum()) for each in cases) / months),
    }


def _intervals(cases: Cases, months: float) -> dict[str, list[int]]:
    loss = interval_of_loss(cases.buyer, cases.loss, cases.amount, seed=SEED)
    minutes = interval_of_sum(cases.buyer, cases.minutes, seed=SEED)
    return {
        "loss_interval": [round(each / months) for each in loss],
        "minutes_interval": [round(each / months) for each in minutes],
    }


def _largest(cases: Cases, chosen: np.ndarray, by: np.ndarray) -> list[int]:
    rows = np.nonzero(chosen)[0]
    rows = rows[np.argsort(-by[rows], kind="stable")][:EXAMPLES]
    return cases.ticket[rows].tolist()


def _most_of_one(cases: Cases) -> dict[str, int] | None:
    """The buyer with most of it, by one of their tickets: numbers of buyers are kept nowhere
    else (SPEC P7)."""
    if not len(cases):
        return None
    codes, places = np.unique(cases.buyer, return_inverse=True)
    amounts = np.bincount(places, weights=cases.amount, minlength=len(codes))
    most = int(amounts.argmax())
    own = places == most
    return {
        "ticket": int(cases.ticket[own][0]),
        "tickets": int(own.sum()),
        "amount": int(amounts[most]),
        "share": round(100 * float(amounts[most]) / max(1, int(cases.amount.sum()))),
    }


def _just_under(cases: Cases, cap: int) -> dict[str, int] | None:
    """The buyer with most requests just under the cap, by one of their tickets: somebody who knows
    it asks for as much as it gives, again and again."""
    near = cases.take((cases.amount > cap * JUST_UNDER) & (cases.amount <= cap))
    if not len(near):
        return None
    _, places, numbers = np.unique(near.buyer, return_inverse=True, return_counts=True)
    most = int(numbers.argmax())
    if numbers[most] < AGAIN_AND_AGAIN:
        return None
    own = places == most
    return {
        "ticket": int(near.ticket[own][0]),
        "tickets": int(numbers[most]),
        "amount": int(near.amount[own].sum()),
    }


def missing_of(support: Support, *, room: int) -> str:
    """Why a scenario gets no proposal, as a word (strategies/wording/advice.py)."""
    if not room:
        return "no_room"
    if support.missing:
        return support.missing
    if support.bad >= support.known * MOST_OF_ONE_BUYER:
        return "mostly_kept"
    return "not_worth"
