"""The after-sale tickets of a demo shop's month, as buyers file them. Their ends are not known yet:
automation, people, buyers and the platform bring them about (`fates`)."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aftersale.domain.money import plain_yuan

from .buyers import Buyers
from .clock import TICKETS, Clock
from .orders import Orders
from .sales import Sale, iso
from .shops import DemoShop
from .wanted import Wanted

Record = dict[str, Any]

_REASONS = ("no_longer_wanted", "quality_issue", "not_as_described", "wrong_item", "other")
_NOTES = {
    "no_longer_wanted": ("拍错了，不想要了", "买重复了，麻烦退一下", "家里人不让买", ""),
    "quality_issue": ("有一处开线/破损，见图", "收到就坏了，客服看下", "用了一次就不行了", ""),
    "not_as_described": ("颜色和直播间差太多", "尺寸比描述小一圈", ""),
    "wrong_item": ("发错款了", "少发了一件", ""),
    "other": ("与商家协商一致", "快递一直不更新", ""),
}
# One of a shop's products comes badly from the factory, since that many days.
BAD_BATCH_DAYS = 9
# What every demo must have is filed within as many.
WANTED_DAYS = 8
OF_BAD_BATCH = 0.45


@dataclass
class Filed:
    """A ticket as its buyer filed it. `sale` is None where the order never arrives."""

    record: Record
    sale: Sale | None
    applied: datetime
    # The fake platform does this with its refund, once.
    sandbox: str = ""
    # For visitors: nobody of the demo answers it.
    left: bool = False
    # As the platform's report has it soon after it was filed.
    reported: str = ""

    @property
    def number(self) -> str:
        number: str = self.record["ticket_no"]
        return number


class Tickets:
    """Files tickets on orders, each with a number of its own."""

    def __init__(self, shop: DemoShop, clock: Clock, rng: random.Random, buyers: Buyers) -> None:
        self.shop, self.clock, self.rng, self.buyers = shop, clock, rng, buyers
        self.count = 0

    def month(self, sales: Sequence[Sale]) -> list[Filed]:
        """One at most on each of the shop's orders."""
        return [filed for sale in sales if (filed := self._maybe(sale)) is not None]

    def wanted(self, wanted: Wanted, number: int, orders: Orders) -> Filed:
        """The `number`th of its kind."""
        rng, clock = self.rng, self.clock
        if wanted.hours_ago:
            applied = clock.ago(wanted.hours_ago) + timedelta(minutes=4 * number)
        else:
            first = clock.today() if wanted.today else clock.ago(24 * min(WANTED_DAYS, clock.days))
            applied = clock.between(rng, first, clock.ago(0.2), TICKETS)
        product = next(item for item in self.shop.products if item.code == wanted.product)
        sale = orders.at_stage(wanted.stage, product, wanted.quantity, applied)
        sale.buyer = {
            "": rng.choice(self.buyers.ordinary),
            "greedy": self.buyers.greedy[0],
            "blocked": self.buyers.blocked,
        }[wanted.buyer]
        if wanted.label:
            sale.labels.append(wanted.label)
        filed = self._new(sale, wanted.type, wanted.reason, applied, line_no=None)
        filed.record["amount"] = plain_yuan(sale.paid_amount + wanted.too_much)
        filed.sandbox, filed.left, filed.reported = wanted.sandbox, wanted.left, wanted.reported
        return filed

    def before_its_order(self) -> Filed:
        """A ticket whose order has not arrived (SPEC O6)."""
        applied = self.clock.ago(0.5)
        order_no = f"{applied:%y%m%d}{self.shop.digit}99999"
        ghost = Sale(self.shop.code, order_no, "", [(self.shop.products[0], 1)], applied)
        filed = self._new(ghost, "refund_only", "no_longer_wanted", applied, line_no=None)
        filed.sale, filed.left = None, True
        return filed

    def _maybe(self, sale: Sale) -> Filed | None:
        """Most regret early, or find a fault once the parcel has come."""
        rng, now = self.rng, self.clock.now
        if sale.paid_at is None or sale.shipped_at is None or sale.delivered_at is None:
            return None
        eager = 2.6 if sale.buyer in (*self.buyers.greedy, self.buyers.blocked) else 1.0
        chance = rng.random() / eager
        bad = self._bad_line(sale)
        early = self.shop.regret_percent / 100
        if chance < early:
            stage, start, end = "unshipped", sale.paid_at, sale.shipped_at
        elif chance < early + 0.025:
            stage, start, end = "shipped", sale.shipped_at, sale.delivered_at
        elif chance < early + (OF_BAD_BATCH if bad else 0.16):
            stage, start = "delivered", sale.delivered_at
            end = min(sale.delivered_at + timedelta(days=6), sale.completed_at or now)
        else:
            return None
        start = start + timedelta(minutes=3)
        # Soon rather than late.
        applied = self.clock.between(rng, start, start + (end - start) * rng.random(), TICKETS)
        if not start <= applied <= now:
            return None
        if bad and stage == "delivered":
            return self._new(sale, "return_refund", "quality_issue", applied, line_no=bad)
        type_, reason = self._kind(sale, stage)
        return self._new(sale, type_, reason, applied, line_no=self._line(sale))

    def _bad_line(self, sale: Sale) -> int | None:
        """The line of the order whose product is of the bad batch."""
        assert sale.delivered_at is not None
        if sale.delivered_at < self.clock.ago(24 * BAD_BATCH_DAYS):
            return None
        for number, (product, _quantity) in enumerate(sale.items, start=1):
            if product.code == self.shop.bad_product:
                return number
        return None

    def _kind(self, sale: Sale, stage: str) -> tuple[str, str]:
        rng = self.rng
        if stage == "unshipped":
            return "refund_only", rng.choices(_REASONS, (70, 0, 2, 0, 28))[0]
        if stage == "shipped":
            return "refund_only", rng.choices(_REASONS, (45, 0, 5, 0, 50))[0]
        reason = rng.choices(_REASONS, (34, 26, 18, 10, 12))[0]
        if "refund_keep_goods" in sale.labels and rng.random() < 0.7:
            return "refund_keep_goods", reason
        types = ("return_refund", "refund_only", "exchange")
        return rng.choices(types, (60, 33, 7))[0], reason

    def _line(self, sale: Sale) -> int | None:
        """Of orders with several products, most tickets are for one of them."""
        if len(sale.items) == 1 or self.rng.random() < 0.3:
            return None
        return self.rng.randint(1, len(sale.items))

    def _new(
        self, sale: Sale, type_: str, reason: str, applied: datetime, *, line_no: int | None
    ) -> Filed:
        self.count += 1
        record = {
            "shop": sale.shop,
            "ticket_no": f"AS{self.shop.digit}{applied:%m%d}{self.count * 6007 % 10_000:04d}",
            "order_no": sale.order_no,
            "line_no": line_no,
            "type": type_,
            "reason": reason,
            "amount": plain_yuan(sale.line_amount(line_no)),
            "applied_at": iso(applied),
            "updated_at": iso(applied),
            "note": self.rng.choice(_NOTES[reason]),
        }
        return Filed(record, sale, applied)
