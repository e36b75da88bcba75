"""Facts that come from a file are as old as it: what automation makes of them is suggested, and a
person takes it over (SPEC O11)."""

from datetime import timedelta

import pytest

from aftersale.models import (
    NO_MOMENT,
    ApprovalLimit,
    ApprovalRequest,
    Order,
    Refund,
    Role,
    Ticket,
    TicketEvent,
)
from aftersale.services.refunds import money_audit, second_person
from aftersale.services.shared.database_clock import database_moment
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused, Stale
from strategies.models import Decision, EvaluatorLane, Strategy, StrategyUsage
from strategies.services import suggestions
from strategies.services.evaluator import Tally, decide_shop
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    shop = make_shop()
    make_strategy(shop, single_amount_cap="50.00", daily_cap="50.00")
    return shop


def exported(order, **fields):
    Order.objects.filter(pk=order.pk).update(exported_at=NO_MOMENT)
    return make_ticket(order, amount=3_000, exported_at=NO_MOMENT, **fields)


def decide(shop):
    assert decide_shop(shop.pk, tally=Tally()) is False
    return list(Decision.objects.filter(shop=shop).order_by("pk"))


def money(order):
    order.refresh_from_db()
    return order.committed, Refund.objects.count(), StrategyUsage.objects.count()


def test_a_hit_is_suggested_and_takes_nothing(shop):
    """Two of 30 yuan under a cap of 50: both are suggested, since neither counts."""
    order = make_order(shop)
    tickets = [exported(order), exported(order)]
    strategy = Strategy.objects.get(shop=shop)
    decisions = decide(shop)
    assert [
        (
            one.outcome,
            one.why,
            one.strategy_id,
            one.suggested_outcome,
            one.suggested_scenario,
            one.suggested_strategy_id,
            one.trace,
        )
        for one in decisions
    ] == [("manual", "suggested", None, "refund", "pre_ship_refund", strategy.pk, [0])] * 2
    assert money(order) == (0, 0, 0)
    statuses = Ticket.objects.values_list("status", "scenarios_hit", "awaiting_evaluation")
    assert set(statuses) == {("pending_review", 0, False)}
    owner = make_user(shop)
    assert [one.pk for one in suggestions.waiting(owner).order_by("pk")] == [
        one.pk for one in decisions
    ]

    taken = suggestions.take_over(suggestion_id=decisions[0].pk, user=owner, now=NOON)

    assert (taken.outcome, taken.strategy_id, taken.taken_over_by) == (
        "refund",
        strategy.pk,
        owner,
    )
    assert money(order) == (3_000, 1, 1)
    assert Refund.objects.get().requested_by == owner
    event = TicketEvent.objects.get(ticket=tickets[0], kind="status")
    assert (event.actor, event.user, event.to_status) == ("person", owner, "refunding")
    # The cap is checked anew: the second does not fit any more, and nothing moves.
    with pytest.raises(Stale, match="No strategy took it"):
        suggestions.take_over(suggestion_id=decisions[1].pk, user=owner, now=NOON)
    assert money(order) == (3_000, 1, 1)
    # It is looked at again, and is no suggestion any more.
    assert [one.why for one in decide(shop)][-1] == "none_hit"
    assert not suggestions.waiting(owner).exists()


