"""Fast refund: the service of SPEC F1."""

from bisect import bisect_right
from datetime import datetime
from typing import Any

from strategies.engine.hours import HOUR, micros

APPLIED_WITHIN_HOURS = "applied_within_hours"
PAID_AMOUNT_BELOW = "paid_amount_below"

# SPEC F1: an operator can add further dated rows to these.
DEFAULT_RULES: tuple[dict[str, Any], ...] = (
    {"from": None, "kind": APPLIED_WITHIN_HOURS, "value": 6},
    {"from": "2023-09-13T00:00:00+08:00", "kind": PAID_AMOUNT_BELOW, "value": 30_000},
)


class FastRefund:
    """The shop's opted-in periods and the dated rules."""

    def __init__(
        self, periods: list[list[str | None]], rules: list[dict[str, Any]] | tuple[Any, ...]
    ) -> None:
        self._periods = [
            (_parse_micros(start), None if end is None else _parse_micros(end))
            for start, end in periods
            if start is not None
        ]
        dated = sorted(
            (float("-inf") if row["from"] is None else _parse_micros(row["from"]), index, row)
            for index, row in enumerate(rules)
        )
        self._starts = [start for start, _, _ in dated]
        self._rules = [(row["kind"], int(row["value"])) for _, _, row in dated]

    def holds(self, paid_at: int | None, applied_at: int, paid_amount: int) -> bool:
        """True if the shop had opted in when the order was paid, and the rule in force then is met.

        The caller has looked at the order's label, status and lines and at the ticket's type.
        """
        if paid_at is None or not any(
            start <= paid_at and (end is None or paid_at < end) for start, end in self._periods
        ):
            return False
        row = bisect_right(self._starts, paid_at) - 1
        if row < 0:
            return False
        kind, value = self._rules[row]
        if kind == APPLIED_WITHIN_HOURS:
            return applied_at - paid_at <= value * HOUR
        return paid_amount < value


def _parse_micros(text: str) -> int:
    return micros(datetime.fromisoformat(text))
