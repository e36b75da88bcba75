"""Live and trial agree: a day through the evaluator, then replayed, to the fen (SPEC M3)."""

import random
from datetime import datetime, timedelta

import pytest

from aftersale.models import Order, Role, Shop, Ticket, TicketStatus
from aftersale.services.shops import shops
from strategies.models import Decision, Strategy, StrategyUsage, TrialEvaluation, TrialKind
from strategies.services import trials
from strategies.services.evaluator import Tally, decide_shop
from strategies.services.lanes import current_content
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user

pytestmark = pytest.mark.django_db

# Chosen so that together they have every kind of thing happen; `test_…_happens` looks.
SEEDS = [1, 2, 3, 4, 5, 6]


def make_rules(shop: Shop, chance: random.Random) -> None:
    shop.fast_refund_periods.create(starts_at=NOON - timedelta(days=100))
    shop.blocked_buyers.create(buyer="b0")
    caps = [chance.randint(40, 120) for _ in range(3)]
    make_strategy(
        shop,
        single_amount_cap=f"{caps[0]}.00",
        daily_cap=f"{caps[0] * 4}.00",
        breaker={"hits": chance.randint(2, 6), "minutes": 30},
    )
    make_strategy(shop, single_amount_cap=f"{caps[1]}.00", daily_cap=f"{caps[1] * 3}.00")
    make_strategy(shop, single_amount_cap="150.00", product_condition="include", products=["p1"])
    for scenario in ("post_ship_refund", "post_ship_waive_return", "post_ship_return"):
        make_strategy(
            shop,
            scenario=scenario,
            single_amount_cap=f"{caps[2]}.00",
            daily_cap=f"{caps[2] * 2}.00",
            buyer_reasons=["quality_issue"] if chance.random() < 0.5 else [],
            breaker={"amount": f"{caps[2] * 2}.00", "minutes": 60}
            if chance.random() < 0.3
            else None,
        )


def arrive(shop: Shop, chance: random.Random, number: int) -> None:
    """A ticket, on an order of its own or on one that has a ticket already."""
    order = chance.choice([None, None, None, *Order.objects.filter(shop=shop)])
    if order is None or chance.random() < 0.7:
        status = chance.choice(["pending_shipment", "pending_shipment", "shipped", "delivered"])
        order = make_order(
            shop,
            status=status,
            buyer=f"b{chance.randrange(6)}",
            paid_amount=chance.randrange(500, 20_000),
            shipped_at=None if status == "pending_shipment" else NOON - timedelta(minutes=30),
            delivered_at=NOON - timedelta(minutes=9) if status == "delivered" else None,
            label_printed_at=NOON if chance.random() < 0.1 else None,
            labels=["fast_refund"] if chance.random() < 0.15 else [],
            lines=[{"product": chance.choice(["p1", "p2"])}],
        )
    make_ticket(
        order,
        type=chance.choice(["refund_only", "refund_only", "return_refund", "exchange"]),
        amount=max(1, order.paid_amount * chance.choice([100, 100, 60, 50, 110]) // 100),
        reason=chance.choice(["quality_issue", "other"]),
        applied_at=NOON + timedelta(seconds=number),
    )


def live_day(shop: Shop, chance: random.Random) -> None:
    """Batches, with pauses, resumes and second looks between them, as they come."""
    owner = make_user(shop, Role.OWNER)
    for number in range(6):
        for place in range(chance.randrange(6, 14)):
            arrive(shop, chance, number * 100 + place)
        happens = chance.random()
        if happens < 0.3:
            shops.pause(shop_id=shop.pk, user=owner, now=NOON)
        elif happens < 0.6:
            shops.resume(shop_id=shop.pk, user=owner, now=NOON)
        if happens > 0.5:
            waits = Ticket.objects.filter(shop=shop, status=TicketStatus.PENDING_REVIEW)
            waits.update(awaiting_evaluation=True)
        decide_shop(shop.pk, tally=Tally(), batch_size=chance.choice([1, 4, 100]))


def lived(seed: int) -> tuple[Shop, dict]:
    chance = random.Random(seed)
    shop = make_shop(
        buyer_limit_days=30,
        buyer_limit_count=chance.choice([None, 4]),
        buyer_limit_amount=chance.choice([None, 30_000]),
    )
    make_rules(shop, chance)
    # As it was before any breaker opened.
    content = current_content(shop.pk)
    live_day(shop, chance)
    return shop, content


@pytest.mark.parametrize("seed", SEEDS)
def test_a_day_replayed_gives_the_same_decisions(seed: int, monkeypatch) -> None:
    monkeypatch.setattr("strategies.services.past.reading.PIECE", 7)
    shop, content = lived(seed)
    today = datetime.now().astimezone().date()
    trial = trials.begin(
        shop_id=shop.pk,
        kind=TrialKind.STRATEGY,
        title="the same",
        proposed=content,
        present=content,
        first=today - timedelta(days=1),
        last=today + timedelta(days=1),
        user=make_user(shop, Role.ADMIN),
        now=NOON,
    )
    trials.run(trial.pk, clock=lambda: NOON)
    trial.refresh_from_db()
    assert (trial.status, trial.error, trial.estimated) == ("done", "", 0)
    assert trial.total == Decision.objects.filter(shop=shop).count()
    differ = TrialEvaluation.objects.exclude(proposed="-").values_list(
        "decision_id", "real", "present", "proposed"
    )
    assert [row for row in differ if len(set(row[1:])) > 1] == []
    for against in ("real", "present"):
        for figures in trial.summary["changes"][against].values():
            assert set(figures.values()) == {0}
    used = {
        (str(row.strategy_id), row.day.isoformat()): (row.hits, row.used)
        for row in StrategyUsage.objects.filter(strategy__shop=shop)
    }
    for side in ("present", "proposed"):
        days = {
            (each["strategy"], each["day"]): (each["hits"], each["amount"])
            for each in trial.summary[side]["days"]
            if each["strategy"] != "fast_refund"
        }
        assert days == used
        opened = Strategy.objects.filter(shop=shop).exclude(breaker_opened_at=None)
        assert set(trial.summary[side]["tripped"]) == {str(one.pk) for one in opened}


def test_everything_happens() -> None:
    """The days above would else agree on nothing."""
    seen: set[str] = set()
    for seed in SEEDS:
        shop, _ = lived(seed)
        decisions = Decision.objects.filter(shop=shop)
        seen |= set(decisions.values_list("why", flat=True))
        seen |= set(decisions.values_list("source", flat=True))
        seen |= set(decisions.values_list("scenario", flat=True))
        for trace in decisions.values_list("trace", flat=True):
            seen |= {f"condition {code}" for code in trace}
        if Strategy.objects.filter(shop=shop).exclude(breaker_opened_at=None).exists():
            seen.add("breaker")
        orders = list(decisions.values_list("order", flat=True))
        if len(orders) > len(set(orders)):
            seen.add("twice")
    assert seen >= {
        "paused", "none_hit", "no_scenario", "over_refundable", "fast_refund", "strategy",
        "pre_ship_refund", "post_ship_refund", "post_ship_waive_return", "post_ship_return",
        "condition 1", "condition 11", "condition 12", "breaker", "twice",
    }  # fmt: skip