def test_one_above_what_a_person_approves_alone_waits_for_a_second(shop):
    """SPEC G4: all checks of a hit are made when it is confirmed, and count then."""
    order = make_order(shop)
    tickets = [exported(order), exported(order)]
    first, second = decide(shop)
    ApprovalLimit.objects.create(shop=shop, role=Role.CS_AGENT, amount=2_999)
    agent, owner = make_user(shop, Role.CS_AGENT), make_user(shop)
    assert suggestions.take_over(suggestion_id=first.pk, user=agent, now=NOON) is None
    order.refresh_from_db()
    # Held, and taken of nothing else; it is no suggestion to take over meanwhile.
    assert (order.committed, Refund.objects.count(), StrategyUsage.objects.count()) == (3_000, 0, 0)
    assert [one.pk for one in suggestions.waiting(owner)] == [second.pk]
    assert list(money_audit.differences()) == []
    request = ApprovalRequest.objects.get()
    assert (request.kind, request.ticket) == ("take_over", tickets[0])
    second_person.confirm(request_id=request.pk, user=owner, now=NOON)
    taken = Decision.objects.get(outcome="refund")
    assert (taken.ticket, taken.taken_over_by) == (tickets[0], agent)
    request.refresh_from_db()
    assert (request.state, request.settled_by) == ("confirmed", owner)
    assert money(order) == (3_000, 1, 1)
    assert list(money_audit.differences()) == []


def test_what_would_not_be_decided_any_more_falls(shop):
    """SPEC G4, O11: the strategy's cap went to another ticket while this one waited."""
    order = make_order(shop)
    tickets = [exported(order), exported(order)]
    first, second = decide(shop)
    ApprovalLimit.objects.create(shop=shop, role=Role.CS_AGENT, amount=0)
    agent, owner = make_user(shop, Role.CS_AGENT), make_user(shop)
    suggestions.take_over(suggestion_id=first.pk, user=agent, now=NOON)
    suggestions.take_over(suggestion_id=second.pk, user=owner, now=NOON)
    with pytest.raises(Stale, match="No strategy took it"):
        second_person.confirm(request_id=ApprovalRequest.objects.get().pk, user=owner, now=NOON)
    assert ApprovalRequest.objects.get().state == "fallen"
    assert money(order) == (3_000, 1, 1)
    tickets[0].refresh_from_db()
    assert (tickets[0].flags, tickets[0].awaiting_evaluation) == ([], True)
    assert list(money_audit.differences()) == []


def test_an_owner_may_have_fresh_exports_decided(shop):
    """Younger than 30 minutes, ticket and order both, by the database's clock."""
    shop.approves_exports = True
    shop.save()
    now = database_moment()
    fresh, stale = now - timedelta(minutes=29), now - timedelta(minutes=31)
    expected = []
    for order_at, ticket_at in ((fresh, fresh), (None, fresh), (fresh, stale), (stale, None)):
        order = make_order(shop, exported_at=order_at)
        make_ticket(order, amount=100, exported_at=ticket_at)
        expected.append("suggested" if stale in (order_at, ticket_at) else "")
    assert sorted(one.why for one in decide(shop)) == sorted(expected)


def test_a_new_version_ends_a_suggestion_and_others_may_not_take_it(shop):
    order = make_order(shop)
    ticket = exported(order)
    (decision,) = decide(shop)
    for user, refusal in (
        (make_user(shop, Role.VIEWER), NotAllowed),
        (make_user(make_shop()), NotFound),
    ):
        with pytest.raises(refusal):
            suggestions.take_over(suggestion_id=decision.pk, user=user, now=NOON)
    Ticket.objects.filter(pk=ticket.pk).update(awaiting_evaluation=True)
    with pytest.raises(Stale):
        suggestions.take_over(suggestion_id=decision.pk, user=make_user(shop), now=NOON)
    assert money(order) == (0, 0, 0)
    assert [one.why for one in decide(shop)] == ["suggested", "suggested"]


def test_nothing_is_taken_over_where_time_is_in_doubt(shop):
    """SPEC E9: it would spend the cap of a day that is not today."""
    order = make_order(shop)
    exported(order)
    (decision,) = decide(shop)
    EvaluatorLane.objects.update(decided_until=database_moment() + timedelta(days=400))
    before = money(order)
    with pytest.raises(Refused, match="clocks are wrong"):
        suggestions.take_over(suggestion_id=decision.pk, user=make_user(shop), now=NOON)
    assert money(order) == before
    assert Ticket.objects.get().awaiting_evaluation is False
