"""The parts of a condition: its check, the facts it looks at, its figures (SPEC E3).

Each condition is a module of `strategies.engine.conditions`, which names a `CONDITION`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from strategies.engine.facts import Facts
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


class Looks(Enum):
    """The facts that a condition looks at: its answer is worked out once for all tickets that have
    these in common."""

    TIME = "time"
    """`applied_at`."""
    PAID_TIME = "paid_time"
    """Whether the order was paid in off-hours."""
    AMOUNT = "amount"
    """`amount`, which is alike between two of the condition's `edges`."""
    AGE = "age"
    """How long after the order entered its status the ticket was applied for; `edges` likewise."""
    PRINTED = "printed"
    """Whether the label was printed by the moment of the decision."""
    WORDS = "words"
    """Anything with few values: status, reason, labels of order and ticket, goods."""
    STATE = "state"
    """Earlier decisions; `decide` asks these conditions itself."""


class Kind(Enum):
    """How a figure is written in a record."""

    NOTHING = "nothing"
    MONEY = "money"
    MOMENT = "moment"
    MOMENTS = "moments"
    HOURS = "hours"
    TEXT = "text"
    TEXTS = "texts"
    APPROVALS = "approvals"
    APPROVALS_LIMIT = "approvals_limit"


class Figures(NamedTuple):
    """The figures of a condition's check. Money in fen, moments and spans in microseconds."""

    sets: bool
    """True if the strategy sets this condition; one that it does not set always holds."""
    value: Any = None
    limit: Any = None
    over: int | None = None
    """How far the value is beyond the limit, where there is near and far; at most 0 where it is
    not."""
    scale: int | None = None
    """Unit of `over`, to compare how narrowly conditions failed."""


class Checked(NamedTuple):
    """A condition's answer to one ticket, with its figures."""

    condition: Condition
    ok: bool
    sets: bool
    value: Any = None
    limit: Any = None
    over: int | None = None
    scale: int | None = None


@dataclass(frozen=True)
class Before:
    """State left by earlier decisions when the ticket was evaluated. Money in fen."""

    used: Mapping[int, int] = field(default_factory=dict)
    """Approved that day, by strategy index (SPEC E4)."""
    buyer_count: int = 0
    buyer_sum: int = 0
    """The buyer's automatic approvals in the window of the shop's limit (SPEC G1)."""
    tripped: Collection[int] = ()
    paused: bool = False


Check = Callable[[Strategy, Facts, "Rulebook"], bool]
Measure = Callable[[Strategy, Facts, "Rulebook"], Figures]
# Of conditions that look at the state: (strategy's index, strategy, facts, rulebook, before).
StateCheck = Callable[[int, Strategy, Facts, "Rulebook", Before], tuple[bool, Figures]]


class Alike(NamedTuple):
    """A class of tickets that a condition does not tell apart, for the review (SPEC M5)."""

    probe: Facts | None
    """One of them, to be asked about; None where the condition holds for all of them."""
    put: Callable[[Facts], Facts]
    """Turns a ticket into one of them."""


def always(strategy: Strategy, facts: Facts, rulebook: Rulebook) -> bool:
    return True


@dataclass(frozen=True, eq=False)
class Condition:
    name: str
    """As traces and records have it."""
    number: int
    """As decisions store it: never used again for another."""
    place: int
    """Conditions are asked in the order of these (SPEC E3)."""
    looks_at: Looks
    holds: Check = always
    figures: Measure | None = None
    check_state: StateCheck | None = None
    """For conditions on the state, in place of `holds` and `figures`."""
    asked_before_shipping: bool = True
    asked_after_shipping: bool = True
    value_kind: Kind = Kind.NOTHING
    limit_kind: Kind = Kind.NOTHING
    edges: Callable[[Strategy], Iterable[int]] | None = None
    alike: Callable[[Sequence[Strategy]], Sequence[Alike]] | None = None
    """The classes into which strategies cut all tickets; time and goods have their own way."""

    def check(
        self, index: int, strategy: Strategy, facts: Facts, rulebook: Rulebook, before: Before
    ) -> Checked:
        if self.check_state is not None:
            ok, figures = self.check_state(index, strategy, facts, rulebook, before)
        else:
            assert self.figures is not None
            ok = self.holds(strategy, facts, rulebook)
            figures = self.figures(strategy, facts, rulebook)
        return Checked(self, ok, *figures)

    def __repr__(self) -> str:
        return f"<{self.name}>"
