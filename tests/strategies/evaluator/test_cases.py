"""The evaluator decides rows as `simulate` decides a case: one engine, one rulebook (idea 1).

Each ticket is evaluated by itself at the moment that the case names, on the shop, strategies and
orders as the ingest services stored them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F
from django.utils import timezone

from aftersale.models import Order, Shop, Ticket
from aftersale.records.schemas import OrderRecord, ShopRecord, TicketRecord
from aftersale.services.ingest import save_orders, save_tickets
from aftersale.services.shops import shops
from strategies.engine import compile_rulebook, expand_trace
from strategies.engine.vocabulary import SCENARIO_BIT
from strategies.models import Decision, EvaluatorLane, RulebookRevision, Strategy, StrategyUsage
from strategies.services import lanes
from strategies.services.evaluator import Tally, batch, decide_shop
from strategies.services.import_strategies import save_strategies
from strategies.strategy_record import StrategyRecord

pytestmark = pytest.mark.django_db
CASES = sorted((Path(__file__).parents[2] / "cases").glob("case_*.json"))[::6]


def stored(case: dict) -> Shop:
    """The case's shop, strategies (enabled as they stand) and orders, as rows."""
    now = timezone.now()
    given = case["input"]
    code = given["shop"]["code"]
    shops.upsert(ShopRecord.model_validate({"name": code} | given["shop"]), now=now)
    known = shops.known([code])
    strategies = [StrategyRecord.model_validate({"shop": code} | s) for s in given["strategies"]]
    save_strategies(strategies, shops=known, now=now)
    for strategy in strategies:
        Strategy.objects.filter(scenario=strategy.scenario, name=strategy.name).update(
            enabled=strategy.enabled
        )
    shop = Shop.objects.get(code=code)
    lanes.publish(shop.pk, user=None, now=now)
    orders = []
    for order in given["orders"]:
        lines = [{"quantity": 1} | line for line in order["lines"]]
        orders.append(
            OrderRecord.model_validate(
                {"shop": code, "updated_at": now.isoformat()} | order | {"lines": lines}
            )
        )
    assert {r.outcome.value for r in save_orders(orders, shops=known, now=now)} == {"new"}
    tickets = [
        TicketRecord.model_validate(
            {"shop": code, "updated_at": now.isoformat()}
            | {key: value for key, value in ticket.items() if key != "decided_at"}
        )
        for ticket in given["tickets"]
    ]
    assert {r.outcome.value for r in save_tickets(tickets, shops=known, now=now)} == {"new"}
    Ticket.objects.update(awaiting_evaluation=False)
    return shop


def trace_of(decision: Decision) -> list[dict]:
    """The stored trace, expanded by its revision (INTERFACES, simulate)."""
    content = RulebookRevision.objects.get(pk=decision.rulebook_id).content
    rulebook = compile_rulebook(content)
    expanded = expand_trace(
        rulebook,
        ticket_type=decision.type,
        order_status=decision.order_status,
        labels=decision.labels,
        scenarios_hit=decision.scenarios_hit,
        trace=decision.trace,
    )
    return [
        {"scenario": scenario, "strategy": strategy, "failed": failed}
        for scenario, strategy, failed in expanded
    ]


@contextmanager
def later_caps_hidden(day: date) -> Iterator[None]:
    """A case may go back in time, which the evaluator refuses to do (SPEC E9)."""
    long_ago = timedelta(days=20_000)
    later = StrategyUsage.objects.filter(day__gt=day)
    keys = list(later.values_list("pk", flat=True))
    hidden = StrategyUsage.objects.filter(pk__in=keys)
    hidden.update(day=F("day") - long_ago)
    yield
    hidden.update(day=F("day") + long_ago)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_evaluator_decides_as_simulate_does(path, monkeypatch):
    case = json.loads(path.read_text())
    shop = stored(case)
    by_number = {ticket["ticket_no"]: ticket for ticket in case["input"]["tickets"]}
    got = []
    for line in case["expected"]:
        given = by_number[line["ticket_no"]]
        moment = datetime.fromisoformat(given.get("decided_at") or given["applied_at"])
        monkeypatch.setattr(batch, "decision_moment", lambda _until, at=moment: (at, at))
        EvaluatorLane.objects.update(decided_until=None)  # cases may go back in time
        ticket = Ticket.objects.get(ticket_no=line["ticket_no"])
        if ticket.order_id is None:
            got.append(line)  # waits for its order, which simulate calls manual
            continue
        Ticket.objects.filter(pk=ticket.pk).update(awaiting_evaluation=True)
        with later_caps_hidden(moment.astimezone(ZoneInfo(shop.timezone)).date()):
            decide_shop(shop.pk, tally=Tally())
        decision = Decision.objects.get(ticket=ticket)
        strategy = decision.strategy.name if decision.strategy else None
        got.append(
            {
                "ticket_no": line["ticket_no"],
                "outcome": decision.outcome,
                "source": decision.source or None,
                "scenario": decision.scenario or None,
                "strategy": strategy,
                "trace": trace_of(decision),
            }
        )
        bit = SCENARIO_BIT.get(decision.scenario, 0)
        assert Ticket.objects.get(pk=ticket.pk).scenarios_hit & bit == bit
    assert got == case["expected"]
    taken = sum(Order.objects.values_list("committed", flat=True))
    approved = Decision.objects.exclude(outcome="manual").values_list("amount", flat=True)
    assert taken == sum(approved)
