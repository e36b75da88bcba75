"""Circuit breakers (SPEC G3), tickets that raise errors (SPEC E1), the tasks' round (E1)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from aftersale.models import Order, Refund, Ticket
from strategies.models import Decision, RulebookRevision, StrategyUsage
from strategies.services import strategies
from strategies.services.evaluator import Tally, batch, decide_shop
from strategies.tasks import decide, sweep
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user
from tests.queries import counted_queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wakes_at_once")]


def tickets_of(shop, number, **fields):
    return [
        make_ticket(make_order(shop), applied_at=NOON + timedelta(seconds=position), **fields)
        for position in range(number)
    ]


@pytest.mark.parametrize(
    ("breaker", "stands", "seen"),
    [
        ({"hits": 2, "minutes": 10}, 3, {"hits": 3, "amount": 30_000, "minutes": 10}),
        ({"amount": "200.00", "minutes": 10}, 3, {"hits": 3, "amount": 30_000, "minutes": 10}),
        ({"amount": "199.99", "minutes": 5}, 2, {"hits": 2, "amount": 20_000, "minutes": 5}),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_the_hit_above_the_limit_stands_and_switches_off(breaker, stands, seen, batch_size):
    """SPEC G3: whatever the batches, from the next ticket on it fails `enabled`."""
    shop = make_shop()
    strategy = make_strategy(shop, breaker=breaker)
    tickets = tickets_of(shop, 6)
    before = shop.lane.rulebook_id
    decide_shop(shop.pk, tally=Tally(), batch_size=batch_size)

    got = list(Decision.objects.order_by("id").values_list("ticket", "outcome", "trace"))
    assert got == [
        (ticket.pk, "refund", [0]) if position < stands else (ticket.pk, "manual", [1])
        for position, ticket in enumerate(tickets)
    ]
    strategy.refresh_from_db()
    assert (strategy.enabled, strategy.breaker_opened_by) == (False, seen)
    # One batch has one revision: hits name the one before, misses the one after.
    shop.lane.refresh_from_db()
    rulebooks = Decision.objects.order_by("id").values_list("rulebook", flat=True)
    assert list(rulebooks) == [before] * stands + [shop.lane.rulebook_id] * (6 - stands)
    content = RulebookRevision.objects.get(pk=shop.lane.rulebook_id).content["strategies"][0]
    assert (content["enabled"], content["revision"]) == (False, strategy.revision)
    revision = strategy.revisions.get(number=strategy.revision)
    assert (revision.content["enabled"], revision.created_by) == (False, None)


def test_only_a_person_switches_it_on_again_and_it_counts_afresh():
    """SPEC G3."""
    shop = make_shop()
    owner = make_user(shop)
    strategy = make_strategy(shop, breaker={"hits": 1, "minutes": 60})
    tickets_of(shop, 3)
    decide_shop(shop.pk, tally=Tally())
    assert Refund.objects.count() == 2
    strategies.enable(strategy_id=strategy.pk, user=owner, now=timezone.now())
    strategy.refresh_from_db()
    assert (strategy.enabled, strategy.breaker_opened_by) == (True, None)
    tickets_of(shop, 1)
    decide_shop(shop.pk, tally=Tally())
    strategy.refresh_from_db()
    assert (Refund.objects.count(), strategy.enabled) == (3, True)


def test_hits_outside_the_breakers_minutes_do_not_count():
    """SPEC G3: (moment - M minutes, moment]."""
    shop = make_shop()
    strategy = make_strategy(shop, breaker={"hits": 2, "minutes": 10})
    tickets_of(shop, 2)
    decide_shop(shop.pk, tally=Tally())
    Decision.objects.update(decided_at=timezone.now() - timedelta(minutes=11))
    tickets_of(shop, 2)
    decide_shop(shop.pk, tally=Tally())
    strategy.refresh_from_db()
    assert (strategy.enabled, Refund.objects.count()) == (True, 4)


def test_a_bad_ticket_goes_to_people_alone(monkeypatch):
    """SPEC E1: the batch is split until the bad ticket is alone; the others lose nothing."""
    shop = make_shop()
    make_strategy(shop)
    tickets = tickets_of(shop, 9)
    bad = tickets[4]
    real = batch.decide

    def decide_or_fail(rulebook, state, facts, **options):
        facts = list(facts)
        if any(fact[0] == bad.pk for fact in facts):
            raise ValueError("a number that nobody expected")
        return real(rulebook, state, facts, **options)

    monkeypatch.setattr(batch, "decide", decide_or_fail)
    tally = Tally()
    assert decide_shop(shop.pk, tally=tally) is False
    assert tally.total == 9
    bad.refresh_from_db()
    assert (bad.status, bad.awaiting_evaluation, bad.committed, bad.flags) == (
        "pending_review",
        False,
        0,
        ["error"],
    )
    decision = Decision.objects.get(ticket=bad)
    assert (decision.outcome, decision.why, decision.error) == (
        "manual",
        "error",
        "ValueError: a number that nobody expected",
    )
    assert Refund.objects.count() == 8
    assert not Refund.objects.filter(ticket=bad).exists()
    # Not for ever: nothing is tried again by itself.
    assert decide_shop(shop.pk, tally=(again := Tally())) is False
    assert again.total == 0


def test_a_refund_that_exists_is_never_made_twice():
    """SPEC promise 1: should a paid ticket ever wait again, the database refuses to pay again."""
    shop = make_shop()
    make_strategy(shop)
    ticket = tickets_of(shop, 1)[0]
    decide_shop(shop.pk, tally=Tally())
    Refund.objects.update(status="succeeded")
    Ticket.objects.update(
        status="pending_review", awaiting_evaluation=True, committed=0, scenarios_hit=0
    )
    Order.objects.update(committed=0)
    decide_shop(shop.pk, tally=Tally())
    assert Refund.objects.get().status == "succeeded"
    ticket.refresh_from_db()
    assert (ticket.status, ticket.committed, ticket.flags) == ("pending_review", 0, ["error"])
    assert Order.objects.get().committed == 0
    assert StrategyUsage.objects.get().hits == 1


def test_an_error_that_is_no_tickets_fault_marks_nothing(monkeypatch):
    """A rulebook that does not compile: tickets go on waiting."""
    shop = make_shop()
    make_strategy(shop)
    tickets_of(shop, 2)

    def fail(revision_id):
        raise KeyError("timezone")

    monkeypatch.setattr(batch, "load_rulebook", fail)
    with pytest.raises(KeyError):
        decide_shop(shop.pk, tally=Tally())
    assert Ticket.objects.filter(awaiting_evaluation=True).count() == 2
    assert Decision.objects.count() == 0


def test_the_sweep_wakes_an_evaluator_for_each_shop_that_waits():
    """SPEC E1: what a crash left behind."""
    first, second, idle = make_shop(), make_shop(), make_shop()
    for shop in (first, second):
        make_strategy(shop)
        tickets_of(shop, 1)
    make_strategy(idle)
    OrmQ.objects.all().delete()
    sweep()
    woken = [(task.func(), task.task["args"]) for task in OrmQ.objects.order_by("id")]
    assert woken == [
        ("strategies.tasks.decide", (first.pk,)),
        ("strategies.tasks.decide", (second.pk,)),
    ]
    assert decide(first.pk) == 1
    assert Ticket.objects.filter(awaiting_evaluation=True).count() == 1


def test_a_run_that_found_only_held_tickets_asks_again_but_not_for_ever(monkeypatch):
    shop = make_shop()
    make_strategy(shop)
    tickets_of(shop, 1)
    OrmQ.objects.all().delete()
    monkeypatch.setattr(batch, "claim", lambda *args, **kwargs: [])
    assert decide(shop.pk, 3) == 0
    assert [task.task["args"] for task in OrmQ.objects.all()] == [(shop.pk, 2)]
    OrmQ.objects.all().delete()
    assert decide(shop.pk, 1) == 0
    assert not OrmQ.objects.exists()


def test_a_batch_takes_the_same_number_of_queries_whatever_its_size():
    """PERFORMANCE: set-based; nothing per ticket."""
    shop = make_shop(buyer_limit_days=3, buyer_limit_count=9)
    make_strategy(shop)
    tickets_of(shop, 1)
    decide_shop(shop.pk, tally=Tally())  # reads the rulebook, which is kept
    counts = []
    for size in (1, 40):
        tickets_of(shop, size)
        with counted_queries() as queries:
            decide_shop(shop.pk, tally=Tally())
        counts.append(len(queries))
    # Begin and commit are two of them.
    assert counts == [13, 13]
