"""Evaluators racing (SPEC promises 1 and 2, E6, E7). Each guard is first shown to be needed."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django_q.models import OrmQ

from aftersale.models import Order, Refund, Shop, Ticket, TicketEvent
from aftersale.services.refunds import approvals as refunds
from strategies.models import (
    Decision,
    EvaluatorLane,
    RulebookRevision,
    Strategy,
    StrategyUsage,
)
from strategies.services import strategies
from strategies.services.evaluator import Tally, batch, decide_shop, run
from strategies.tasks import decide, sweep
from tests.factories import (
    NOON,
    make_order,
    make_shop,
    make_strategy,
    make_ticket,
    make_user,
    strategy_record,
)

from .threads import at_once, die_on_second, meeting, run_and_die, without_constraint

pytestmark = pytest.mark.django_db(transaction=True)


def backlog(shop: Shop, tickets: int, **order) -> list[Ticket]:
    return [
        make_ticket(make_order(shop, **order), applied_at=NOON + timedelta(seconds=position))
        for position in range(tickets)
    ]


def drain(shop: Shop, batch_size: int) -> int:
    """A worker's loop until nothing waits."""
    tally = Tally()
    while Ticket.objects.filter(shop=shop, awaiting_evaluation=True).exists():
        decide_shop(shop.pk, tally=tally, batch_size=batch_size)
    return tally.total


def assert_money_adds_up(shop: Shop) -> None:
    """Usage equals the sum of approvals, no cap is exceeded, orders carry what tickets took."""
    for usage in StrategyUsage.objects.filter(strategy__shop=shop):
        hits = Decision.objects.filter(strategy=usage.strategy_id).exclude(outcome="manual")
        assert hits.aggregate(n=Count("id"), used=Sum("amount")) == {
            "n": usage.hits,
            "used": usage.used,
        }
        assert usage.used <= usage.cap
    approved = Decision.objects.filter(shop=shop).exclude(outcome="manual")
    assert approved.values("ticket").distinct().count() == approved.count()
    assert Refund.objects.filter(shop=shop).count() == approved.count()
    assert TicketEvent.objects.filter(ticket__shop=shop).count() == approved.count()
    for order in Order.objects.filter(shop=shop):
        taken = order.tickets.aggregate(taken=Sum("committed"))["taken"] or 0
        assert order.committed == taken <= order.paid_amount


def test_four_evaluators_over_binding_caps_and_one_hot_strategy():
    """No deadlock, nothing decided twice, each cap filled to the brim and no further."""
    shop = make_shop()
    hot = make_strategy(shop, single_amount_cap="100.00", daily_cap="5000.00")
    second = make_strategy(shop, single_amount_cap="100.00", daily_cap="2000.00")
    backlog(shop, 120)
    totals = at_once(*[lambda: drain(shop, batch_size=7)] * 4)
    assert sum(totals) == 120
    assert Decision.objects.count() == 120
    used = dict(StrategyUsage.objects.values_list("strategy", "used"))
    assert used == {hot.pk: 500_000, second.pk: 200_000}
    assert Ticket.objects.filter(status="refunding").count() == 70
    assert_money_adds_up(shop)


def test_evaluators_while_people_change_strategies():
    """Changes wait for the batch under way; each decision names a rulebook that allowed it."""
    shop = make_shop()
    owner = make_user(shop)
    first = make_strategy(shop, single_amount_cap="100.00", daily_cap="3000.00")
    second = make_strategy(shop, single_amount_cap="100.00", daily_cap="3000.00")
    backlog(shop, 100)

    def fiddle() -> None:
        for _ in range(6):
            strategies.disable(strategy_id=first.pk, user=owner, now=NOON)
            present = strategies.priorities(shop.pk, "pre_ship_refund")
            strategies.reorder(
                shop_id=shop.pk,
                scenario="pre_ship_refund",
                ids=present[::-1],
                seen=present,
                user=owner,
                now=NOON,
            )
            strategies.enable(strategy_id=first.pk, user=owner, now=NOON)

    results = at_once(fiddle, *[lambda: drain(shop, batch_size=5)] * 3)
    assert results[0] is None
    assert sum(results[1:]) == 100
    assert_money_adds_up(shop)
    for decision in Decision.objects.exclude(strategy=None):
        content = RulebookRevision.objects.get(pk=decision.rulebook_id).content
        hit = next(s for s in content["strategies"] if s["id"] == decision.strategy_id)
        assert hit["enabled"]
    assert {first.pk, second.pk} >= set(
        Decision.objects.exclude(strategy=None).values_list("strategy", flat=True)
    )


