"""The buyer is not blocked, and within the shop's limit of automatic refunds (SPEC G1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from strategies.engine.condition import Before, Condition, Figures, Kind, Looks
from strategies.engine.facts import Facts
from strategies.engine.strategy import Strategy

if TYPE_CHECKING:
    from strategies.engine.rulebook import Rulebook


class Guarded(NamedTuple):
    blocked: bool
    number: int
    total: int


def _check_state(
    index: int, strategy: Strategy, facts: Facts, rulebook: Rulebook, before: Before
) -> tuple[bool, Figures]:
    """`over` is money; None where the count is the limit reached, or no amount is limited."""
    limit = rulebook.buyer_limit
    value = Guarded(facts.blocked, before.buyer_count, before.buyer_sum)
    too_many = limit is not None and limit.approvals is not None and value.number >= limit.approvals
    over = None
    if limit is not None and limit.total is not None:
        over = value.total + facts.amount - limit.total
    ok = not facts.blocked and not too_many and (over is None or over <= 0)
    sets = facts.blocked or limit is not None
    return ok, Figures(sets, value, limit, None if facts.blocked or too_many else over)


CONDITION = Condition(
    name="buyer_guard",
    number=11,
    place=120,
    looks_at=Looks.STATE,
    check_state=_check_state,
    value_kind=Kind.APPROVALS,
    limit_kind=Kind.APPROVALS_LIMIT,
)
