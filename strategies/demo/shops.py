"""The three demo shops, in the words of INTERFACES."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .catalogue import CLOTHES, HOUSEHOLD, SNACKS, Product
from .clock import Clock
from .sales import iso

_LUNCH_BREAK = [["09:00", "12:00"], ["13:30", "22:00"]]
_INTO_THE_NIGHT = [["14:00", "02:00"]]
_OFFICE = [["09:00", "12:00"], ["13:00", "18:00"]]
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
_DAYS = (*_WEEKDAYS, "sat", "sun")


@dataclass(frozen=True)
class DemoShop:
    code: str
    # Starts the shop's order and ticket numbers.
    digit: int
    products: tuple[Product, ...]
    orders_a_day: int
    days_to_completion: int
    # Of 100 orders, so many are given up before they are shipped.
    regret_percent: int
    # Of 100 orders, so many carry the label of fast refund (SPEC F1).
    fast_refund_percent: int
    # Buyers complain of it, lately.
    bad_product: str
    record: Callable[[Clock], dict[str, Any]]


def _clothes(clock: Clock) -> dict[str, Any]:
    return {
        "code": "demo-ks",
        "name": "林间晨雾女装旗舰店（演示）",
        "platform": "kuaishou",
        "working_hours": dict.fromkeys(_DAYS, _LUNCH_BREAK),
        "special_days": {
            _day(clock, ago=10): [["00:00", "24:00"]],  # the campaign
            _day(clock, ago=3): [],
            _day(clock, ago=-5): [["10:00", "16:00"]],
        },
        "fast_refund_periods": [[iso(clock.ago(24 * 400)), None]],
        "blocked_buyers": [],
        "wallet_opened_at": iso(clock.ago(24 * 300)),
        "commission_return": {"categories": ["连衣裙", "上衣", "配饰"], "days": 60},
    }


def _snacks(clock: Clock) -> dict[str, Any]:
    return {
        "code": "demo-wx",
        "name": "山野有味零食铺（演示）",
        "platform": "wechat",
        "working_hours": dict.fromkeys(_DAYS, _INTO_THE_NIGHT),
        "special_days": {_day(clock, ago=6): []},
        "wallet_opened_at": iso(clock.ago(24 * 120)),
        "commission_return": {"categories": ["坚果炒货", "礼盒"], "days": 30},
    }


def _household(clock: Clock) -> dict[str, Any]:
    return {
        "code": "demo-jj",
        "name": "亮家优选百货（演示）",
        "platform": "other",
        "working_hours": dict.fromkeys(_WEEKDAYS, _OFFICE),
        "special_days": {_day(clock, ago=8): [["09:00", "23:00"]]},
        "buyer_limit": {"days": 30, "count": 3, "amount": "300.00"},
    }


def _day(clock: Clock, ago: int) -> str:
    return (clock.now - timedelta(days=ago)).date().isoformat()


SHOPS = (
    DemoShop("demo-ks", 1, CLOTHES, 19, 10, 27, 20, "ks-401", _clothes),
    DemoShop("demo-wx", 2, SNACKS, 11, 8, 9, 0, "wx-401", _snacks),
    DemoShop("demo-jj", 3, HOUSEHOLD, 10, 12, 11, 0, "jj-403", _household),
)
