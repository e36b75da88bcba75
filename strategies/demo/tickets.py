"""The after-sale tickets of a demo shop: settled ones of the past weeks, and those of today."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from aftersale.domain.money import plain_yuan

from .buyers import Buyers
from .clock import TICKETS, Clock, later
from .orders import Orders
from .sales import Sale, iso
from .shops import DemoShop
from .wanted import Wanted

Record = dict[str, Any]

# Tickets filed within these hours wait for the automation; older ones were settled before the shop
# came to Afterdesk, as its platform reports.
FRESH_HOURS = 50

_REASONS = ("no_longer_wanted", "quality_issue", "not_as_described", "wrong_item", "other")
_NOTES = {
    "no_longer_wanted": ("拍错了，不想要了", "买重复了，麻烦退一下", "家里人不让买", ""),
    "quality_issue": ("有一处开线/破损，见图", "收到就坏了，客服看下", "用了一次就不行了", ""),
    "not_as_described": ("颜色和直播间差太多", "尺寸比描述小一圈", ""),
    "wrong_item": ("发错款了", "少发了一件", ""),
    "other": ("与商家协商一致", "快递一直不更新", ""),
}
_CARRIERS = ("顺丰速运", "中通快递", "圆通速递", "京东快递")

# Outcomes of the past weeks' tickets, in percent.
_PAST = {
    "refunded": 63,
    "cancelled": 13,
    "closed": 7,
    "rejected": 6,
    "won": 3,
    "lost": 3,
    "awaiting_return": 3,
    "returning": 2,
}


class Tickets:
    """Files tickets on orders, each with a number of its own."""

    def __init__(self, shop: DemoShop, clock: Clock, rng: random.Random, buyers: Buyers) -> None:
        self.shop, self.clock, self.rng, self.buyers = shop, clock, rng, buyers
        self.count = 0

    def month(self, sales: Sequence[Sale]) -> list[Record]:
        """On the shop's orders; an order that was refunded long ago is closed."""
        found = []
        for sale in sales:
            ticket = self._maybe(sale)
            if ticket is not None:
                found.append(ticket)
        return found

    def wanted(self, wanted: Wanted, orders: Orders) -> tuple[Sale, Record]:
        rng, clock = self.rng, self.clock
        if wanted.hours_ago:
            applied = clock.ago(wanted.hours_ago)
        else:
            applied = clock.between(rng, clock.ago(20), clock.ago(0.2), TICKETS)
        product = next(item for item in self.shop.products if item.code == wanted.product)
        sale = orders.at_stage(wanted.stage, product, wanted.quantity, applied)
        sale.buyer = {
            "": rng.choice(self.buyers.ordinary),
            "greedy": self.buyers.greedy[0],
            "blocked": self.buyers.blocked,
        }[wanted.buyer]
        if wanted.label:
            sale.labels.append(wanted.label)
        ticket = self._new(sale, wanted.type, wanted.reason, applied, line_no=None)
        ticket["amount"] = plain_yuan(sale.paid_amount + wanted.too_much)
        if wanted.reported:
            self._report(ticket, wanted.reported, applied, later(rng, applied, 0, 0.2))
        return sale, ticket

    def before_its_order(self) -> Record:
        """A ticket whose order has not arrived (SPEC O6)."""
        applied = self.clock.ago(0.5)
        order_no = f"{applied:%y%m%d}{self.shop.digit}99999"
        ghost = Sale(self.shop.code, order_no, "", [(self.shop.products[0], 1)], applied)
        return self._new(ghost, "refund_only", "no_longer_wanted", applied, line_no=None)

    def _maybe(self, sale: Sale) -> Record | None:
        rng, clock = self.rng, self.clock
        if sale.paid_at is None:
            return None
        eager = 3.0 if sale.buyer in (*self.buyers.greedy, self.buyers.blocked) else 1.0
        fresh = clock.ago(FRESH_HOURS)
        stage = sale.delivered_at or sale.shipped_at or sale.paid_at
        if sale.completed_at is None and sale.paid_at > clock.ago(24 * 12):
            share = {"pending_shipment": 0.42, "shipped": 0.07}.get(sale.status, 0.11)
            if rng.random() < share * eager:
                start = max(stage + timedelta(minutes=3), fresh)
                if start < clock.now:
                    applied = clock.between(rng, start, clock.now, TICKETS)
                    return self._new(sale, *self._kind(sale), applied, line_no=self._line(sale))
        if sale.shipped_at and sale.shipped_at < fresh and rng.random() < 0.06 * eager:
            return self._past_before_shipping(sale)
        if sale.delivered_at and sale.delivered_at < clock.ago(72) and rng.random() < 0.15 * eager:
            return self._past_after_delivery(sale)
        return None

    def _kind(self, sale: Sale) -> tuple[str, str]:
        rng = self.rng
        if sale.status in ("pending_shipment", "partially_shipped"):
            return "refund_only", rng.choices(_REASONS, (70, 0, 2, 0, 28))[0]
        if sale.status == "shipped":
            return "refund_only", rng.choices(_REASONS, (45, 0, 5, 0, 50))[0]
        reason = rng.choices(_REASONS, (30, 30, 18, 10, 12))[0]
        if "refund_keep_goods" in sale.labels and rng.random() < 0.7:
            return "refund_keep_goods", reason
        types = ("return_refund", "refund_only", "exchange")
        return rng.choices(types, (60, 32, 8))[0], reason

    def _line(self, sale: Sale) -> int | None:
        """Of orders with several products, most tickets are for one of them."""
        if len(sale.items) == 1 or self.rng.random() < 0.3:
            return None
        return self.rng.randint(1, len(sale.items))

    def _past_before_shipping(self, sale: Sale) -> Record:
        rng = self.rng
        assert sale.paid_at is not None and sale.shipped_at is not None
        applied = self.clock.between(rng, sale.paid_at, sale.shipped_at, TICKETS)
        done = min(later(rng, applied, 0.2, 9), self.clock.now)
        sale.label_printed_at = sale.shipped_at = sale.delivered_at = sale.completed_at = None
        sale.closed_at = done
        ticket = self._new(sale, "refund_only", "no_longer_wanted", applied, line_no=None)
        self._report(ticket, "refunded", applied, done)
        return ticket

    def _past_after_delivery(self, sale: Sale) -> Record:
        rng, clock = self.rng, self.clock
        assert sale.delivered_at is not None
        end = min(clock.ago(48), sale.completed_at or clock.now)
        applied = clock.between(rng, sale.delivered_at, end, TICKETS)
        type_, reason = self._kind(sale)
        ticket = self._new(sale, type_, reason, applied, line_no=self._line(sale))
        outcome = rng.choices(list(_PAST), list(_PAST.values()))[0]
        if outcome in ("awaiting_return", "returning") and (
            type_ != "return_refund" or applied < clock.ago(24 * 6)
        ):
            outcome = "refunded"
        if type_ == "exchange" and outcome not in ("cancelled", "rejected"):
            outcome = "closed"
        self._report(ticket, outcome, applied, min(later(rng, applied, 1, 47), clock.now))
        return ticket

    def _new(
        self, sale: Sale, type_: str, reason: str, applied: datetime, *, line_no: int | None
    ) -> Record:
        self.count += 1
        return {
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

    def _report(self, ticket: Record, outcome: str, applied: datetime, done: datetime) -> None:
        """The platform's report on the end of a ticket."""
        done = max(done, applied)
        ticket["updated_at"] = iso(done)
        ticket["status"] = {"won": "closed", "lost": "refunded"}.get(outcome, outcome)
        if outcome in ("won", "lost"):
            ticket["arbitration_result"] = "merchant" if outcome == "won" else "buyer"
        if ticket["status"] == "refunded":
            ticket["refund_result"] = {"status": "succeeded", "at": iso(done)}
        if outcome == "returning":
            ticket["return_shipment"] = self.parcel(done)

    def parcel(self, at: datetime) -> Record:
        """A buyer's return shipment."""
        return {
            "carrier": self.rng.choice(_CARRIERS),
            "tracking_no": f"YT{self.rng.randrange(10**11):011d}",
            "shipped_at": iso(at),
        }
