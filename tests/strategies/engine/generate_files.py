"""Generated simulation files, full of boundaries and of wrong records (INTERFACES `simulate`).

Made from a seed rather than drawn choice by choice: hypothesis would keep to small values, and
nearly no ticket of such a file would reach a strategy.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

# A zone and a day: of a clock change (Lord Howe by half an hour, Apia by a whole day), of the
# change of fast-refund rules, and plain ones.
SCENES = (
    ("Asia/Shanghai", datetime(2023, 9, 13)),
    ("Asia/Shanghai", datetime(2026, 11, 11)),
    ("America/New_York", datetime(2026, 3, 8)),
    ("America/New_York", datetime(2026, 11, 1)),
    ("Australia/Lord_Howe", datetime(2026, 4, 5)),
    ("Pacific/Apia", datetime(2011, 12, 30)),
    ("Asia/Kolkata", datetime(2026, 3, 1)),
)
CLOCK = ("00:00", "01:30", "02:00", "02:30", "06:00", "09:00", "18:00", "22:00", "23:59")
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
NUDGES = (timedelta(0),) * 4 + (SECOND, -SECOND, MICROSECOND, -MICROSECOND)
# After a payment, a shipment or another ticket: limits of strategies, of fast refund, of breakers
# and of the buyer's days.
SPANS = tuple(timedelta(minutes=minutes) for minutes in (0, 10, 30, 60, 360, 1440, 2880))
# From application to decision: 10 minutes before it are the last that can be (SPEC E2).
WAITS = tuple(timedelta(minutes=minutes) for minutes in (0, 1, -10, 10, 60, 360, 1440, 2880))
OFFSETS = (UTC, ZoneInfo("Asia/Shanghai"), ZoneInfo("America/Caracas"))
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Written otherwise, each is one that is here already (SPEC O9).
BUYERS = ("b-1", "b-1", "b-2", "?O1", "b-1 ", "b\u200b-1", "\ufeffb-2", "café", "cafe\u0301")
PRODUCTS = ("p1", "p1", "p2", "p2\u00ad", "p3", "?")
CATEGORIES = ("c1", "c2", "c1\t")
FEN = (0, 1, 99, 100, 101, 200, 250, 300, 1_000, 30_000)
LINE_PAID = (0, 100, 200, 300, 1_000, 1_000)
ORDER_PAID = (0, 200, 1_000, 10_000, 29_999, 30_000)
STATUSES = (
    ("pending_shipment",) * 10
    + ("shipped", "delivered") * 5
    + ("pending_payment", "partially_shipped", "completed", "closed")
)
SCENARIOS = (
    ("pre_ship_refund",) * 4
    + ("post_ship_refund", "post_ship_waive_return")
    + ("post_ship_return", "post_ship_keep_goods")
)
ALL_TYPES = ("refund_only", "return_refund", "refund_keep_goods", "exchange")
TYPES = dict.fromkeys(STATUSES, ALL_TYPES) | {
    "pending_shipment": ("refund_only",) * 6 + ALL_TYPES,
    "shipped": ("return_refund", "return_refund", *ALL_TYPES),
    "delivered": ("return_refund", "return_refund", *ALL_TYPES),
}


def yuan(random: Random, fen: int):
    """An amount as files may write it: 1.50, 1.5, and 2 for 2.00."""
    whole, part = divmod(fen, 100)
    ways = [f"{whole}.{part:02d}"]
    if part % 10 == 0:
        ways.append(f"{whole}.{part // 10}")
    if part == 0:
        ways.append(str(whole))
    return random.choice(ways)


def on_the_clock(random: Random, scene):
    """Around the scene's day: at the times of CLOCK on its wall, give or take a second or less."""
    zone, day = scene
    hours, minutes = map(int, random.choice(CLOCK).split(":"))
    wall = day + timedelta(days=random.randint(-1, 1), hours=hours, minutes=minutes)
    at = wall.replace(tzinfo=ZoneInfo(zone), fold=random.randint(0, 1)).astimezone(UTC)
    return at + random.choice(NUDGES)


def after(random: Random, at, spans=SPANS):
    return at + random.choice(spans) + random.choice(NUDGES)


def written(random: Random, at):
    return None if at is None else at.astimezone(random.choice(OFFSETS)).isoformat()


def intervals(random: Random, least=0):
    return [
        [random.choice(CLOCK), random.choice((*CLOCK, "24:00"))]
        for _ in range(random.randint(least, 2))
    ]


def one_in(random: Random, number: int):
    return random.randrange(number) == 0


