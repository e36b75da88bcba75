"""A proposed rule: conditions of a strategy as a mask over past tickets, and as its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from strategies.advice.cases import Bools, Cases

DAY_MINUTES: Final = 24 * 60
STATUSES = ("pending_shipment", "shipped", "delivered")

Codes = frozenset[int]


@dataclass(frozen=True)
class Goods:
    """A product condition over categories or single products, by their codes."""

    column: str
    """`category` or `product`."""
    listed: Codes
    excludes: bool


@dataclass(frozen=True)
class Rule:
    """Conditions that all hold; None asks nothing. Amounts in fen, limits in hours."""

    most_amount: int
    reasons: Codes | None = None
    goods: Goods | None = None
    statuses: Codes | None = None
    most_hours: int | None = None
    window: tuple[int, int] | None = None
    """Minutes of the day [from, to); past midnight where `to` is not after `from`."""
    off_hours: str | None = None
    """`any` or `off_hours`: when the order was paid."""
    skip_printed: bool = True
    skip_risky: bool = True

    @property
    def length(self) -> int:
        """How many conditions a person has to read besides the amount."""
        asked = (self.reasons, self.goods, self.statuses, self.most_hours, self.window)
        return sum(each is not None for each in asked) + (self.off_hours is not None)

    def mask(self, cases: Cases) -> Bools:
        held = cases.amount <= self.most_amount
        if self.reasons is not None:
            held &= np.isin(cases.reason, list(self.reasons))
        if self.goods is not None:
            listed = np.isin(getattr(cases, self.goods.column), list(self.goods.listed))
            held &= ~listed if self.goods.excludes else listed
        if self.statuses is not None:
            held &= np.isin(cases.status, list(self.statuses))
        if self.most_hours is not None:
            held &= cases.age <= self.most_hours
        if self.window is not None:
            held &= in_window(cases, self.window)
        if self.off_hours is not None:
            held &= cases.off_hours
            if self.off_hours == "off_hours":
                held &= cases.paid_off_hours
        if self.skip_printed:
            held &= ~cases.printed
        if self.skip_risky:
            held &= ~cases.risky
        return held

    def keys(self, words: Words) -> dict[str, Any]:
        """The keys of a strategy's record (INTERFACES) that these conditions set; caps in fen."""
        keys: dict[str, Any] = {
            "single_amount_cap": self.most_amount,
            "skip_label_printed": self.skip_printed,
            "skip_risky": self.skip_risky,
        }
        if self.reasons is not None:
            keys["buyer_reasons"] = sorted(words.reasons[code] for code in self.reasons)
        if self.goods is not None:
            names = words.categories if self.goods.column == "category" else words.products
            keys["product_condition"] = "exclude" if self.goods.excludes else "include"
            key = "categories" if self.goods.column == "category" else "products"
            keys[key] = sorted(names[code] for code in self.goods.listed)
        if self.statuses is not None:
            keys["order_statuses"] = [STATUSES[code] for code in sorted(self.statuses)]
        if self.most_hours is not None:
            keys["time_limit_hours"] = self.most_hours
        if self.window is not None:
            keys |= {"execution_time": "windows", "windows": [list(map(clock, self.window))]}
        if self.off_hours is not None:
            keys |= {"execution_time": "off_hours", "paid_time": self.off_hours}
        return keys


@dataclass(frozen=True)
class Words:
    """Reasons, categories and products by their codes."""

    reasons: list[str]
    categories: list[str]
    products: list[str]


def in_window(cases: Cases, window: tuple[int, int]) -> Bools:
    start, end = window
    after, before = cases.minute >= start, cases.minute < end
    return after & before if start < end else after | before


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
