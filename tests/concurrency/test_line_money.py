"""Evaluators and people racing for the money of lines (SPEC E2). The race without locks first."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from aftersale.models import Order, Shop, Ticket
from aftersale.services.refunds import approvals
from aftersale.services.refunds.money_audit import differences
from aftersale.services.shared.errors import Refused
from strategies.engine.line_money import line_limit
from strategies.models import Decision, EvaluatorLane
from strategies.services.evaluator import Tally, batch, decide_shop, read_facts
from tests.factories import NOON, make_order, make_shop, make_strategy, make_ticket, make_user

from .test_evaluators import drain
from .threads import at_once, meeting

pytestmark = pytest.mark.django_db(transaction=True)

TWO_LINES = [{"paid_amount": 6_000}, {"paid_amount": 6_000}]


def two_on_a_line() -> tuple[Shop, Order]:
    shop = make_shop()
    make_strategy(shop)
    order = make_order(shop, paid_amount=12_000, lines=TWO_LINES)
    for number in range(2):
        at = NOON + timedelta(seconds=number)
        make_ticket(order, amount=6_000, line_no=1, applied_at=at)
    return shop, order


def taken(order: Order) -> list[int]:
    return list(order.lines.order_by("line_no").values_list("taken", flat=True))


def test_without_locks_two_evaluators_give_a_line_back_twice(monkeypatch):
    """Positive control: neither the shop's lane nor the order is locked."""
    shop, order = two_on_a_line()
    met = meeting(2)

    def moment_together():
        met()
        return timezone.now()

    monkeypatch.setattr(batch, "try_lane", lambda shop_id: EvaluatorLane.objects.get(shop=shop_id))
    monkeypatch.setattr(batch, "database_moment", moment_together)
    unlocked = read_facts._CLAIM.replace("UPDATE OF t, o SKIP", "UPDATE OF t SKIP")
    assert unlocked != read_facts._CLAIM
    monkeypatch.setattr(read_facts, "_CLAIM", unlocked)
    calls: list[Callable[[], object]] = [
        lambda: decide_shop(shop.pk, tally=Tally(), batch_size=1, seconds=0)
    ] * 2
    at_once(*calls)
    assert Decision.objects.filter(outcome="refund").count() == 2
    assert taken(order) == [12_000, 0]


def test_two_evaluators_give_a_line_back_once():
    for _ in range(5):
        shop, order = two_on_a_line()
        at_once(*[lambda shop=shop: drain(shop, batch_size=1)] * 2)
        assert taken(order) == [6_000, 0]
        found = Decision.objects.filter(shop=shop).order_by("ticket__applied_at")
        assert [decision.why for decision in found] == ["", "over_line"]


def test_money_of_lines_is_read_after_the_order_is_locked():
    """Approvals since the evaluator's statement began count: if the locking statement read the
    lines itself, it would decide on the older money."""
    shop, order = two_on_a_line()
    agent = make_user(shop)
    first, second = Ticket.objects.order_by("applied_at")
    (before,) = [row for row in [read_facts.read_one(second.pk)] if row]
    approvals.approve(ticket_id=first.pk, user=agent, now=timezone.now())
    (after,) = [row for row in [read_facts.read_one(second.pk)] if row]
    assert (before[read_facts.LINE_LEFT], after[read_facts.LINE_LEFT]) == (6_000, 0)
    assert "aftersale_orderline" not in read_facts._CLAIM
    decide_shop(shop.pk, tally=Tally())
    decision = Decision.objects.get()
    assert (decision.ticket_id, decision.why, decision.line_left) == (second.pk, "over_line", 0)
    assert taken(order) == [6_000, 0]


@pytest.mark.parametrize("seed", range(3))
def test_evaluators_and_people_at_once_stay_within_every_line_and_order(seed):
    chance = random.Random(seed)
    shop = make_shop()
    make_strategy(shop, single_amount_cap="500.00")
    agent = make_user(shop)
    lines = [*TWO_LINES, {"paid_amount": 10_000}]  # and 20.00 of freight
    orders = [make_order(shop, paid_amount=24_000, lines=lines) for _ in range(4)]
    tickets = [
        make_ticket(
            chance.choice(orders),
            amount=chance.randrange(100, 7_000),
            line_no=chance.choice([1, 1, 2, None]),
            applied_at=NOON + timedelta(seconds=number),
        )
        for number in range(60)
    ]

    def people() -> None:
        for ticket in chance.sample(tickets, 30):
            with suppress(Refused):
                approvals.approve(ticket_id=ticket.pk, user=agent, now=timezone.now())

    results = at_once(*[lambda: drain(shop, batch_size=3)] * 2, people)
    assert not [result for result in results if isinstance(result, Exception)]
    for order in orders:
        order.refresh_from_db()
        assert order.committed <= order.paid_amount
        above = sum(max(0, line.taken - line.paid_amount) for line in order.lines.all())
        assert above <= 2_000
    hits = Decision.objects.exclude(outcome="manual").exclude(line_no=None)
    assert hits.exists() and Decision.objects.filter(why="over_line").exists()
    for hit in hits:
        assert hit.amount <= line_limit(hit.line_left, hit.freight_left)
    assert list(differences()) == []
