"""Rows that the evaluator writes for each outcome (SPEC E1 to E8, O8, S3, F2, G2)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from aftersale.models import Order, Refund, Shop, Ticket, TicketEvent
from aftersale.services.refunds import unsent_refunds
from strategies.models import Decision, StrategyUsage
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user

pytestmark = pytest.mark.django_db


def decide(shop: Shop, **options) -> Tally:
    tally = Tally()
    assert decide_shop(shop.pk, tally=tally, **options) is False
    return tally


def test_a_hit_writes_everything_at_once():
    """SPEC E6, O8: decision with facts, cap use, status, event, refund and the order's money."""
    shop = make_shop()
    strategy = make_strategy(shop, refund_reason="unshipped")
    order = make_order(shop, labels=["campaign"])
    ticket = make_ticket(order, amount=4_000)

    tally = decide(shop)

    assert tally.decided == {("refund", "strategy", "pre_ship_refund", strategy.pk): 1}
    ticket.refresh_from_db()
    assert (ticket.status, ticket.awaiting_evaluation, ticket.committed, ticket.scenarios_hit) == (
        "refunding",
        False,
        4_000,
        1,
    )
    order.refresh_from_db()
    assert (order.committed, order.refundable_amount) == (4_000, 6_000)
    decision = Decision.objects.get()
    assert decision.ticket_id == ticket.pk
    assert decision.rulebook_id == shop.lane.rulebook_id
    assert (decision.outcome, decision.source, decision.scenario, decision.strategy_id) == (
        "refund",
        "strategy",
        "pre_ship_refund",
        strategy.pk,
    )
    assert (decision.why, decision.trace, decision.error) == ("", [0], "")
    assert (decision.amount, decision.refundable_amount, decision.paid_amount) == (
        4_000,
        10_000,
        10_000,
    )
    assert (decision.labels, decision.products, decision.categories) == (
        ["campaign"],
        ["p1"],
        ["c1"],
    )
    assert (decision.applied_at, decision.paid_at) == (NOON, order.paid_at)
    assert (decision.buyer, decision.buyer_blocked, decision.buyer_count) == (
        order.buyer,
        False,
        None,
    )
    event = TicketEvent.objects.get()
    assert (event.ticket_id, event.actor, event.from_status, event.to_status) == (
        ticket.pk,
        "automation",
        "pending_review",
        "refunding",
    )
    assert event.at == decision.decided_at
    refund = Refund.objects.get()
    assert (refund.ticket_id, refund.order_id, refund.amount, refund.source) == (
        ticket.pk,
        order.pk,
        4_000,
        "strategy",
    )
    assert (refund.decision_id, refund.status, refund.reason) == (
        decision.pk,
        "requested",
        "unshipped",
    )
    # A manual shop's refund waits for a person.
    assert refund.next_step_at is None
    usage = StrategyUsage.objects.get()
    assert (usage.strategy_id, usage.hits, usage.used, usage.cap) == (
        strategy.pk,
        1,
        4_000,
        5_000_000,
    )


def test_a_sandbox_shops_refund_is_due_at_once():
    shop = make_shop(connector="sandbox", is_demo=True)
    make_strategy(shop)
    make_ticket(make_order(shop))
    decide(shop)
    refund = Refund.objects.get()
    assert refund.next_step_at == refund.requested_at


def test_nothing_hits_then_people_have_it_with_the_trace():
    """SPEC E8."""
    shop = make_shop()
    make_strategy(shop, enabled=False)
    make_strategy(shop, single_amount_cap="99.99")
    ticket = make_ticket(make_order(shop))
    decide(shop)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.awaiting_evaluation, ticket.committed) == (
        "pending_review",
        False,
        0,
    )
    decision = Decision.objects.get()
    assert (decision.outcome, decision.why, decision.trace) == ("manual", "none_hit", [1, 6])
    assert not Refund.objects.exists()
    assert not TicketEvent.objects.exists()
    assert not StrategyUsage.objects.exists()


@pytest.mark.parametrize(
    ("order", "ticket", "why"),
    [
        ({"status": "completed"}, {}, "no_scenario"),
        ({}, {"type": "exchange"}, "no_scenario"),
        ({}, {"amount": 0}, "no_amount"),
        ({}, {"amount": 10_001}, "over_refundable"),
        ({"refunded_amount": 1}, {}, "over_refundable"),
        ({"over_refunded": True}, {"amount": 1}, "platform_excess"),
        ({"over_refunded": True, "refunded_amount": 10_000}, {"amount": 1}, "over_refundable"),
        ({"type": "deposit"}, {}, "no_scenario"),
        ({}, {"rejected_before": True, "taken_back": True}, "rejected_before"),
        ({}, {"taken_back": True}, "taken_back"),
        ({"paid_at": NOON + timedelta(seconds=1)}, {"applied_at": NOON}, "impossible_times"),
    ],
)
def test_what_goes_to_people_before_any_strategy(order, ticket, why):
    """SPEC E2, S2, O2."""
    shop = make_shop()
    make_strategy(shop)
    made = make_ticket(make_order(shop, **order), **ticket)
    decide(shop)
    decision = Decision.objects.get()
    assert (decision.ticket_id, decision.outcome, decision.why, decision.trace) == (
        made.pk,
        "manual",
        why,
        [],
    )
    assert not Refund.objects.exists()


