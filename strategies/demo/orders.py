"""A month of orders of a demo shop, with all their moments, also those that lie ahead."""

import random
from datetime import datetime, timedelta

from .buyers import Buyers
from .catalogue import Product
from .clock import ORDERS, Clock, later
from .sales import Sale
from .shops import DemoShop

# A live campaign: that many times the orders of a usual day.
CAMPAIGN_DAYS_AGO, CAMPAIGN_FACTOR = 10, 3


class Orders:
    """Makes orders one after the other, each with a number of its own."""

    def __init__(self, shop: DemoShop, clock: Clock, rng: random.Random, buyers: Buyers) -> None:
        self.shop, self.clock, self.rng, self.buyers = shop, clock, rng, buyers
        self.count = 0

    def month(self) -> list[Sale]:
        sales = []
        for ago in reversed(range(self.clock.days)):
            campaign = ago == CAMPAIGN_DAYS_AGO
            number = self.shop.orders_a_day + self.rng.randint(-4, 4)
            for _ in range(number * CAMPAIGN_FACTOR if campaign else number):
                sales.append(self._any(self.clock.in_day(self.rng, ago, ORDERS), campaign))
        return sales

    def at_stage(self, stage: str, product: Product, quantity: int, applied: datetime) -> Sale:
        """An order of that product as far along as `stage` when its ticket is filed, for good."""
        rng = self.rng
        marks: dict[str, datetime] = {}
        moment = applied
        if stage == "delivered":
            marks["delivered_at"] = moment = later(rng, moment, -60, -3)
        if stage in ("delivered", "shipped", "partly"):
            marks["shipped_at"] = moment = later(rng, moment, -70, -20)
        if stage != "unshipped":
            marks["label_printed_at"] = moment = later(rng, moment, -9, -1)
        paid_at = later(rng, moment, -8, -0.5)
        sale = self._new(paid_at - timedelta(seconds=rng.randint(20, 500)), [(product, quantity)])
        sale.paid_at = paid_at
        for name, mark in marks.items():
            setattr(sale, name, mark)
        sale.partly = stage == "partly"
        return sale

    def _any(self, created_at: datetime, campaign: bool) -> Sale:
        rng = self.rng
        kinds = rng.choices((1, 2, 3), (72, 21, 7))[0]
        items = [
            (product, rng.choices((1, 2), (88, 12))[0])
            for product in rng.sample(self.shop.products, kinds)
        ]
        sale = self._new(created_at, items)
        if campaign:
            sale.labels.append("campaign")
        if rng.random() < 0.05:
            sale.labels.append("refund_keep_goods")
        if rng.random() < 0.02:
            sale.type = "cross_border"
        paid_at = created_at + timedelta(seconds=rng.randint(15, 900))
        if rng.random() < 0.03:
            # Never paid: the platform closes it after half an hour.
            sale.closed_at = created_at + timedelta(minutes=30)
            return sale
        sale.paid_at = paid_at
        self._travel(sale, paid_at)
        self._share(sale)
        if rng.randrange(100) < self.shop.fast_refund_percent:
            sale.labels.append("fast_refund")
        return sale

    def _new(self, created_at: datetime, items: list[tuple[Product, int]]) -> Sale:
        self.count += 1
        number = f"{created_at:%y%m%d}{self.shop.digit}{self.count * 7919 % 100_000:05d}"
        buyer = self.buyers.pick(self.rng)
        return Sale(self.shop.code, number, buyer, items, created_at)

    def _travel(self, sale: Sale, paid_at: datetime) -> None:
        rng = self.rng
        if all(product.virtual for product, _quantity in sale.items):
            sale.shipped_at = later(rng, paid_at, 0.02, 0.5)
            sale.delivered_at = later(rng, sale.shipped_at, 0, 0.1)
        else:
            sale.label_printed_at = later(rng, paid_at, 4, 28)
            sale.shipped_at = later(rng, sale.label_printed_at, 1, 14)
            sale.delivered_at = later(rng, sale.shipped_at, 28, 96)
        sale.completed_at = sale.delivered_at + timedelta(days=self.shop.days_to_completion)
        sale.partly = len(sale.items) > 1 and rng.random() < 0.08

    def _share(self, sale: Sale) -> None:
        """Seven of ten orders were sold by a talent's live stream."""
        rng, paid = self.rng, sale.paid_amount
        sale.splits = [("platform", "", paid * 5 // 100)]
        if rng.random() < 0.7:
            sale.splits.append(("talent", f"daren-{rng.randint(1, 6)}", paid * 15 // 100))
            if rng.random() < 0.3:
                sale.splits.append(("team_leader", f"tuan-{rng.randint(1, 2)}", paid * 2 // 100))
        elif rng.random() < 0.2:
            sale.splits.append(("promoter", f"kzk-{rng.randint(1, 9)}", paid * 8 // 100))
