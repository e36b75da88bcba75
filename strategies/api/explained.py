"""An explanation in the words of the API: what every condition said, and on what figures."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.utils import timezone
from pydantic import BaseModel, Field

from aftersale.domain.money import plain_yuan
from strategies.engine.condition import Checked, Kind
from strategies.engine.conditions.buyer_guard import Guarded
from strategies.engine.hours import HOUR
from strategies.engine.rulebook import BuyerLimit
from strategies.services.explanations import Explained
from strategies.strategy_record import ScenarioName

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


WhyName = Literal[
    "none_hit",
    "no_scenario",
    "paused",
    "no_amount",
    "over_refundable",
    "over_line",
    "impossible_times",
    "rejected_before",
    "taken_back",
    "open_difference",
    "platform_excess",
    "suggested",
    "error",
]


class Check(BaseModel):
    """One condition of SPEC E3. `value` and `limit` are written as in a record, where there are.

    Of `buyer_guard` they are the number and the amount of the buyer's automatic refunds.
    """

    condition: str
    holds: bool
    asked_for: bool = Field(description="False: the strategy asks for nothing here")
    value: str | list[str] | None
    limit: str | list[str] | None


class ExplainedStrategy(BaseModel):
    """`asked` is false where something before it ended the evaluation."""

    scenario: ScenarioName
    strategy: str
    strategy_id: int
    asked: bool
    checks: list[Check]


class ShownExplanation(BaseModel):
    """All strategies of the scenarios that the ticket matches, in the order of that time."""

    why: WhyName | None
    fast_refund: bool
    agrees: bool = Field(description="Whether it says what was recorded, which is what happened")
    strategies: list[ExplainedStrategy]


def shown_explanation(explained: Explained) -> ShownExplanation:
    found = explained.explanation
    return ShownExplanation(
        why=found.why,  # type: ignore[arg-type]
        fast_refund=found.fast_refund,
        agrees=explained.agrees,
        strategies=[
            ExplainedStrategy(
                scenario=line.strategy.scenario,  # type: ignore[arg-type]
                strategy=line.strategy.name,
                strategy_id=line.strategy.id,  # type: ignore[arg-type]
                asked=line.asked,
                checks=[_check(check) for check in line.checks],
            )
            for line in found.lines
        ],
    )


Figure = str | list[str] | None


def _check(check: Checked) -> Check:
    condition = check.condition
    value = limit = None
    if check.sets:
        value = _WRITTEN[condition.value_kind](check.value)
        limit = _WRITTEN[condition.limit_kind](check.limit)
    return Check(
        condition=condition.name,
        holds=check.ok,
        asked_for=check.sets,
        value=value,
        limit=limit,
    )


def _local_iso(micros: int | None) -> str | None:
    if micros is None:
        return None
    return timezone.localtime(_EPOCH + timedelta(microseconds=micros)).isoformat()


def _approvals(value: Guarded) -> list[str]:
    return [str(value.number), plain_yuan(value.total)]


def _approvals_limit(limit: BuyerLimit | None) -> list[str] | None:
    if limit is None:
        return None
    return [
        "" if limit.approvals is None else str(limit.approvals),
        "" if limit.total is None else plain_yuan(limit.total),
    ]


_WRITTEN: dict[Kind, Callable[[Any], Figure]] = {
    Kind.NOTHING: lambda value: None,
    Kind.MONEY: plain_yuan,
    Kind.MOMENT: _local_iso,
    Kind.MOMENTS: lambda moments: [_local_iso(at) or "" for at in moments],
    Kind.HOURS: lambda span: str(span // HOUR),
    Kind.TEXT: str,
    # In their order where there is one.
    Kind.TEXTS: lambda texts: sorted(texts) if isinstance(texts, frozenset) else list(texts),
    Kind.APPROVALS: _approvals,
    Kind.APPROVALS_LIMIT: _approvals_limit,
}