def some(random: Random, values, most=2):
    return random.choices(values, k=random.randint(0, most))


def a_shop(random: Random, scene):
    zone, day = scene
    shop = {"code": "s"}
    if zone != "Asia/Shanghai" or one_in(random, 2):
        shop["timezone"] = zone
    if not one_in(random, 4):
        shop["working_hours"] = {
            name: intervals(random) for name in random.sample(WEEK, random.randint(0, 7))
        }
    if one_in(random, 2):
        shop["special_days"] = {
            (day + timedelta(days=random.randint(-2, 1))).date().isoformat(): intervals(random)
            for _ in range(2)
        }
    if not one_in(random, 4):
        start, end = sorted((on_the_clock(random, scene), on_the_clock(random, scene)))
        if start == end or one_in(random, 2):
            start, end = start - timedelta(days=2), None
        shop["fast_refund_periods"] = [[written(random, start), written(random, end)]]
    if one_in(random, 20):
        shop["automation_paused"] = True
    if one_in(random, 4):
        shop["blocked_buyers"] = some(random, BUYERS)
    if one_in(random, 2):
        limit = {"days": random.randint(1, 2)}
        if one_in(random, 2):
            limit["count"] = random.randint(0, 3)
        if one_in(random, 2):
            limit["amount"] = yuan(random, random.choice(FEN))
        shop["buyer_limit"] = limit
    return shop


def a_breaker(random: Random):
    if not one_in(random, 4):
        return {}
    breaker = {"minutes": random.choice((10, 60, 1440))}
    if one_in(random, 2):
        breaker["hits"] = random.randint(1, 2)
    if "hits" not in breaker or one_in(random, 2):
        breaker["amount"] = yuan(random, random.choice(FEN))
    return {"breaker": breaker}


def a_strategy(random: Random, number: int, scene):
    scenario = random.choice(SCENARIOS)
    cap = random.choice((100, 200, 1_000, 30_000, 30_000))
    if one_in(random, 4):  # only its caps and its breaker stand in the way of a ticket
        return {
            "scenario": scenario,
            "name": f"n{number}",
            "single_amount_cap": "1.00",
            "daily_cap": random.choice(("1.00", "1.50", "2.00")),
            "enabled": True,
            **a_breaker(random),
        }
    executions = ["all_day", "all_day", "windows"]
    if scenario == "pre_ship_refund":
        executions += ["off_hours"] * 2
    strategy = {
        "scenario": scenario,
        "name": f"n{number}",
        "single_amount_cap": yuan(random, cap),
        "enabled": not one_in(random, 16),
        "windows": intervals(random, least=1),
        "execution_time": random.choice(executions),
    }
    choices = {
        "priority": (3, lambda: random.randint(1, 3)),
        "valid_from": (12, lambda: written(random, on_the_clock(random, scene))),
        "valid_until": (12, lambda: written(random, on_the_clock(random, scene))),
        "paid_time": (2, lambda: random.choice(("off_hours", "any"))),
        "order_statuses": (2, lambda: random.choice((["shipped"], ["delivered", "shipped"]))),
        "buyer_reasons": (5, lambda: random.choice(([], ["a"], ["a", "b\u200b"]))),
        "daily_cap": (1, lambda: yuan(random, cap + random.choice((0, 1, 100, 2 * cap)))),
        "time_limit_hours": (2, lambda: random.choice((None, 1, 6, 24))),
        "skip_label_printed": (2, lambda: one_in(random, 2)),
        "skip_risky": (2, lambda: one_in(random, 2)),
    }
    for key, (share, choose) in choices.items():
        if one_in(random, share):
            strategy[key] = choose()
    if one_in(random, 2):
        strategy["product_condition"] = random.choice(("all", "include", "include", "exclude"))
        strategy["products"] = some(random, PRODUCTS[:5], 4)
        strategy["categories"] = some(random, CATEGORIES)
    strategy |= a_breaker(random)
    return strategy


