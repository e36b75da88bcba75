"""Tickets that every demo must have, whatever the random ones are like."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """So many tickets of one kind, each on an order of its own.

    `stage` is how far the order has come, `reported` what the platform soon says of the ticket,
    `sandbox` what the fake platform does with its refund. Nobody of the demo answers one that is
    `left`.
    """

    product: str
    stage: str
    type: str
    reason: str
    count: int = 1
    quantity: int = 1
    buyer: str = ""
    label: str = ""
    reported: str = ""
    sandbox: str = ""
    # Filed so many hours ago, one after the other; 0: at some time of the last days.
    hours_ago: float = 0
    today: bool = False
    left: bool = False
    # Fen asked for above what was paid.
    too_much: int = 0


_REFUND, _RETURN, _KEEP = "refund_only", "return_refund", "refund_keep_goods"

WANTED: dict[str, tuple[Wanted, ...]] = {
    "demo-ks": (
        # 下班自动退 and 小额订单自动退 take these at any hour.
        Wanted("ks-303", "unshipped", _REFUND, "no_longer_wanted", 3),
        Wanted("ks-501", "unshipped", _REFUND, "other", sandbox="refuse", left=True),
        Wanted("ks-502", "unshipped", _REFUND, "no_longer_wanted", sandbox="refuse", left=True),
        Wanted("ks-201", "unshipped", _REFUND, "no_longer_wanted", sandbox="timeout"),
        Wanted("ks-303", "unshipped", _REFUND, "no_longer_wanted", sandbox="fail"),
        Wanted("ks-201", "unshipped", _REFUND, "no_longer_wanted", 3, label="fast_refund"),
        Wanted("ks-303", "label_printed", _REFUND, "no_longer_wanted", 2),
        # More than a day's cap of 低价配饰直接退.
        Wanted("ks-601", "shipped", _REFUND, "no_longer_wanted", 6, today=True),
        Wanted("ks-602", "delivered", _REFUND, "other", 5, today=True),
        Wanted("ks-603", "delivered", _REFUND, "no_longer_wanted", 3, today=True),
        Wanted("ks-501", "delivered", _REFUND, "quality_issue", 2),
        Wanted("ks-601", "delivered", _RETURN, "not_as_described", 2),
        Wanted("ks-102", "delivered", _RETURN, "no_longer_wanted", 4),
        Wanted("ks-401", "delivered", _RETURN, "quality_issue", 3),
        Wanted("ks-303", "delivered", _KEEP, "quality_issue", 2, label="refund_keep_goods"),
        Wanted("ks-303", "delivered", _KEEP, "quality_issue"),
        Wanted("ks-203", "delivered", "exchange", "wrong_item", 2),
        # Kuaishou gives 48 hours: one is late, one nearly so.
        Wanted("ks-204", "delivered", _RETURN, "other", hours_ago=49.5, left=True),
        Wanted("ks-402", "delivered", _RETURN, "other", hours_ago=44, left=True),
        Wanted("ks-203", "delivered", _RETURN, "other", hours_ago=30),
        Wanted("ks-402", "delivered", _RETURN, "other", hours_ago=20),
        Wanted("ks-301", "partly", _REFUND, "other", left=True),
        Wanted("ks-604", "delivered", _REFUND, "quality_issue", buyer="blocked", left=True),
        Wanted("ks-204", "unshipped", _REFUND, "other", too_much=5_000, left=True),
        Wanted("ks-203", "delivered", _RETURN, "other", reported="negotiating", left=True),
        Wanted("ks-402", "delivered", _RETURN, "other", reported="arbitration", left=True),
    ),
    "demo-wx": (
        Wanted("wx-101", "unshipped", _REFUND, "no_longer_wanted", 3),
        Wanted("wx-502", "unshipped", _REFUND, "no_longer_wanted", sandbox="refuse", left=True),
        # One more than its circuit breaker allows, and some that come after it.
        Wanted("wx-301", "delivered", _REFUND, "quality_issue", 5, hours_ago=1.6),
        Wanted("wx-303", "delivered", _REFUND, "quality_issue", 4, hours_ago=1.2),
        Wanted("wx-103", "delivered", _RETURN, "not_as_described", 3),
        Wanted("wx-201", "shipped", _REFUND, "other", 2),
        Wanted("wx-401", "delivered", _RETURN, "quality_issue", 3),
        # More than a day's cap of 平台退款不退货.
        Wanted(
            "wx-402", "delivered", _KEEP, "quality_issue", 6, label="refund_keep_goods", today=True
        ),
        Wanted("wx-501", "delivered", _REFUND, "other", buyer="blocked", left=True),
        Wanted("wx-601", "delivered", "exchange", "wrong_item", left=True),
        Wanted("wx-601", "delivered", _RETURN, "other", reported="arbitration", left=True),
    ),
    "demo-jj": (
        Wanted("jj-202", "unshipped", _REFUND, "no_longer_wanted", 3),
        Wanted("jj-303", "unshipped", _REFUND, "other", sandbox="timeout"),
        Wanted("jj-602", "unshipped", _REFUND, "other"),
        # The buyer's limit of three refunds a month ends these.
        Wanted("jj-103", "delivered", _REFUND, "quality_issue", 5, buyer="greedy"),
        Wanted("jj-104", "delivered", _REFUND, "no_longer_wanted", 3),
        Wanted("jj-502", "delivered", _RETURN, "wrong_item", 2),
        Wanted("jj-402", "delivered", _RETURN, "quality_issue", 3),
        Wanted("jj-301", "shipped", _RETURN, "no_longer_wanted"),
        Wanted("jj-401", "delivered", _KEEP, "quality_issue", 2, label="refund_keep_goods"),
        Wanted("jj-203", "delivered", _REFUND, "other", buyer="blocked", left=True),
    ),
}
