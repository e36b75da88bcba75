"""Strategies and rulebooks as the plain data that revisions keep and the engine compiles."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aftersale.models import Shop
from aftersale.records.schemas import ShopRecord
from strategies.engine.rulebook import CONTENT_VERSION
from strategies.models import FastRefundRule, Strategy
from strategies.strategy_record import StrategyRecord

# Keys of a record that equal their columns.
_COLUMNS = tuple(key for key in StrategyRecord.model_fields if key not in ("shop", "breaker"))


def strategy_content(strategy: Strategy) -> dict[str, Any]:
    """A strategy in the words of INTERFACES; money in fen, times in UTC."""
    breaker = None
    if strategy.breaker_minutes is not None:
        breaker = {
            "hits": strategy.breaker_hits,
            "amount": strategy.breaker_amount,
            "minutes": strategy.breaker_minutes,
        }
    return {
        **{key: getattr(strategy, key) for key in _COLUMNS},
        "valid_from": _iso(strategy.valid_from),
        "valid_until": _iso(strategy.valid_until),
        "breaker": breaker,
    }


def rulebook_content(
    shop: Shop, strategies: Iterable[Strategy], rules: Iterable[FastRefundRule]
) -> dict[str, Any]:
    """The input of `strategies.engine.compile_rulebook`. The block list is no part of it: whether
    the buyer was blocked is a fact of each decision (SPEC O8)."""
    limit = None
    if shop.buyer_limit_days is not None:
        limit = {
            "days": shop.buyer_limit_days,
            "count": shop.buyer_limit_count,
            "amount": shop.buyer_limit_amount,
        }
    return {
        "version": CONTENT_VERSION,
        "timezone": shop.timezone,
        "working_hours": shop.working_hours,
        "special_days": shop.special_days,
        "fast_refund_periods": [
            [_iso(period.starts_at), _iso(period.ends_at)]
            for period in shop.fast_refund_periods.all()
        ],
        "fast_refund_rules": [
            {"from": _iso(rule.starts_at), "kind": rule.kind, "value": rule.value} for rule in rules
        ],
        "buyer_limit": limit,
        "strategies": [
            {"id": strategy.pk, "revision": strategy.revision, **strategy_content(strategy)}
            for strategy in sorted(strategies, key=lambda s: (s.scenario, s.priority or 0))
        ],
    }


def content_with(content: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """A rulebook with `entry`, a strategy's content with `id`, in place of the strategy that has
    this id, or last in its scenario where `id` is None; as if it were enabled."""
    others = [other for other in content["strategies"] if other["id"] != entry["id"]]
    own = [other for other in content["strategies"] if other["id"] == entry["id"]]
    last = max((o["priority"] for o in others if o["scenario"] == entry["scenario"]), default=0)
    priority = own[0]["priority"] if own else last + 1
    typed = {**entry, "revision": None, "enabled": True, "priority": priority}
    return {**content, "strategies": [*others, typed]}


def content_of_records(shop: ShopRecord, strategies: Sequence[StrategyRecord]) -> dict[str, Any]:
    """The same from records with priorities, for trying without a database."""
    return {
        "version": CONTENT_VERSION,
        "timezone": shop.timezone,
        "working_hours": shop.working_hours,
        "special_days": shop.special_days,
        "fast_refund_periods": [
            [_iso(start), _iso(end)] for start, end in shop.fast_refund_periods
        ],
        "buyer_limit": shop.buyer_limit and shop.buyer_limit.model_dump(),
        "strategies": [
            {
                **strategy.model_dump(exclude={"shop"}),
                "id": strategy.name,
                "revision": None,
                "valid_from": _iso(strategy.valid_from),
                "valid_until": _iso(strategy.valid_until),
            }
            for strategy in strategies
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
