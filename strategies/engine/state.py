"""State left by earlier decisions: cap use, buyers' sums, breakers, orders' money."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field


@dataclass(slots=True)
class State:
    """Read and updated by `decide`. Money in fen, moments in microseconds since the epoch."""

    used: dict[tuple[int, int], int] = field(default_factory=dict)
    """Approved by (strategy index, shop-local day ordinal) (SPEC E4)."""
    buyers: dict[Hashable, list[tuple[int, int, int]]] = field(default_factory=dict)
    """A buyer's automatic approvals: (moment, how many, their amount). Kept only while the
    rulebook has a buyer limit."""
    breakers: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    """Hits by strategy index, for strategies with a breaker: (moment, hits, their amount), in the
    order of moments."""
    refundable: dict[Hashable, int] = field(default_factory=dict)
    """Money left of an order after a hit in this run; overrides Facts.refundable."""
    lines: dict[tuple[Hashable, Hashable], int] = field(default_factory=dict)
    """Money left of a line after a hit in this run, by (order, line); overrides
    Facts.line_left."""
    freight: dict[Hashable, int] = field(default_factory=dict)
    """The same of an order's freight."""
    tripped: set[int] = field(default_factory=set)
    """Strategies whose breaker opened: they fail `enabled` (SPEC G3)."""
    paused: bool = False
    suggested: Collection[Hashable] = frozenset()
    """Tickets on which a hit is a suggestion: it takes nothing (SPEC O11)."""
