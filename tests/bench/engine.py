"""Speed of the engine alone, beside zen-engine: `python -m tests.bench.engine`.

One core, ten strategies in each scenario, every condition of SPEC E3 in use, caps and buyer limits
kept, traces kept. zen decides the same tickets on the same facts with the same conditions: one
compiled expression for each set of scenarios, which gives the first failing condition of every
strategy, and, beside it, one expression a strategy, asked in turn up to the first hit. In zen's
favour its contexts are made beforehand, with the wall clock, ages and the
state worked out, and only `evaluate` is timed; what it says is checked against the engine.
"""

from __future__ import annotations

import gc
import json
import random
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from strategies.engine import Facts, State, Verdict, compile_rulebook, decide
from strategies.engine.hours import HOUR, MINUTE, micros
from strategies.engine.rulebook import CONTENT_VERSION, Rulebook
from strategies.engine.spans import bought
from strategies.engine.vocabulary import SCENARIOS

from .report import Row, show

TICKETS = 4_000  # two batches of the evaluator; zen is given the same
ROUNDS = 15
ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 1, tzinfo=ZONE)
REASONS = ("no_longer_wanted", "quality_issue", "not_as_described", "wrong_item", "other")
PRODUCTS = tuple(f"p{number}" for number in range(40))
CATEGORIES = ("shoes", "bags", "toys", "food")


def content() -> dict[str, Any]:
    chance = random.Random(1)
    strategies = []
    for scenario in SCENARIOS:
        for priority in range(1, 11):
            execution = chance.choice(["all_day", "windows", "windows"])
            if scenario.name == "pre_ship_refund" and priority % 3 == 0:
                execution = "off_hours"
            strategies.append(
                {
                    "id": len(strategies),
                    "revision": 1,
                    "scenario": scenario.name,
                    "name": f"{scenario.name} {priority}",
                    "enabled": priority != 4,
                    "priority": priority,
                    "valid_from": START.isoformat() if priority % 2 else None,
                    "valid_until": (START + timedelta(days=2 + priority)).isoformat(),
                    "execution_time": execution,
                    "windows": [["22:00", "08:00"]] if priority % 2 else [["12:00", "13:30"]],
                    "paid_time": "any" if priority % 2 else "off_hours",
                    "order_statuses": chance.choice([["shipped"], ["delivered", "shipped"]]),
                    "buyer_reasons": chance.sample(REASONS, 3) if priority % 2 else [],
                    "single_amount_cap": chance.choice([1_000, 5_000, 10_000, 50_000]),
                    "daily_cap": 500_000,
                    "time_limit_hours": chance.choice([6, 24, 72, 240]),
                    "skip_label_printed": priority != 7,
                    "skip_risky": priority != 6,
                    "product_condition": chance.choice(["all", "include", "exclude"]),
                    "products": chance.sample(PRODUCTS, 12),
                    "categories": chance.sample(CATEGORIES, 1),
                    "breaker": {"hits": 1_000_000, "amount": None, "minutes": 10}
                    if priority == 1
                    else None,
                }
            )
    weekday = [["09:00", "12:00"], ["13:30", "22:00"]]
    return {
        "version": CONTENT_VERSION,
        "timezone": "Asia/Shanghai",
        "working_hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), weekday),
        "buyer_limit": {"days": 30, "count": 5, "amount": 50_000},
        "strategies": strategies,
    }


