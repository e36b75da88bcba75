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
from .sales import iso
from .shops import DemoShop
from .tickets import Tickets
from .wanted import WANTED

Record = dict[str, Any]


@dataclass(frozen=True)
class ShopData:
    """Records as in INTERFACES; `sandbox` holds ticket numbers and behaviours."""

    shop: Record
    strategies: Sequence[Record]
    orders: Sequence[Record]
    tickets: Sequence[Record]
    fund_entries: Sequence[Record]
    sandbox: Sequence[tuple[str, str]]


def make_shop_data(shop: DemoShop, now: datetime) -> ShopData:
    """The same for the same moment, on every machine."""
    rng = random.Random(f"afterdesk {shop.code}")
    clock = Clock(now)
    buyers = make_buyers(rng)
    orders, tickets = Orders(shop, clock, rng, buyers), Tickets(shop, clock, rng, buyers)
    sales = orders.month()
    filed = tickets.month(sales)
    sandbox = []
    for wanted in WANTED[shop.code]:
        for _ in range(wanted.count):
            sale, ticket = tickets.wanted(wanted, orders)
            sales.append(sale)
            filed.append(ticket)
            if wanted.sandbox:
                sandbox.append((ticket["ticket_no"], wanted.sandbox))
    filed.append(tickets.before_its_order())
    return ShopData(
        shop={**shop.record(clock), "blocked_buyers": [buyers.blocked]},
        strategies=strategies_of(shop.code, clock),
        orders=[sale.record() for sale in sales],
        tickets=filed,
        fund_entries=_fund_entries(shop, clock),
        sandbox=sandbox,
    )


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
