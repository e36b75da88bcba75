"""The engine's decision on one ticket."""

from typing import NamedTuple


class Verdict(NamedTuple):
    outcome: str
    why: str | None
    """Why it is for people (SPEC E8), None otherwise."""
    source: str | None
    scenario: str | None
    """Set where a strategy hit."""
    strategy: int | None
    """Index in Rulebook.strategies of the one that hit."""
    trace: tuple[int, ...]
    """A Condition for every strategy asked, in their order; see trace.expand_trace."""
    refundable: int
    """The order's refundable amount when the ticket was decided, fen."""
    line_left: int | None
    """The same of the ticket's line, as in Facts; None for the whole order."""
    freight_left: int | None
    buyer_count: int | None
    """The buyer's automatic approvals in the limit's window before this one; None without one."""
    buyer_sum: int | None
    """Their amounts, fen."""
    day: int
    """Shop-local date of the decision, as a proleptic Gregorian ordinal (SPEC E4)."""
    tripped: bool
    """True if this hit opened the strategy's circuit breaker (SPEC G3)."""
    suggestion: tuple[str, str, str | None, int | None] | None = None
    """Outcome, source, scenario and strategy of what is only suggested (SPEC O11)."""