def tickets() -> list[tuple[Any, ...]]:
    chance = random.Random(2)
    facts = []
    span = 24 * HOUR
    kinds = (
        ("refund_only", "pending_shipment"),
        ("refund_only", "shipped"),
        ("return_refund", "delivered"),
        ("refund_keep_goods", "delivered"),
    )
    for number in range(TICKETS):
        kind, status = chance.choice(kinds)
        applied = micros(START) + chance.randrange(span)
        paid = applied - chance.randrange(300 * HOUR)
        shipped = min(applied, paid + 12 * HOUR)
        delivered = min(applied, shipped + 48 * HOUR)
        printed = paid + HOUR if chance.random() < 0.2 else None
        product = chance.choice(PRODUCTS)
        amount = chance.randrange(1, 20_000)
        facts.append(
            tuple(
                Facts(
                    number, str(number), number, chance.randrange(1_000), kind, status, amount,
                    20_000, applied, applied, chance.choice(REASONS), paid, shipped, delivered,
                    printed, 20_000, ("refund_keep_goods",), (product,),
                    (CATEGORIES[PRODUCTS.index(product) % 4],), False, number % 97 == 0, 0,
                    "ordinary", ("risk",) if number % 29 == 0 else (), "",
                    *((1, 20_000, 20_000, 0) if number % 2 else (None, None, None, None)),
                )
            )
        )  # fmt: skip
    facts.sort(key=lambda fact: (fact[8], fact[1]))
    return facts


def zen_expressions(rulebook: Rulebook) -> list[list[str]]:
    """By group number: for each strategy an expression for its first failing condition."""
    found = []
    for group in rulebook.groups.values():
        parts = []
        for place, index in enumerate(group.members):
            s = rulebook.strategies[index]
            tests = [(1, "true" if s.enabled else "false")]
            if s.valid_from is not None:
                tests.append((2, f"at >= {s.valid_from}"))
            tests.append((2, f"at < {s.valid_until}"))
            if s.execution_time == "windows":
                (start, end), *_ = s.windows
                test = f"wall >= {start} and wall < {end}"
                if end > 1440:
                    test = f"wall >= {start} or wall < {end - 1440}"
                tests.append((3, test))
            if s.execution_time == "off_hours":
                tests.append((3, "off"))
                if not s.paid_any_time:
                    tests.append((4, "paid_off"))
            if len(s.order_statuses) == 1 and not group.pre_ship:
                tests.append((5, f"status == '{next(iter(s.order_statuses))}'"))
            tests.append((6, f"amount <= {s.single_amount_cap}"))
            assert s.time_limit is not None
            tests.append((7, f"age <= {s.time_limit}"))
            if group.pre_ship and s.given["skip_label_printed"]:
                tests.append((8, "not printed"))
            if s.given["skip_risky"]:
                tests.append((13, "not risky"))
            if s.product_condition != "all":
                listed = f"product in {sorted(s.products)} or category in {sorted(s.categories)}"
                tests.append((9, listed if s.product_condition == "include" else f"not ({listed})"))
            if s.buyer_reasons:
                tests.append((10, f"reason in {sorted(s.buyer_reasons)}"))
            tests.append((11, "not blocked and count < 5 and total + amount <= 50000"))
            tests.append((12, f"used[{place}] + amount <= {s.daily_cap}"))
            parts.append("".join(f"not ({t}) ? {code} : " for code, t in tests) + "0")
        found.append(parts)
    return found


