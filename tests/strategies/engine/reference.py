"""A slow reading of SPEC sections 3 to 6 and 8, to hold the engine against.

Written from the rules, with datetimes, one ticket and one strategy at a time; it shares nothing
with the engine but the shape of facts and content.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

TABLE = [  # SPEC S1
    ("pre_ship_refund", {"refund_only"}, {"pending_shipment"}, "refund"),
    ("post_ship_refund", {"refund_only"}, {"shipped", "delivered"}, "refund"),
    (
        "post_ship_waive_return",
        {"return_refund", "refund_only"},
        {"shipped", "delivered"},
        "refund",
    ),
    ("post_ship_return", {"return_refund"}, {"shipped", "delivered"}, "approve_return"),
    ("post_ship_keep_goods", {"refund_keep_goods"}, {"shipped", "delivered"}, "refund"),
]
BITS = {row[0]: 1 << place for place, row in enumerate(TABLE)}
FAST = 1 << len(TABLE)


def at(micros):
    return (
        None
        if micros is None
        else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    )


def in_interval(start, end, minute_start_day, moment, zone):
    """Whether a moment's wall clock lies in an interval that starts on a date."""
    wall = moment.astimezone(zone).replace(tzinfo=None)
    midnight = datetime.combine(minute_start_day, datetime.min.time())

    def when(text):
        hour, minute = map(int, text.split(":"))
        return midnight + timedelta(hours=hour, minutes=minute)

    first, last = when(start), when(end)
    if last <= first:
        last += timedelta(days=1)
    return first <= wall < last