def test_an_approved_return_commits_the_money_and_refunds_nothing_yet():
    """SPEC S1 post_ship_return, O2, O5."""
    shop = make_shop(platform="kuaishou")
    make_strategy(shop, scenario="post_ship_return")
    order = make_order(shop, status="delivered", delivered_at=NOON)
    ticket = make_ticket(order, type="return_refund", amount=3_000)
    decide(shop)
    ticket.refresh_from_db()
    order.refresh_from_db()
    decision = Decision.objects.get()
    assert decision.outcome == "approve_return"
    assert (ticket.status, ticket.committed, order.committed) == ("awaiting_return", 3_000, 3_000)
    assert ticket.due_at == decision.decided_at + timedelta(days=10)
    assert not Refund.objects.exists()
    assert StrategyUsage.objects.get().used == 3_000


def test_a_waived_return_becomes_a_refund_and_keeps_what_was_asked_for():
    """SPEC S1 post_ship_waive_return."""
    shop = make_shop()
    make_strategy(shop, scenario="post_ship_waive_return")
    order = make_order(shop, status="shipped", shipped_at=NOON)
    ticket = make_ticket(order, type="return_refund")
    decide(shop)
    ticket.refresh_from_db()
    assert (ticket.type, ticket.requested_type, ticket.status) == (
        "refund_only",
        "return_refund",
        "refunding",
    )
    assert Decision.objects.get().type == "return_refund"


def test_two_tickets_of_one_order_share_its_money():
    """SPEC O2, E7: the earlier one gets it, the later one goes to people."""
    shop = make_shop()
    make_strategy(shop)
    order = make_order(shop)
    later = make_ticket(order, amount=6_000, applied_at=NOON + timedelta(seconds=1))
    earlier = make_ticket(order, amount=6_000)
    decide(shop)
    order.refresh_from_db()
    assert order.committed == 6_000
    outcomes = dict(Decision.objects.values_list("ticket", "outcome"))
    assert outcomes == {earlier.pk: "refund", later.pk: "manual"}
    assert Decision.objects.get(ticket=later).refundable_amount == 4_000


def test_the_daily_cap_passes_on_and_a_smaller_ticket_still_fits():
    """SPEC E3 daily_cap, E5."""
    shop = make_shop()
    first = make_strategy(shop, single_amount_cap="100.00", daily_cap="150.00")
    second = make_strategy(shop)
    amounts = [10_000, 6_000, 5_000]
    tickets = [
        make_ticket(make_order(shop), amount=amount, applied_at=NOON + timedelta(seconds=position))
        for position, amount in enumerate(amounts)
    ]
    decide(shop)
    hits = dict(Decision.objects.values_list("ticket", "strategy"))
    assert [hits[ticket.pk] for ticket in tickets] == [first.pk, second.pk, first.pk]
    assert dict(StrategyUsage.objects.values_list("strategy", "used")) == {
        first.pk: 15_000,
        second.pk: 6_000,
    }


def test_paused_goes_to_people_but_fast_refund_goes_on():
    """SPEC G2, F1, F2."""
    shop = make_shop(automation_paused_at=NOON)
    shop.fast_refund_periods.create(starts_at=NOON - timedelta(days=9))
    make_strategy(shop)
    plain = make_ticket(make_order(shop))
    fast = make_ticket(make_order(shop, labels=["fast_refund"]))
    decide(shop)
    assert Decision.objects.get(ticket=plain).why == "paused"
    decision = Decision.objects.get(ticket=fast)
    assert (decision.outcome, decision.source, decision.scenario, decision.strategy_id) == (
        "refund",
        "fast_refund",
        "",
        None,
    )
    assert not StrategyUsage.objects.exists()


def test_a_scenario_hits_a_ticket_once_for_good():
    """SPEC S3: taken back and evaluated again, it is not hit in that scenario again."""
    shop = make_shop()
    make_strategy(shop)
    order = make_order(shop)
    ticket = make_ticket(order)
    decide(shop)
    Refund.objects.update(status="taken_back")
    Order.objects.update(committed=0)
    Ticket.objects.update(status="pending_review", committed=0, awaiting_evaluation=True)

    decide(shop)

    assert list(Decision.objects.order_by("id").values_list("outcome", "why", "trace")) == [
        ("refund", "", [0]),
        ("manual", "none_hit", []),
    ]
    assert Refund.objects.get().status == "taken_back"
    ticket.refresh_from_db()
    assert (ticket.status, ticket.committed) == ("pending_review", 0)


