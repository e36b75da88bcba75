"""Evaluators and people racing for the money of lines (SPEC E2). The race without locks first."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F, Q, Sum, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from aftersale.models import Order, Shop, Ticket
from aftersale.services.orders import refundable
from aftersale.services.refunds import approvals, refund_results, unsent_refunds
from aftersale.services.refunds.money_audit import differences
from aftersale.services.shared import locks
from aftersale.services.shared.errors import OverLine, Refused
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


@pytest.fixture
def unlocked_evaluators(monkeypatch) -> Callable[[], None]:
    """Evaluators lock neither lane nor order, and meet once they have read the money; gives the
    meeting, for whoever they are to meet."""
    met = meeting(2)

    def moment_together(decided_until: datetime | None) -> tuple[datetime, datetime]:
        met()
        return timezone.now(), timezone.now()

    monkeypatch.setattr(batch, "try_lane", lambda shop_id: EvaluatorLane.objects.get(shop=shop_id))
    monkeypatch.setattr(batch, "decision_moment", moment_together)
    unlocked = read_facts._CLAIM.replace("UPDATE OF t, o SKIP", "UPDATE OF t SKIP")
    assert unlocked != read_facts._CLAIM
    monkeypatch.setattr(read_facts, "_CLAIM", unlocked)
    return met


def test_without_locks_two_evaluators_give_a_line_back_twice(unlocked_evaluators):
    """Positive control."""
    shop, order = two_on_a_line()
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


def an_evaluator_and_a_person(shop: Shop) -> list[object]:
    """The evaluator takes the first ticket, the person approves the second, at once."""
    agent = make_user(shop)
    second = Ticket.objects.filter(shop=shop).latest("applied_at")
    return at_once(
        lambda: decide_shop(shop.pk, tally=Tally(), batch_size=1, seconds=0),
        lambda: approvals.approve(ticket_id=second.pk, user=agent, now=timezone.now()),
    )


def test_without_locks_an_evaluator_and_a_person_give_a_line_back_twice(
    unlocked_evaluators, monkeypatch
):
    """Positive control."""
    real = refundable.require_line_room

    def read_together(*given: Any) -> None:
        real(*given)
        unlocked_evaluators()

    monkeypatch.setattr(refundable, "require_line_room", read_together)
    monkeypatch.setattr(locks, "lock_order", lambda pk: Order.objects.get(pk=pk))
    shop, order = two_on_a_line()
    results = an_evaluator_and_a_person(shop)
    assert not [result for result in results if isinstance(result, Exception)]
    assert Decision.objects.get().outcome == "refund"
    assert taken(order) == [12_000, 0]


def test_an_evaluator_and_a_person_give_a_line_back_once():
    for _ in range(5):
        shop, order = two_on_a_line()
        _decided, approved = an_evaluator_and_a_person(shop)
        drain(shop, batch_size=1)
        assert taken(order) == [6_000, 0]
        hits = Decision.objects.filter(shop=shop, outcome="refund").count()
        assert (hits, type(approved)) in ((1, OverLine), (0, Ticket))


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


# The steps of a person on a ticket as it stands.
FITTING = {
    "pending_review": ["approve"],
    "awaiting_return": ["confirm"],
    "refunding": ["fail", "succeed", "take_back"],
    "refund_failed": ["retry"],
}


def take_step(step: str, ticket: Ticket, user: User, **how: bool) -> None:
    call = {"user": user, "now": timezone.now()}
    if step == "approve":
        approvals.approve(ticket_id=ticket.pk, **call, **how)
    elif step == "confirm":
        approvals.confirm_return(ticket_id=ticket.pk, **call, **how)
    elif step == "retry":
        approvals.retry(ticket_id=ticket.pk, **call, **how)
    elif step == "take_back":
        unsent_refunds.take_back(refund_id=ticket.refund.pk, **call)
    else:
        refund_results.record_result(
            refund_id=ticket.refund.pk, succeeded=step == "succeed", reason="no", **call
        )


@pytest.mark.parametrize(("seed", "meant"), [(0, False), (1, False), (2, True)])
def test_automation_and_people_at_once_stay_within_every_line_and_order(seed, meant):
    """SPEC E2, O2, with failures, tries again and takings back: nobody lets an order give back
    more than it got at any moment, nor a line, where people do not mean to go above (`meant`);
    automation never goes above what is left of a line."""
    chance = random.Random(seed)
    shop = make_shop()
    make_strategy(shop, single_amount_cap="500.00")
    agents = [make_user(shop) for _ in range(2)]
    lines = [*TWO_LINES, {"paid_amount": 10_000}]  # and 20.00 of freight
    orders = [make_order(shop, paid_amount=24_000, lines=lines) for _ in range(4)]
    tickets = [
        make_ticket(
            chance.choice(orders),
            amount=chance.randrange(100, 7_000),
            line_no=chance.choice([1, 1, 2, None]),
            type=chance.choice(["refund_only", "refund_only", "return_refund"]),
            applied_at=NOON + timedelta(seconds=number),
        )
        for number in range(40)
    ]
    done: list[str] = []
    finished: list[User] = []

    def overruns() -> list[object]:
        """One statement, so that it sees one moment."""
        above = Sum(Greatest(F("lines__taken") - F("lines__paid_amount"), Value(0)))
        over = Q(committed__gt=F("paid_amount"))
        if not meant:
            over |= Q(above__gt=2_000)
        return list(Order.objects.annotate(above=above).filter(over).values("pk", "above"))

    def people(user: User) -> None:
        dice = random.Random(f"{seed} {user.pk - agents[0].pk}")
        try:
            for _ in range(60):
                ticket = Ticket.objects.get(pk=dice.choice(tickets).pk)
                how = {"above_line": True} if meant and dice.random() < 0.5 else {}
                steps = FITTING.get(ticket.status)
                if steps is None:
                    continue
                step = dice.choice(steps)
                with suppress(Refused):
                    take_step(step, ticket, user, **how)
                    done.append(step)
        finally:
            finished.append(user)

    def automation() -> None:
        while len(finished) < len(agents):
            decide_shop(shop.pk, tally=Tally(), batch_size=2, seconds=0)
            time.sleep(0.05)

    def watch() -> list[object]:
        while len(finished) < len(agents):
            if found := overruns():
                return found
            time.sleep(0.02)
        return []

    calls = [lambda user=user: people(user) for user in agents]
    results = at_once(automation, automation, watch, *calls)
    assert results == [None, None, [], None, None]
    drain(shop, batch_size=3)
    assert overruns() == []
    assert {"approve", "fail", "succeed", "retry", "take_back"} <= set(done)
    hits = Decision.objects.exclude(outcome="manual")
    assert hits.count() == hits.values("ticket").distinct().count()
    on_lines = hits.exclude(line_no=None)
    assert on_lines.exists() and Decision.objects.filter(why="over_line").exists()
    for hit in on_lines:
        assert hit.amount <= line_limit(hit.line_left, hit.freight_left)
    assert list(differences()) == []
