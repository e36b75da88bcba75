"""Answers to a past that no strategy changes: for people, fast refunds, days (SPEC E2, F1)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from strategies.engine import FAST_REFUND_BIT, Rulebook, compile_rulebook
from strategies.engine.vocabulary import MOST_AHEAD

from .columns import NONE, VIRTUAL
from .passing import fast_words, on_the_clock
from .past import Past


class Frame:
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


def frame_of(past: Past, content: Mapping[str, Any]) -> tuple[Rulebook, Frame]:
    """Kept as long as nothing but strategies changes."""
    bare = {**content, "strategies": []}
    key = "frame", repr(sorted(bare.items(), key=lambda item: item[0]))
    if key not in past.kept:
        rulebook = compile_rulebook(bare)
        past.kept[key] = rulebook, Frame(past, rulebook)
    return past.kept[key]