def zen_contexts(
    rulebook: Rulebook, facts: list[tuple[Any, ...]]
) -> tuple[list[tuple[int, dict[str, Any]]], list[Verdict]]:
    """For each ticket its group's number and what zen is told, and the engine's verdicts."""
    state, contexts, verdicts = State(), [], []
    for plain in facts:
        fact = Facts._make(plain)
        names = tuple(
            i
            for i, scenario in enumerate(SCENARIOS)
            if scenario.takes(fact.type, fact.order_status, True)
        )
        group = rulebook.groups[names]
        ordinal, since_midnight = rulebook.clock.wall(fact.applied_at)
        assert rulebook.buyer_limit is not None
        count, total = bought(
            state.buyers.get(fact.buyer, ()),
            fact.decided_at - rulebook.buyer_limit.span,
            fact.decided_at,
        )
        entered = {"shipped": fact.shipped_at, "delivered": fact.delivered_at}
        since = entered.get(str(fact.order_status), fact.paid_at)
        assert since is not None and fact.paid_at is not None
        context = {
            "at": fact.applied_at,
            "wall": since_midnight // MINUTE,
            "status": fact.order_status,
            "amount": fact.amount,
            "age": fact.applied_at - since,
            "product": fact.products[0],
            "category": fact.categories[0],
            "reason": fact.reason,
            "risky": "risk" in fact.labels or "risk" in fact.ticket_labels,
            "blocked": fact.blocked,
            "count": count,
            "total": total,
            "used": [state.used.get((index, ordinal), 0) for index in group.members],
        }
        if group.pre_ship:
            context["off"] = rulebook.off_hours(fact.applied_at)
            context["paid_off"] = rulebook.off_hours(fact.paid_at)
            context["printed"] = (
                fact.label_printed_at is not None and fact.label_printed_at <= fact.decided_at
            )
        contexts.append((group.number, context))
        verdicts += decide(rulebook, state, [fact])
    return contexts, verdicts


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rows() -> list[Row]:
    """The engine beside each way of asking zen; without zen-engine, its own speed alone."""
    facts = tickets()
    rulebook = compile_rulebook(content())
    asked = sum(len(verdict.trace) for verdict in decide(rulebook, State(), facts)) / TICKETS
    what = f"engine alone, {asked:.1f} strategies asked a ticket"
    ways: dict[str, Callable[[], object]] = {
        "engine": lambda: decide(rulebook, State(), facts),
        # A rulebook that has learnt nothing yet: every question and answer is new.
        "cold": lambda: decide(compile_rulebook(content()), State(), facts),
    }
    try:
        import zen
    except ImportError:
        print("no zen-engine to compare with: pip install zen-engine")
    else:
        ways |= zen_ways(zen, rulebook, facts)
    gc.collect()
    gc.freeze()  # what was made so far is not looked through while either is timed
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, work in ways.items():
            times[way].append(seconds(work))
    gc.unfreeze()
    speed = {way: TICKETS / statistics.median(took) for way, took in times.items()}
    measured = f"{speed['engine']:,.0f} decisions/s ({speed['cold']:,.0f} with memos cold)"
    found = []
    for way, took in list(times.items())[2:]:
        ratio = statistics.median(
            theirs / own for theirs, own in zip(took, times["engine"], strict=True)
        )
        against = f"{way}, {speed[way]:,.0f}/s"
        found.append(Row(what, measured, against, f"{ratio:.1f} x", ">= 15 x", ratio >= 15))
    return found or [Row(what, measured, "zen-engine, not installed", "–", ">= 15 x", False)]


def zen_ways(
    zen: Any, rulebook: Rulebook, facts: list[tuple[Any, ...]]
) -> dict[str, Callable[[], object]]:
    """Three ways of asking zen, whose traces are checked against the engine's first."""
    groups = zen_expressions(rulebook)
    whole = [zen.compile_expression("[" + ", ".join(parts) + "]") for parts in groups]
    single = [[zen.compile_expression(part).evaluate for part in parts] for parts in groups]
    contexts, expected = zen_contexts(rulebook, facts)
    jobs = [(whole[group].evaluate, context) for group, context in contexts]
    in_turn = [(single[group], context) for group, context in contexts]
    texts = [(evaluate, json.dumps(context)) for evaluate, context in jobs]
    wrong = 0
    for (evaluate, context), verdict in zip(jobs, expected, strict=True):
        said = [int(code) for code in evaluate(context)]
        wrong += tuple(said[: said.index(0) + 1] if 0 in said else said) != verdict.trace
    assert not wrong, f"zen says otherwise on {wrong} of {len(jobs)} tickets"
    return {
        "zen, a compiled expression a strategy, in turn to the first hit": lambda: [
            ask(*job) for job in in_turn
        ],
        "zen, one compiled expression for all strategies": lambda: [
            evaluate(context) for evaluate, context in jobs
        ],
        "zen, the same from JSON text": lambda: [evaluate(context) for evaluate, context in texts],
    }


def ask(expressions: list[Callable[[dict[str, Any]], Any]], context: dict[str, Any]) -> list[Any]:
    trace = []
    for evaluate in expressions:
        trace.append(evaluate(context))
        if not trace[-1]:
            break
    return trace


if __name__ == "__main__":
    for row in rows():
        show(row)
