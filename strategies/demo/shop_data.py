"""All records of one demo shop, as a platform and a merchant would have made them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .buyers import make_buyers
from .clock import Clock
from .orders import Orders
from .rules import strategies_of
from .sales import Sale, iso
from .shops import DemoShop
from .tickets import Filed, Tickets
from .wanted import WANTED

Record = dict[str, Any]


@dataclass(frozen=True)
class ShopData:
    """Records are as in INTERFACES."""

    strategies: Sequence[Record]
    sales: Sequence[Sale]
    tickets: Sequence[Filed]
    fund_entries: Sequence[Record]


def shop_record(shop: DemoShop, now: datetime) -> Record:
    blocked = make_buyers(_random(shop)).blocked
    return {**shop.record(Clock(now)), "blocked_buyers": [blocked]}


def make_shop_data(shop: DemoShop, clock: Clock) -> ShopData:
    """The same for the same moment, on every machine."""
    rng = _random(shop)
    buyers = make_buyers(rng)
    orders, tickets = Orders(shop, clock, rng, buyers), Tickets(shop, clock, rng, buyers)
    sales = [sale for sale in orders.month() if sale.created_at <= clock.now]
    filed = tickets.month(sales)
    for wanted in WANTED[shop.code]:
        for number in range(wanted.count):
            one = tickets.wanted(wanted, number, orders)
            filed.append(one)
            sales += [one.sale] if one.sale else []
    filed.append(tickets.before_its_order())
    return ShopData(
        strategies=strategies_of(shop.code, clock),
        sales=sales,
        tickets=filed,
        fund_entries=_fund_entries(shop, clock),
    )


def _random(shop: DemoShop) -> random.Random:
    return random.Random(f"afterdesk {shop.code}")


def _fund_entries(shop: DemoShop, clock: Clock) -> list[Record]:
    size = 4 - shop.digit
    entries = [
        ("deposit", 340, f"{10_000 * size}.00", "店铺保证金缴纳"),
        ("deposit", 21, "-180.00", "平台扣款：延迟发货赔付"),
        ("wallet", 290, "3000.00", "安心钱包首次充值"),
        ("wallet", 60, f"{1_500 * size}.00", "充值"),
        ("wallet", 12, "-350.00", "超售后期退款垫付"),
        ("wallet", 2, "1500.00", "充值"),
    ]
    return [
        {
            "shop": shop.code,
            "fund": fund,
            "entry_no": f"{fund[0].upper()}{number:04d}",
            "amount": amount,
            "at": iso(clock.ago(24 * days)),
            "note": note,
        }
        for number, (fund, days, amount, note) in enumerate(entries, start=1)
    ]
