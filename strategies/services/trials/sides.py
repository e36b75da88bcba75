"""Sums of a rulebook's decisions on a past, by strategy, day and hour (SPEC M3)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from strategies.engine import compile_rulebook
from strategies.engine.hours import HOUR
from strategies.services.past import Decided, Past, on_the_clock
from strategies.services.past.columns import FAST, PEOPLE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def side(past: Past, decided: Decided, content: Mapping[str, Any]) -> dict[str, Any]:
    """What the rulebook approves: in all, by strategy and day, and by hour of the shop's clock."""
    rows = np.flatnonzero(decided.approved)
    amount, place, day = past["amount"][rows], decided.by[rows].astype(np.int64), decided.days[rows]
    _, since_midnight = on_the_clock(compile_rulebook({**content, "strategies": []}),
                                     past["decided_at"][rows])  # fmt: skip
    # Fast refund, whose place is -1, comes first.
    wide = int(day.max()) + 1 if len(rows) else 1
    return {
        "hits": len(rows),
        "amount": int(amount.sum()),
        "days": [
            {
                "strategy": _key(decided, code // wide - 1),
                "day": date.fromordinal(code % wide).isoformat(),
                "hits": hits,
                "amount": fen,
            }
            for code, hits, fen in _sums((place + 1) * wide + day, amount)
        ],
        "hours": [
            {"hour": hour, "hits": hits, "amount": fen}
            for hour, hits, fen in _sums(since_midnight // HOUR, amount)
        ],
        "tripped": {
            _key(decided, place): _moment(int(past["decided_at"][row]))
            for place, row in decided.tripped.items()
        },
    }


def real(past: Past) -> dict[str, dict[str, int]]:
    """What was approved, by strategy."""
    rows = np.flatnonzero(past["approver"] != PEOPLE)
    return {
        "fast_refund" if key == FAST else str(key): {"hits": hits, "amount": fen}
        for key, hits, fen in _sums(past["approver"][rows], past["amount"][rows])
    }


def _key(decided: Decided, place: int) -> str:
    return "fast_refund" if place < 0 else str(decided.strategies[place].id)


def _sums(codes: np.ndarray, amounts: np.ndarray) -> list[tuple[int, int, int]]:
    """By code, rising: how many, and their amount."""
    found, place = np.unique(codes, return_inverse=True)
    sums = np.zeros(len(found), np.int64)
    np.add.at(sums, place, amounts)
    hits = np.bincount(place, minlength=len(found))
    return list(zip(found.tolist(), hits.tolist(), sums.tolist(), strict=True))


def _moment(at: int) -> str:
    return (_EPOCH + timedelta(microseconds=at)).isoformat()
