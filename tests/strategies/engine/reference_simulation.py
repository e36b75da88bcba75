"""A slow reading of SPEC sections 3 to 6 and of INTERFACES `simulate`, from whole files.

Written from those pages alone, with dictionaries as the file gives them, one ticket and one
strategy at a time. It shares nothing with the project's code, the other reference included: the
two must not have a mistake in common.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .reference_records import (
    SCENARIOS,
    fen,
    identifier,
    moment,
    read_order,
    read_strategy,
    read_ticket,
    right_records,
)

NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# SPEC F1: midnight in Asia/Shanghai.
SECOND_RULE = datetime(2023, 9, 12, 16, tzinfo=UTC)


# The shop's clock


def clock_time(text):
    """Minutes after midnight."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def lies_in(interval, start_date: date, wall: datetime):
    """Whether a wall-clock time lies in a daily interval that starts on a date."""
    start, end = map(clock_time, interval)
    if end <= start:
        end += 24 * 60
    midnight = datetime.combine(start_date, time())
    return midnight + timedelta(minutes=start) <= wall < midnight + timedelta(minutes=end)


class Simulation:
    def __init__(self, document):
        self.shop = document["shop"]
        self.zone = ZoneInfo(self.shop.get("timezone", "Asia/Shanghai"))
        strategies, wrong_strategies = right_records(
            document["strategies"],
            read_strategy,
            self.shop,
            lambda s: (s["scenario"], s["name"]),
        )
        orders, wrong_orders = right_records(
            document["orders"], read_order, self.shop, lambda o: o["order_no"]
        )
        tickets, wrong_tickets = right_records(
            document["tickets"], read_ticket, self.shop, lambda t: t["ticket_no"]
        )
        self.strategies = sorted(
            strategies,
            key=lambda s: 10**9 if s["priority"] is None else s["priority"],
        )
        self.orders = {order["order_no"]: order for order in orders}
        self.tickets = []
        for ticket in tickets:
            order = self.orders.get(ticket["order_no"])
            lines = [] if order is None else [line["line_no"] for line in order["lines"]]
            if order and ticket["line_no"] is not None and ticket["line_no"] not in lines:
                wrong_tickets += 1
            else:
                self.tickets.append(ticket)
        self.wrong = wrong_strategies + wrong_orders + wrong_tickets
        # Each automatic approval: (strategy or None, order, ticket, decision time).
        self.hits = []
        self.switched_off = []

    def run(self):
        self.tickets.sort(key=lambda t: (t["applied_at"], t["ticket_no"]))
        return [self.answer(ticket) for ticket in self.tickets]

    def answer(self, ticket):
        order = self.orders.get(ticket["order_no"])
        decided_at = ticket["decided_at"] or ticket["applied_at"]
        outcome, source, scenario, strategy, trace = "manual", None, None, None, []
        if order and not self.for_people(ticket, order, decided_at):
            if self.fast_refund(ticket, order):
                outcome, source = "refund", "fast_refund"
                self.hits.append((None, order, ticket, decided_at))
            elif not self.shop.get("automation_paused", False):
                outcome, source, scenario, strategy, trace = self.ask(ticket, order, decided_at)
        return {
            "ticket_no": ticket["ticket_no"],
            "outcome": outcome,
            "source": source,
            "scenario": scenario,
            "strategy": strategy,
            "trace": trace,
        }

    # SPEC E2

    def for_people(self, ticket, order, decided_at):
        amount = ticket["amount"]
        if amount <= 0:
            return True
        given = sum(t["amount"] for _, o, t, _ in self.hits if o is order)
        if amount > order["paid_amount"] - order["refunded_amount"] - given:
            return True
        if ticket["line_no"] is not None and amount > self.left_of_line(ticket, order):
            return True
        if order["paid_at"] is not None and ticket["applied_at"] < order["paid_at"]:
            return True
        return ticket["applied_at"] - decided_at > timedelta(minutes=10)

    def left_of_line(self, ticket, order):
        taken = {line["line_no"]: 0 for line in order["lines"]}
        for _, of, other, _ in self.hits:
            if of is order and other["line_no"] is not None:
                taken[other["line_no"]] += other["amount"]
        paid = {line["line_no"]: line["paid_amount"] for line in order["lines"]}
        freight = max(0, order["paid_amount"] - sum(paid.values()))
        beyond = sum(max(0, taken[number] - paid[number]) for number in paid)
        own = ticket["line_no"]
        return max(0, paid[own] - taken[own]) + max(0, freight - beyond)

    # SPEC F1

    def fast_refund(self, ticket, order):
        paid_at = order["paid_at"]
        if (
            paid_at is None
            or "fast_refund" not in order["labels"]
            or ticket["type"] != "refund_only"
            or order["status"] != "pending_shipment"
            or order["type"] == "deposit"
            or any(line["virtual"] for line in order["lines"])
        ):
            return False
        opted_in = False
        for start, end in self.shop.get("fast_refund_periods", []):
            if moment(start) <= paid_at and (end is None or paid_at < moment(end)):
                opted_in = True
        if not opted_in:
            return False
        if paid_at < SECOND_RULE:
            return ticket["applied_at"] - paid_at <= timedelta(hours=6)
        return order["paid_amount"] < 300_00

    # SPEC S1, S2, E2

    def ask(self, ticket, order, decided_at):
        trace = []
        for scenario, types, statuses, outcome in SCENARIOS:
            if ticket["type"] not in types or order["status"] not in statuses:
                continue
            if order["type"] == "deposit":
                continue
            if scenario == "post_ship_keep_goods" and "refund_keep_goods" not in order["labels"]:
                continue
            for strategy in self.strategies:
                if strategy["scenario"] != scenario:
                    continue
                failed = self.first_failure(strategy, ticket, order, decided_at)
                name = strategy["name"]
                trace.append({"scenario": scenario, "strategy": name, "failed": failed})
                if failed is None:
                    self.hits.append((strategy, order, ticket, decided_at))
                    self.break_circuit(strategy, decided_at)
                    return outcome, "strategy", scenario, name, trace
        return "manual", None, None, None, trace

    def break_circuit(self, strategy, decided_at):
        """SPEC G3: from the next ticket on it fails `enabled`."""
        breaker = strategy["breaker"]
        if breaker is None:
            return
        since = decided_at - timedelta(minutes=breaker["minutes"])
        amounts = [
            ticket["amount"]
            for hit, _, ticket, at in self.hits
            if hit is strategy and since < at <= decided_at
        ]
        hits, amount = breaker.get("hits"), breaker.get("amount")
        if (hits is not None and len(amounts) > hits) or (
            amount is not None and sum(amounts) > fen(amount)
        ):
            self.switched_off.append(strategy)

    # SPEC E3

    def first_failure(self, strategy, ticket, order, decided_at):
        answers = (
            ("enabled", lambda: strategy["enabled"] and strategy not in self.switched_off),
            ("validity", lambda: self.valid(strategy, ticket)),
            ("execution_time", lambda: self.execution_time(strategy, ticket)),
            ("paid_time", lambda: self.paid_time(strategy, order)),
            ("order_status", lambda: self.order_status(strategy, order)),
            ("single_amount", lambda: ticket["amount"] <= strategy["single_amount_cap"]),
            ("time_limit", lambda: self.time_limit(strategy, ticket, order)),
            ("label_printed", lambda: self.label_printed(strategy, order, decided_at)),
            ("risk", lambda: self.risk(strategy, ticket, order)),
            ("product", lambda: self.product(strategy, ticket, order)),
            (
                "buyer_reason",
                lambda: (
                    not strategy["buyer_reasons"] or ticket["reason"] in strategy["buyer_reasons"]
                ),
            ),
            ("buyer_guard", lambda: self.buyer_guard(ticket, order, decided_at)),
            ("daily_cap", lambda: self.daily_cap(strategy, ticket, decided_at)),
        )
        for name, holds in answers:
            if not holds():
                return name
        return None

    def valid(self, strategy, ticket):
        start, end = strategy["valid_from"], strategy["valid_until"]
        return (start is None or start <= ticket["applied_at"]) and (
            end is None or ticket["applied_at"] < end
        )

    def wall(self, at):
        return at.astimezone(self.zone).replace(tzinfo=None)

    def execution_time(self, strategy, ticket):
        if strategy["execution_time"] == "all_day":
            return True
        wall = self.wall(ticket["applied_at"])
        if strategy["execution_time"] == "windows":
            today = wall.date()
            return any(
                lies_in(window, start, wall)
                for window in strategy["windows"]
                for start in (today - timedelta(days=1), today)
            )
        return self.has_hours() and self.off_hours(ticket["applied_at"])

    def has_hours(self):
        weekly = self.shop.get("working_hours", {}).values()
        dated = self.shop.get("special_days", {}).values()
        return any(weekly) or any(dated)

    def off_hours(self, at):
        wall = self.wall(at)
        for start in (wall.date() - timedelta(days=1), wall.date()):
            dated = self.shop.get("special_days", {})
            if start.isoformat() in dated:
                hours = dated[start.isoformat()]
            else:
                hours = self.shop.get("working_hours", {}).get(NAMES[start.weekday()], [])
            if any(lies_in(interval, start, wall) for interval in hours):
                return False
        return True

    def paid_time(self, strategy, order):
        if strategy["execution_time"] != "off_hours" or strategy["paid_time"] == "any":
            return True
        return order["paid_at"] is not None and self.off_hours(order["paid_at"])

    def order_status(self, strategy, order):
        if strategy["scenario"] == "pre_ship_refund":
            return True
        return order["status"] in strategy["order_statuses"]

    def time_limit(self, strategy, ticket, order):
        if strategy["time_limit_hours"] is None:
            return True
        of_status = {
            "pending_shipment": "paid_at",
            "shipped": "shipped_at",
            "delivered": "delivered_at",
        }
        entered = order[of_status[order["status"]]]
        limit = timedelta(hours=strategy["time_limit_hours"])
        return entered is not None and ticket["applied_at"] - entered <= limit

    def label_printed(self, strategy, order, decided_at):
        if strategy["scenario"] != "pre_ship_refund" or not strategy["skip_label_printed"]:
            return True
        return order["label_printed_at"] is None or order["label_printed_at"] > decided_at

    def risk(self, strategy, ticket, order):
        return not strategy["skip_risky"] or "risk" not in ticket["labels"] + order["labels"]

    def product(self, strategy, ticket, order):
        if strategy["product_condition"] == "all":
            return True
        lines = [line for line in order["lines"] if ticket["line_no"] in (None, line["line_no"])]
        if any(line["paid_amount"] > 0 for line in lines):
            lines = [line for line in lines if line["paid_amount"] > 0]
        if not lines or any(line["product"] == "?" for line in lines):
            return False
        if strategy["product_condition"] == "include":
            return all(
                line["product"] in strategy["products"]
                or line["category"] in strategy["categories"]
                for line in lines
            )
        for line in lines:
            if line["product"] in strategy["products"]:
                return False
            if line["category"] in strategy["categories"]:
                return False
            if line["category"] is None and strategy["categories"]:
                return False
        return True

    def buyer_guard(self, ticket, order, decided_at):
        if order["buyer"] in map(identifier, self.shop.get("blocked_buyers", [])):
            return False
        limit = self.shop.get("buyer_limit")
        if limit is None:
            return True
        since = decided_at - timedelta(hours=24 * limit["days"])
        amounts = [
            other["amount"]
            for _, of, other, at in self.hits
            if of["buyer"] == order["buyer"] and since < at <= decided_at
        ]
        count, amount = limit.get("count"), limit.get("amount")
        if count is not None and len(amounts) >= count:
            return False
        return amount is None or sum(amounts) + ticket["amount"] <= fen(amount)

    def daily_cap(self, strategy, ticket, decided_at):
        today = self.wall(decided_at).date()
        used = sum(
            other["amount"]
            for hit, _, other, at in self.hits
            if hit is strategy and self.wall(at).date() == today
        )
        return used + ticket["amount"] <= strategy["daily_cap"]


def simulation_of(document):
    """(lines that `simulate` must print, number of wrong records)."""
    simulation = Simulation(document)
    return simulation.run(), simulation.wrong
