"""The worked example of docs/decision-algorithm.md is what the engine does."""

from pathlib import Path

from strategies.services.simulation import simulate

DOC = Path(__file__).resolve().parents[2] / "docs" / "decision-algorithm.md"
DAY = "2026-03-04T{}:00+08:00"


def rows():
    table = DOC.read_text(encoding="utf-8").split("<!-- worked example")[1].split("\n\n")[1]
    for line in table.splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_worked_example():
    hours = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    strategies = [
        {"scenario": "pre_ship_refund", "name": "night", "execution_time": "off_hours",
         "single_amount_cap": "100.00", "daily_cap": "150.00"},
        {"scenario": "pre_ship_refund", "name": "small", "single_amount_cap": "20.00"},
        {"scenario": "post_ship_waive_return", "name": "shoes", "single_amount_cap": "50.00",
         "product_condition": "include", "categories": ["shoes"]},
        {"scenario": "post_ship_return", "name": "returns", "single_amount_cap": "300.00",
         "time_limit_hours": 24},
    ]  # fmt: skip
    orders, tickets, expected = [], [], []
    for number, applied, buyer, about, amount, outcome, trace in rows():
        kind, order, *more = about.split(", ")
        status, *paid = order.split(" ")
        times = dict([more[0].split(" ")] if more and " " in more[0] else [])
        delivered = paid[0] if paid else None
        orders.append(
            {
                "order_no": number,
                "status": status,
                "buyer": buyer,
                "paid_at": DAY.format(times["paid"]) if times else None,
                "delivered_at": DAY.format(delivered) if delivered else None,
                "paid_amount": "100.00",
                "labels": [part for part in more if part == "fast_refund"],
                "lines": [
                    {
                        "line_no": 1,
                        "product": "p",
                        "category": "shoes" if "shoes" in more else "",
                        "paid_amount": "100.00",
                    }
                ],
            }
        )
        tickets.append(
            {"ticket_no": number, "order_no": number, "type": kind, "amount": amount,
             "applied_at": DAY.format(applied)}
        )  # fmt: skip
        asked = [part.split(" ") for part in trace.split(", ")] if trace else []
        expected.append(
            (number, outcome, [(name, None if said == "hit" else said) for name, said in asked])
        )
    lines, errors = simulate(
        {
            "shop": {
                "code": "s",
                "working_hours": hours,
                "buyer_limit": {"days": 1, "count": 2},
                "fast_refund_periods": [["2026-01-01T00:00:00+08:00", None]],
            },
            "strategies": [{**strategy, "enabled": True} for strategy in strategies],
            "orders": orders,
            "tickets": tickets,
        }
    )
    assert errors == []
    found = []
    for line in lines:
        outcome = line["outcome"]
        if line["source"] == "fast_refund":
            outcome = "fast refund"
        elif line["strategy"]:
            outcome += f" by {line['strategy']}"
        trace = [(asked["strategy"], asked["failed"]) for asked in line["trace"]]
        found.append((line["ticket_no"], outcome, trace))
    assert len(found) == 10
    assert found == expected
