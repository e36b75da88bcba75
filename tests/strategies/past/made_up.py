"""Busy days, made up from a seed: caps run out, buyers come back, breakers open, orders are
evaluated again and again."""

import random
from typing import Any

from strategies.engine import Facts
from strategies.engine.hours import DAY, HOUR, MINUTE
from strategies.engine.vocabulary import SCENARIOS
from tests.strategies.engine.test_review import NOW

AMOUNTS = (*[500, 800, 900, 900, 1_000] * 3, 4_000, 0)


def rules(chance: random.Random) -> dict[str, Any]:
    return {
        "version": chance.choice([1, 2, 2]),
        "timezone": chance.choice(["Asia/Shanghai", "America/New_York"]),
        "working_hours": {"mon": [["09:00", "18:00"]], "wed": [["22:00", "06:00"]]},
        "special_days": {},
        "fast_refund_periods": [["2020-01-01T00:00:00+00:00", None]] * chance.choice([0, 1]),
        "buyer_limit": chance.choice(
            [None, None, {"days": 1, "count": chance.choice([None, 0, 2, 5]),
                          "amount": chance.choice([None, 3_000])}]
        ),
        "strategies": [
            strategy(chance, number, scenario.name)
            for number, scenario in enumerate(
                (one for one in SCENARIOS for _ in range(chance.choice([1, 2, 3]))), start=1
            )
        ],
    }  # fmt: skip


def strategy(chance: random.Random, number: int, scenario: str) -> dict[str, Any]:
    pre_ship = scenario == "pre_ship_refund"
    times = ["all_day"] * 6 + ["windows"] + ["off_hours"] * 2 * pre_ship
    cap = chance.choice([800, 1_000, 5_000])
    return {
        "id": number, "revision": 1, "name": str(number), "scenario": scenario,
        "priority": number, "enabled": chance.random() < 0.95,
        "valid_from": None, "valid_until": None,
        "execution_time": chance.choice(times), "windows": [["08:00", "20:00"]],
        "paid_time": chance.choice(["any", "off_hours"]),
        "order_statuses": chance.choice([["shipped"], ["shipped", "delivered"]]),
        "buyer_reasons": chance.choice([[], [], ["a"]]),
        "single_amount_cap": cap,
        "daily_cap": chance.choice([cap, cap * 2, cap * 4, 10_000_000]),
        "time_limit_hours": chance.choice([None, None, None, None, 30]),
        "skip_label_printed": chance.random() < 0.5, "skip_risky": chance.random() < 0.3,
        "product_condition": chance.choice(["all"] * 4 + ["include", "exclude"]),
        "products": ["p1"], "categories": [],
        "breaker": chance.choice(
            [None, None, None, {"hits": chance.choice([2, 4]), "amount": None, "minutes": 400},
             {"hits": None, "amount": 2_500, "minutes": 120}]
        ),
    }  # fmt: skip


def tickets(chance: random.Random, number: int) -> list[Facts]:
    """Evaluations, many of a ticket or an order that was evaluated before."""
    orders = [order(chance, place) for place in range(number * 2 // 3)]
    made: list[Facts] = []
    for place in range(number):
        at = NOW + place * 25 * MINUTE + chance.randrange(20 * MINUTE)
        new = ticket(chance, place, chance.choice(orders))
        if made and chance.random() < 0.3:
            new = chance.choice(made)._replace(amount=chance.choice(AMOUNTS))
        made.append(new._replace(applied_at=at - chance.randrange(HOUR), decided_at=at))
    return made


def ticket(chance: random.Random, number: int, order: dict[str, Any]) -> Facts:
    line = chance.choice([None, None, None, 1, 2])
    products = chance.choice([("p1",), ("p1",), ("p2",), ("p1", "p2"), ("?",)])
    shipped = order["order_status"] != "pending_shipment"
    types = (
        ["refund_only"] * 4
        + ["return_refund", "refund_keep_goods"] * shipped
        + ["exchange"] * (number % 9 == 0)
    )
    return Facts(
        ticket=number,
        ticket_no=f"{number:04}",
        type=chance.choice(types),
        amount=chance.choice(AMOUNTS),
        applied_at=0,
        decided_at=0,
        reason=chance.choice("aab"),
        scenarios_hit=chance.choice([0] * 9 + [1, 2, 32]),
        ticket_labels=chance.choice([(), (), (), ("risk",)]),
        held_back=chance.choice([""] * 40 + ["taken_back", None, None]),
        products=products,
        categories=("",) * len(products),
        line=line,
        line_paid=None if line is None else 1_000,
        line_left=None if line is None else chance.choice([-100, 800, 1_000, 5_000]),
        freight_left=None if line is None else chance.choice([-50, 0, 500]),
        **order,
    )


def order(chance: random.Random, number: int) -> dict[str, Any]:
    paid = NOW - chance.randrange(3 * DAY)
    return {
        "order": f"o{number}",
        "buyer": f"b{chance.randrange(8)}",
        "order_status": chance.choice(
            ["pending_shipment"] * 6 + ["shipped", "delivered"] * 2 + ["closed"]
        ),
        "refundable": chance.choice([900, 2_000, 5_000, 100_000]),
        "paid_at": chance.choice([paid] * 7 + [None]),
        "shipped_at": chance.choice([paid + HOUR, paid + HOUR, None]),
        "delivered_at": paid + 2 * HOUR,
        "label_printed_at": chance.choice([None, None, paid + DAY]),
        "paid_amount": chance.choice([2_000, 29_999, 30_000]),
        "labels": chance.choice([(), (), ("refund_keep_goods",), ("fast_refund",)]),
        "virtual": chance.random() < 0.1,
        "blocked": chance.random() < 0.05,
        "order_type": chance.choice(["ordinary"] * 8 + ["deposit", None]),
    }  # fmt: skip