class Shop:
    def __init__(self, content):
        self.content = content
        self.zone = ZoneInfo(content["timezone"])
        names = [row[0] for row in TABLE]
        self.strategies = sorted(
            content["strategies"], key=lambda s: (names.index(s["scenario"]), s["priority"])
        )
        self.hits = []  # (strategy id or None for fast refund, buyer, moment, amount)
        self.left = {}
        self.first_left = {}
        self.line_takes = []  # (order, line, amount) of the hits of this run
        self.tripped = set()

    def local_date(self, moment):
        return moment.astimezone(self.zone).date()

    def on_date(self, day: date):
        special = self.content["special_days"]
        if day.isoformat() in special:
            return special[day.isoformat()]
        return self.content["working_hours"].get(day.strftime("%a").lower(), [])

    def off_hours(self, moment):
        today = self.local_date(moment)
        return not any(
            in_interval(start, end, day, moment, self.zone)
            for day in (today - timedelta(days=1), today)
            for start, end in self.on_date(day)
        )

    def has_hours(self):
        return any(self.content["working_hours"].values()) or any(
            self.content["special_days"].values()
        )

    def in_windows(self, windows, moment):
        today = self.local_date(moment)
        return any(
            in_interval(start, end, day, moment, self.zone)
            for day in (today - timedelta(days=1), today)
            for start, end in windows
        )

    def fast(self, f):
        """SPEC F1."""
        if (
            f.type != "refund_only"
            or f.order_status != "pending_shipment"
            or "fast_refund" not in f.labels
            or f.virtual
            or f.order_type == "deposit"
            or f.paid_at is None
            or f.scenarios_hit & FAST
        ):
            return False
        paid = at(f.paid_at)

        def parsed(text):
            return datetime.fromisoformat(text)

        if not any(
            parsed(start) <= paid and (end is None or paid < parsed(end))
            for start, end in self.content["fast_refund_periods"]
        ):
            return False
        if paid < datetime(2023, 9, 12, 16, tzinfo=UTC):
            return at(f.applied_at) <= paid + timedelta(hours=6)
        return f.paid_amount < 30000

    def bought(self, f):
        limit = self.content["buyer_limit"]
        now = at(f.decided_at)
        mine = [
            amount
            for _, buyer, moment, amount in self.hits
            if buyer == f.buyer and now - timedelta(hours=24 * limit["days"]) < moment <= now
        ]
        return len(mine), sum(mine)

    def failing(self, s, f):
        """The first condition of SPEC E3 that fails, or None."""
        applied, decided = at(f.applied_at), at(f.decided_at)
        if not s["enabled"] or s["id"] in self.tripped:
            return "enabled"
        if s["valid_from"] and applied < datetime.fromisoformat(s["valid_from"]):
            return "validity"
        if s["valid_until"] and applied >= datetime.fromisoformat(s["valid_until"]):
            return "validity"
        if s["execution_time"] == "windows" and not self.in_windows(s["windows"], applied):
            return "execution_time"
        if s["execution_time"] == "off_hours":
            if not self.has_hours() or not self.off_hours(applied):
                return "execution_time"
            if s["paid_time"] == "off_hours" and (
                f.paid_at is None or not self.off_hours(at(f.paid_at))
            ):
                return "paid_time"
        pre_ship = s["scenario"] == "pre_ship_refund"
        if not pre_ship and f.order_status not in s["order_statuses"]:
            return "order_status"
        if f.amount > s["single_amount_cap"]:
            return "single_amount"
        if s["time_limit_hours"] is not None:
            entered = {
                "pending_shipment": f.paid_at,
                "shipped": f.shipped_at,
                "delivered": f.delivered_at,
            }[f.order_status]
            if entered is None or applied > at(entered) + timedelta(hours=s["time_limit_hours"]):
                return "time_limit"
        if (
            pre_ship
            and s["skip_label_printed"]
            and f.label_printed_at is not None
            and at(f.label_printed_at) <= decided
        ):
            return "label_printed"
        if s.get("skip_risky") and ("risk" in f.labels or "risk" in f.ticket_labels):
            return "risk"
        if not self.product(s, f):
            return "product"
        if s["buyer_reasons"] and f.reason not in s["buyer_reasons"]:
            return "buyer_reason"
        if f.blocked:
            return "buyer_guard"
        limit = self.content["buyer_limit"]
        if limit:
            count, total = self.bought(f)
            if limit["count"] is not None and count >= limit["count"]:
                return "buyer_guard"
            if limit["amount"] is not None and total + f.amount > limit["amount"]:
                return "buyer_guard"
        today = sum(
            amount
            for hit, _, moment, amount in self.hits
            if hit == s["id"] and self.local_date(moment) == self.local_date(decided)
        )
        if today + f.amount > s["daily_cap"]:
            return "daily_cap"
        return None

    def product(self, s, f):
        if s["product_condition"] == "all":
            return True
        rules_of_now = self.content["version"] == 2
        if rules_of_now and (len(f.products) == 0 or "?" in f.products):
            return False
        if s["product_condition"] == "include":
            return all(
                p in s["products"] or c in s["categories"]
                for p, c in zip(f.products, f.categories, strict=True)
            )
        if rules_of_now and s["categories"] and any(c == "" for c in f.categories):
            return False
        return not (
            set(f.products) & set(s["products"]) or set(f.categories) & set(s["categories"])
        )

    def line_money(self, f):
        """(left of the line, left of the freight) as the facts tell them, less this run's hits."""
        if f.line is None:
            return f.line_left, f.freight_left
        takes = [(line, amount) for order, line, amount in self.line_takes if order == f.order]
        here = sum(amount for line, amount in takes if line == f.line)
        freight = f.freight_left
        for line in {line for line, _ in takes}:
            more = sum(amount for other, amount in takes if other == line)
            before = self.first_left[f.order, line]
            freight -= max(0, more - before) - max(0, -before)
        return f.line_left - here, freight

    def why_for_people(self, f):
        """SPEC E2, up to fast refund."""
        if f.amount <= 0:
            return "no_amount"
        if f.amount > self.left.get(f.order, f.refundable):
            return "over_refundable"
        if f.line is not None:
            line, freight = self.line_money(f)
            if f.amount > max(0, line) + max(0, freight):
                return "over_line"
        if f.held_back is None:
            return None
        applied = at(f.applied_at)
        if f.paid_at is not None and applied < at(f.paid_at):
            return "impossible_times"
        if applied > at(f.decided_at) + timedelta(minutes=10):
            return "impossible_times"
        return f.held_back or None

    def hit(self, s, f):
        if f.line is not None:
            self.first_left.setdefault((f.order, f.line), f.line_left)
            self.line_takes.append((f.order, f.line, f.amount))
        self.hits.append((s and s["id"], f.buyer, at(f.decided_at), f.amount))
        self.left[f.order] = self.left.get(f.order, f.refundable) - f.amount
        breaker = s and s["breaker"]
        if breaker:
            now = at(f.decided_at)
            recent = [
                amount
                for hit, _, moment, amount in self.hits
                if hit == s["id"] and now - timedelta(minutes=breaker["minutes"]) < moment <= now
            ]
            if (breaker["hits"] is not None and len(recent) > breaker["hits"]) or (
                breaker["amount"] is not None and sum(recent) > breaker["amount"]
            ):
                self.tripped.add(s["id"])

    def decide(self, f, paused=False):
        """(outcome, why, source, strategy's id, trace as [(strategy's id, failed)])."""
        why = self.why_for_people(f)
        if why is not None:
            return ("manual", why, None, None, [])
        if self.fast(f):
            self.hit(None, f)
            return ("refund", None, "fast_refund", None, [])
        if paused:
            return ("manual", "paused", None, None, [])
        trace, matched = [], False
        for scenario, types, statuses, outcome in TABLE:
            if f.type not in types or f.order_status not in statuses:
                continue
            if f.order_type == "deposit":
                continue
            if scenario == "post_ship_keep_goods" and "refund_keep_goods" not in f.labels:
                continue
            matched = True
            if f.scenarios_hit & BITS[scenario]:
                continue
            for s in self.strategies:
                if s["scenario"] != scenario:
                    continue
                failed = self.failing(s, f)
                trace.append((s["id"], failed))
                if failed is None:
                    self.hit(s, f)
                    return (outcome, None, "strategy", s["id"], trace)
        return ("manual", "none_hit" if matched else "no_scenario", None, None, trace)
