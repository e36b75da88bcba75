"""An explanation in the words of the API: what every condition said, and on what figures."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.utils import timezone
from pydantic import BaseModel, Field

from aftersale.domain.money import plain_yuan
from strategies.engine import explanation
from strategies.engine.hours import HOUR
from strategies.engine.vocabulary import CONDITION_NAMES, Condition
from strategies.services.explanations import Explained
from strategies.strategy_record import ScenarioName

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    """All strategies of the scenarios that the ticket matches, in the order of then."""

    why: Literal["none_hit", "no_scenario", "paused", "over_refundable", "no_amount"] | None
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


def _check(check: explanation.Checked) -> Check:
    value, limit = _FIGURES.get(check.condition, _none)(check) if check.sets else (None, None)
    return Check(
        condition=CONDITION_NAMES[check.condition] or "",
        holds=check.ok,
        asked_for=check.sets,
        value=value,
        limit=limit,
    )


def _iso_from_micros(at: int | None) -> str:
    """Microseconds since the epoch; nothing for a time that is missing."""
    if at is None:
        return ""
    return timezone.localtime(_EPOCH + timedelta(microseconds=at)).isoformat()


def _sorted(texts: Collection[str]) -> list[str]:
    return sorted(texts)


def _none(check: explanation.Checked) -> tuple[Figure, Figure]:
    return None, None


def _validity(check: explanation.Checked) -> tuple[Figure, Figure]:
    return _iso_from_micros(check.value), [_iso_from_micros(at) for at in check.limit]


def _time(check: explanation.Checked) -> tuple[Figure, Figure]:
    return None if check.value is None else _iso_from_micros(check.value), None


def _texts(check: explanation.Checked) -> tuple[Figure, Figure]:
    return check.value, _sorted(check.limit)


def _money(check: explanation.Checked) -> tuple[Figure, Figure]:
    return plain_yuan(check.value), plain_yuan(check.limit)


def _time_limit(check: explanation.Checked) -> tuple[Figure, Figure]:
    return _time(check)[0], str(check.limit // HOUR)


def _products(check: explanation.Checked) -> tuple[Figure, Figure]:
    return list(check.value), check.limit


def _guard(check: explanation.Checked) -> tuple[Figure, Figure]:
    value: Any = check.value
    limit: Any = check.limit
    shown = None
    if limit is not None:
        shown = [
            "" if limit.approvals is None else str(limit.approvals),
            "" if limit.total is None else plain_yuan(limit.total),
        ]
    return [str(value.number), plain_yuan(value.total)], shown


_FIGURES: dict[Condition, Callable[[explanation.Checked], tuple[Figure, Figure]]] = {
    Condition.VALIDITY: _validity,
    Condition.EXECUTION_TIME: _time,
    Condition.PAID_TIME: _time,
    Condition.ORDER_STATUS: _texts,
    Condition.SINGLE_AMOUNT: _money,
    Condition.TIME_LIMIT: _time_limit,
    Condition.LABEL_PRINTED: _time,
    Condition.PRODUCT: _products,
    Condition.BUYER_REASON: _texts,
    Condition.BUYER_GUARD: _guard,
    Condition.DAILY_CAP: _money,
}