def an_order(random: Random, number: int, scene):
    """An order, the moments from which its tickets' times are counted, and amounts that matter."""
    paid_at = on_the_clock(random, scene)
    times = {
        key: after(random, paid_at)
        for key in ("shipped_at", "delivered_at")
        if not one_in(random, 6)
    }
    if one_in(random, 3):
        times["label_printed_at"] = after(random, paid_at)
    lines, paid = [], []
    for line_no in range(1, random.choice((0, 1, 1, 2, 2, 3, 3)) + 1):
        paid.append(random.choice(LINE_PAID))
        line = {
            "line_no": line_no,
            "product": random.choice(PRODUCTS),
            "paid_amount": yuan(random, paid[-1]),
        }
        if not one_in(random, 3):
            line["category"] = random.choice(CATEGORIES)
        if one_in(random, 10):
            line["virtual"] = True
        lines.append(line)
    total = max(0, sum(paid) + random.choice((0, 0, 0, 100, 250, -100)))
    if not lines or one_in(random, 8):
        total = random.choice(ORDER_PAID)
    order = {
        "order_no": f"O{number}",
        "status": random.choice(STATUSES),
        "buyer": random.choice(BUYERS),
        "paid_amount": yuan(random, total),
        "lines": lines,
        **{key: written(random, at) for key, at in times.items()},
    }
    if not one_in(random, 12):
        order["paid_at"] = written(random, paid_at)
    if one_in(random, 6):
        order["type"] = random.choice(("ordinary", "cross_border", "deposit"))
    if one_in(random, 10):
        order["refunded_amount"] = yuan(random, random.choice(FEN))
    labels = ("fast_refund", "fast_refund", "refund_keep_goods", "refund_keep_goods", "risk")
    order["labels"] = sorted(set(some(random, labels)))
    return order, [paid_at, *times.values()], [*paid, *paid, total, 50, 100, 100]


def a_ticket(random: Random, number: int, near, scene):
    order, since, amounts = random.choice(near)
    moments = [at for at in since if not one_in(random, 2)] or since
    applied_at = after(random, random.choice(moments))
    if one_in(random, 5):
        applied_at = on_the_clock(random, scene)
    ticket = {
        "ticket_no": f"T{number}",
        "order_no": order["order_no"] + random.choice(("", "", "", " ", "\u200b")),
        "type": "refund_only" if one_in(random, 3) else random.choice(TYPES[order["status"]]),
        "amount": yuan(random, max(0, random.choice(amounts) + random.choice((0, 0, 0, 1, -1)))),
        "applied_at": written(random, applied_at),
    }
    numbers = [line["line_no"] for line in order["lines"]]
    if numbers and not one_in(random, 3):
        ticket["line_no"] = random.choice(numbers)
    if one_in(random, 2):
        ticket["decided_at"] = written(random, after(random, applied_at, WAITS))
    if one_in(random, 2):
        ticket["reason"] = random.choice(("a", "a ", "b", "c"))
    if one_in(random, 6):
        ticket["labels"] = ["risk"]
    if one_in(random, 10):
        ticket["status"] = "rejected"
    return ticket


# A right record becomes a wrong one: list of the file, key, value (... takes the key out). Some
# stay right after all.
SPOILED = (
    ("tickets", "amount", "1.234"),
    ("tickets", "amount", 1),
    ("tickets", "amount", "-1.00"),
    ("tickets", "applied_at", "2026-11-11T09:00:00"),
    ("tickets", "applied_at", ...),
    ("tickets", "line_no", 9),
    ("tickets", "ticket_no", "\u200b"),
    ("tickets", "ticket_no", "T1 "),
    ("tickets", "type", "refund"),
    ("tickets", "order_no", "nowhere"),
    ("tickets", "shop", "other"),
    ("orders", "colour", "red"),
    ("orders", "paid_amount", ...),
    ("orders", "lines", ...),
    ("orders", "status", "sent"),
    ("orders", "labels", ["vip"]),
    ("orders", "order_no", "\ufeffO1"),
    ("orders", "buyer", " "),
    ("orders", "shop", "s"),
    ("strategies", "single_amount_cap", "0.99"),
    ("strategies", "single_amount_cap", "99999.01"),
    ("strategies", "daily_cap", "0.50"),
    ("strategies", "order_statuses", []),
    ("strategies", "products", ["?"]),
    ("strategies", "scenario", "pre_ship"),
    ("strategies", "name", "n1\u200b"),
)


def a_file(random: Random):
    scene = random.choice(SCENES)
    near = [an_order(random, number, scene) for number in range(1, random.randint(1, 3) + 1)]
    document = {
        "shop": a_shop(random, scene),
        "strategies": [a_strategy(random, n, scene) for n in range(1, random.randint(3, 9) + 1)],
        "orders": [order for order, _, _ in near],
        "tickets": [a_ticket(random, n, near, scene) for n in range(1, random.randint(3, 12) + 1)],
    }
    if one_in(random, 5):
        kind, key, value = random.choice(SPOILED)
        record = random.choice(document[kind])
        if value is ...:
            record.pop(key, None)
        else:
            record[key] = value
    return document