def test_a_refund_taken_back_goes_on_as_the_same_row_in_another_scenario():
    """SPEC promise 1: one Refund per ticket for good."""
    shop = make_shop()
    make_strategy(shop)
    shipped = make_strategy(shop, scenario="post_ship_refund")
    order = make_order(shop)
    make_ticket(order)
    decide(shop)
    first = Refund.objects.get()
    Refund.objects.update(status="taken_back")
    Order.objects.update(committed=0, status="shipped", shipped_at=NOON)
    Ticket.objects.update(status="pending_review", committed=0, awaiting_evaluation=True)
    decide(shop)
    again = Refund.objects.get()
    assert again.pk == first.pk
    assert (again.status, again.decision_id) == (
        "requested",
        Decision.objects.get(strategy=shipped).pk,
    )


def test_block_list_and_buyer_limits():
    """SPEC E3 buyer_guard, G1: fast refunds count, too, but nothing stops them."""
    shop = make_shop(buyer_limit_days=30, buyer_limit_count=2)
    shop.fast_refund_periods.create(starts_at=NOON - timedelta(days=9))
    shop.blocked_buyers.create(buyer="bad")
    make_strategy(shop)

    def ticket(buyer, seconds, **order):
        return make_ticket(
            make_order(shop, buyer=buyer, **order), applied_at=NOON + timedelta(seconds=seconds)
        )

    tickets = [
        ticket("good", 0, labels=["fast_refund"]),
        ticket("good", 1),
        ticket("good", 2),
        ticket("good", 3, labels=["fast_refund"]),
        ticket("bad", 4),
        ticket("bad", 5, labels=["fast_refund"]),
    ]
    decide(shop)
    decisions = {d.ticket_id: d for d in Decision.objects.all()}
    got = [decisions[t.pk] for t in tickets]
    assert [d.outcome for d in got] == ["refund", "refund", "manual", "refund", "manual", "refund"]
    assert [d.trace for d in got] == [[], [0], [11], [], [11], []]
    assert [(d.buyer_count, d.buyer_sum) for d in got[:4]] == [
        (0, 0),
        (1, 10_000),
        (2, 20_000),
        (2, 20_000),
    ]
    assert [d.buyer_blocked for d in got] == [False] * 4 + [True] * 2

    # The next batch counts them from the rows.
    later = ticket("good", 9)
    decide(shop)
    decision = Decision.objects.get(ticket=later)
    assert (decision.trace, decision.buyer_count, decision.buyer_sum) == ([11], 3, 30_000)


def test_the_order_of_decisions_is_that_of_application():
    """SPEC E7, over batches and whatever order tickets arrived in."""
    shop = make_shop()
    make_strategy(shop, single_amount_cap="100.00", daily_cap="300.00")
    tickets = [
        make_ticket(make_order(shop), applied_at=NOON - timedelta(minutes=position))
        for position in range(7)
    ]
    decide(shop, batch_size=2)
    got = list(Decision.objects.order_by("id").values_list("ticket", "outcome"))
    assert [pk for pk, _ in got] == [t.pk for t in reversed(tickets)]
    assert [outcome for _, outcome in got] == ["refund"] * 3 + ["manual"] * 4


def test_a_waived_return_taken_back_is_a_return_again():
    """SPEC S1, G2, E2: what was waived is taken back with the refund, and it is for people."""
    shop = make_shop()
    agent = make_user(shop, "cs_agent")
    make_strategy(shop, scenario="post_ship_waive_return")
    make_strategy(shop, scenario="post_ship_refund")
    order = make_order(shop, status="shipped", shipped_at=NOON)
    ticket = make_ticket(order, type="return_refund")
    decide(shop)
    refund = Refund.objects.get()
    unsent_refunds.take_back(refund_id=refund.pk, user=agent, now=timezone.now())
    ticket.refresh_from_db()
    assert (ticket.type, ticket.awaiting_evaluation) == ("return_refund", True)
    decide(shop)
    refund.refresh_from_db()
    ticket.refresh_from_db()
    order.refresh_from_db()
    assert (refund.status, ticket.status) == ("taken_back", "pending_review")
    assert (ticket.committed, order.committed) == (0, 0)
    decision = Decision.objects.latest("id")
    assert (decision.why, decision.held_back, decision.type) == (
        "taken_back", "taken_back", "return_refund",
    )  # fmt: skip