@pytest.fixture
def no_lane_lock(monkeypatch):
    """Evaluators that do not hold the lane, and meet after reading the caps: the race itself."""
    meet = meeting(2)
    real_decide = batch.decide

    def decide_after_meeting(*args, **kwargs):
        meet()
        return real_decide(*args, **kwargs)

    monkeypatch.setattr(batch, "decide", decide_after_meeting)
    monkeypatch.setattr(batch, "try_lane", lambda shop_id: EvaluatorLane.objects.get(shop=shop_id))


def hot_shop() -> Shop:
    """Two tickets of 100 yuan, one strategy with 100 yuan a day."""
    shop = make_shop()
    make_strategy(shop, single_amount_cap="100.00", daily_cap="100.00")
    backlog(shop, 2)
    return shop


def decide_one(shop: Shop) -> None:
    batch.decide_batch(shop.pk, after=run.START, limit=1, tally=Tally())


def test_without_the_lane_the_constraint_refuses(no_lane_lock, monkeypatch):
    """Control for promise 2: with the lane's lock gone, two would use one cap twice; the CHECK
    refuses, and the refused batch is decided again on what is true."""
    refused = []
    real_write = batch.write

    def watching_write(**kwargs):
        try:
            real_write(**kwargs)
        except IntegrityError as error:
            refused.append(str(error))
            raise

    monkeypatch.setattr(batch, "write", watching_write)
    shop = hot_shop()
    at_once(lambda: decide_one(shop), lambda: decide_one(shop))
    assert len(refused) == 1
    assert "usage_within_cap" in refused[0]
    assert StrategyUsage.objects.get().used == 10_000
    assert Refund.objects.count() == 1


def test_without_lane_and_constraint_the_cap_is_overrun(no_lane_lock):
    """Control for promise 2: the race is real."""
    shop = hot_shop()
    with without_constraint("strategies_strategyusage", "usage_within_cap"):
        at_once(lambda: decide_one(shop), lambda: decide_one(shop))
        assert StrategyUsage.objects.get().used == 20_000


@pytest.mark.parametrize("last_look", [True, False])
def test_a_ticket_that_arrives_as_the_evaluator_finishes_is_not_lost(monkeypatch, last_look):
    """The holder has claimed for the last time, a ticket arrives, its worker finds the lane held
    and gives up: the holder's look after letting go finds it. Without that look it is lost."""
    shop = make_shop()
    make_strategy(shop)
    backlog(shop, 1)
    given_up = []
    real_claim = batch.claim

    def arrive() -> None:
        make_ticket(make_order(shop))
        given_up.append(decide_shop(shop.pk, tally=Tally()))

    def claim_then_arrival(*args, **kwargs):
        rows = real_claim(*args, **kwargs)
        if not given_up:
            at_once(arrive)
            if not last_look:
                monkeypatch.setattr(run, "_waiting", lambda shop_id: Ticket.objects.none())
        return rows

    monkeypatch.setattr(batch, "claim", claim_then_arrival)
    tally = Tally()
    assert decide_shop(shop.pk, tally=tally) is False
    assert given_up == [False]
    assert tally.total == (2 if last_look else 1)
    assert Ticket.objects.filter(awaiting_evaluation=True).count() == (0 if last_look else 1)


