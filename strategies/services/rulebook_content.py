"""A rulebook's content as revisions keep it, made from records; engine/rulebook.py compiles it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aftersale.records import ShopRecord
from strategies.records import StrategyRecord


def rulebook_content(shop: ShopRecord, strategies: Sequence[StrategyRecord]) -> dict[str, Any]:
    """The content for a shop and its strategies, whose priorities are set."""
    return {
        "timezone": shop.timezone,
        "working_hours": shop.working_hours,
        "special_days": shop.special_days,
        "fast_refund_periods": [
            [start.isoformat(), _text(end)] for start, end in shop.fast_refund_periods
        ],
        "buyer_limit": shop.buyer_limit and shop.buyer_limit.model_dump(),
        "strategies": [
            {
                **strategy.model_dump(exclude={"shop", "remark", "refund_reason"}),
                "id": strategy.name,
                "revision": None,
                "valid_from": _text(strategy.valid_from),
                "valid_until": _text(strategy.valid_until),
            }
            for strategy in strategies
        ],
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