def test_a_manual_approval_and_the_evaluator_never_both_refund():
    """SPEC promise 1: people and automation on one ticket."""
    shop = make_shop()
    owner = make_user(shop)
    make_strategy(shop)
    tickets = backlog(shop, 6)
    approvals = [
        partial(refunds.approve, ticket_id=ticket.pk, user=owner, now=timezone.now())
        for ticket in tickets
    ]
    at_once(lambda: drain(shop, 2), *approvals)
    assert Refund.objects.count() == 6
    assert set(Order.objects.values_list("committed", flat=True)) == {10_000}
    assert set(Ticket.objects.values_list("status", flat=True)) == {"refunding"}


@pytest.mark.parametrize("guard", ["both", "constraint", "none"])
def test_two_people_add_the_tenth_strategy(guard, monkeypatch):
    """SPEC T3: one is refused; without the lane the constraint refuses; without both, eleven."""
    shop = make_shop()
    owner = make_user(shop)
    for _ in range(9):
        make_strategy(shop, enabled=False)

    if guard != "both":
        meet = meeting(2)
        real_priorities = strategies.priorities

        def priorities_then_meet(*args):
            order = real_priorities(*args)
            meet()
            return order

        monkeypatch.setattr(strategies, "priorities", priorities_then_meet)
        monkeypatch.setattr(strategies, "hold_lane", lambda *args, **kwargs: None)
        monkeypatch.setattr(strategies, "publish", lambda *args, **kwargs: None)

    def add():
        return strategies.create(
            shop_id=shop.pk, record=strategy_record(shop), user=owner, now=NOON
        )

    live = Strategy.objects.filter(shop=shop)
    if guard == "none":
        # Both are added before either commits: a later one would push the other to place eleven,
        # which another constraint refuses.
        added = meeting(2)
        monkeypatch.setattr(strategies, "keep_revision", lambda *args, **kwargs: added())
        with without_constraint("strategies_strategy", "strategy_priority_once"):
            at_once(add, add)
            assert live.count() == 11
        return
    results = at_once(add, add)
    assert live.count() == 10
    assert sorted(live.values_list("priority", flat=True)) == list(range(1, 11))
    wrong = [result for result in results if isinstance(result, Exception)]
    assert len(wrong) == 1
    expected = IntegrityError if guard == "constraint" else strategies.Refused
    assert isinstance(wrong[0], expected)


@pytest.mark.parametrize(
    ("point", "left"), [("after claim", 20), ("after write", 20), ("after commit", 10)]
)
def test_killed_with_9(point, left):
    """SPEC E6: a batch is there or not there, and the sweep does the rest, once."""
    shop = make_shop()
    make_strategy(shop, single_amount_cap="100.00", daily_cap="2500.00")
    backlog(shop, 30)

    def dies_there() -> None:
        owner, name = {
            "after claim": (batch, "claim"),
            "after write": (batch, "write"),
            "after commit": (run, "decide_batch"),
        }[point]
        setattr(owner, name, die_on_second(getattr(owner, name), after=True))
        decide_shop(shop.pk, tally=Tally(), batch_size=10)

    run_and_die(dies_there)
    assert Ticket.objects.filter(awaiting_evaluation=True).count() == left
    assert Decision.objects.count() == 30 - left
    assert_money_adds_up(shop)

    sweep()
    assert [task.func() for task in OrmQ.objects.all()][-1] == "strategies.tasks.decide"
    decide(shop.pk)
    assert Ticket.objects.filter(awaiting_evaluation=True).count() == 0
    assert Decision.objects.count() == 30
    assert Ticket.objects.filter(status="refunding").count() == 25
    assert_money_adds_up(shop)


def test_who_finds_the_lane_held_leaves_at_once():
    """SPEC E7: nobody waits, nothing is decided beside the holder."""
    shop = make_shop()
    make_strategy(shop)
    backlog(shop, 1)
    with transaction.atomic():
        EvaluatorLane.objects.select_for_update(no_key=True).get(shop=shop)
        assert at_once(lambda: decide_shop(shop.pk, tally=Tally())) == [False]
        assert Decision.objects.count() == 0
    assert drain(shop, 10) == 1
