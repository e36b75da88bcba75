"""Races around refunds (SPEC promise 1, O2, G2). Each is first shown with its guard taken away."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager, suppress

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from aftersale.models import (
    Order,
    Refund,
    RefundStatus,
    SandboxBehaviour,
    SandboxInstruction,
    SandboxPayment,
    Shop,
    Ticket,
    TicketType,
)
from aftersale.platforms.payments import PayRequest
from aftersale.platforms.sandbox_payments import Sandbox
from aftersale.services.orders import refundable
from aftersale.services.orders.line_money import LineMoney
from aftersale.services.outgoing import pay_refunds, refund_attempt
from aftersale.services.outgoing.refund_attempt import AttemptLease
from aftersale.services.refunds import (
    approvals,
    attempts,
    payment_stop,
    refund_results,
    unsent_refunds,
)
from aftersale.services.shared import due_work, locks
from aftersale.services.shared.errors import OverLine, OverRefundable, Refused
from aftersale.services.tickets.cases import case_of_locked
from tests.concurrency.threads import at_once, meeting

from .conftest import (
    audit,
    calm,
    decided,
    make_order,
    make_shop,
    make_ticket,
    make_user,
    pay_until_done,
)

pytestmark = pytest.mark.django_db(transaction=True)


def pay_all() -> None:
    while pay_refunds.run(clock=timezone.now):
        pass


@contextmanager
def without_constraint(model, name):
    [constraint] = [found for found in model._meta.constraints if found.name == name]
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        # The race's rows would violate the constraint when it is restored.
        Order.objects.update(over_refunded=True)
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)


# Two approvals for one order's money.


def two_approvals() -> tuple[Order, list[Callable[[], object]]]:
    shop = make_shop()
    order = make_order(shop, 10_000)
    agent = make_user(shop)
    tickets = [make_ticket(order, 6_000), make_ticket(order, 6_000, type=TicketType.RETURN_REFUND)]
    now = timezone.now()
    return order, [
        lambda ticket=ticket: approvals.approve(ticket_id=ticket.pk, user=agent, now=now)
        for ticket in tickets
    ]


@pytest.fixture
def unlocked_orders(monkeypatch) -> None:
    """Both read the order before either writes: the guard is gone."""
    both_have_read = threading.Barrier(2)

    def read(pk: int) -> Order:
        order = Order.objects.get(pk=pk)
        both_have_read.wait(timeout=10)
        return order

    monkeypatch.setattr(locks, "lock_order", read)


def test_without_the_lock_the_constraint_refuses_the_second(unlocked_orders):
    order, calls = two_approvals()
    results = at_once(*calls)
    [refused] = [result for result in results if isinstance(result, Exception)]
    assert isinstance(refused, IntegrityError) and "order_not_over_refunded" in str(refused)
    order.refresh_from_db()
    assert order.committed == 6_000
    assert audit() == []


def test_without_lock_and_constraint_more_is_approved_than_was_paid(unlocked_orders):
    with without_constraint(Order, "order_not_over_refunded"):
        order, calls = two_approvals()
        results = at_once(*calls)
        assert all(isinstance(result, Ticket) for result in results)
        order.refresh_from_db()
        assert order.committed == 12_000  # the overrun that the guards are for
        assert audit() != []


def test_with_the_lock_exactly_one_of_two_approvals_wins():
    for _ in range(5):
        order, calls = two_approvals()
        results = at_once(*calls)
        assert Counter(type(result) for result in results) == {Ticket: 1, OverRefundable: 1}
        order.refresh_from_db()
        assert order.committed == 6_000
    assert audit() == []


# Two approvals for one line's money: nothing in the database bounds a line from above (SPEC E2).


def two_on_a_line() -> tuple[Order, list[Callable[[], object]]]:
    shop = make_shop()
    order = make_order(shop, 12_000)
    for number in (1, 2):
        order.lines.create(line_no=number, product=f"p{number}", paid_amount=6_000)
    agent = make_user(shop)
    tickets = [make_ticket(order, 6_000, line_no=1) for _ in range(2)]
    now = timezone.now()
    return order, [
        lambda ticket=ticket: approvals.approve(ticket_id=ticket.pk, user=agent, now=now)
        for ticket in tickets
    ]


def test_without_the_lock_a_line_gives_twice_what_was_paid_for_it(unlocked_orders, monkeypatch):
    both_have_read, real = meeting(2), refundable.line_money

    def read(order: Order, ticket: Ticket) -> LineMoney | None:
        found = real(order, ticket)
        both_have_read()
        return found

    monkeypatch.setattr(refundable, "line_money", read)
    order, calls = two_on_a_line()
    results = at_once(*calls)
    assert all(isinstance(result, Ticket) for result in results)
    # Written as differences: the sum is right all the same, and the overrun shows.
    assert list(order.lines.values_list("taken", flat=True)) == [12_000, 0]
    assert audit() == []


def test_with_the_lock_exactly_one_of_two_approvals_gets_the_line():
    for _ in range(5):
        order, calls = two_on_a_line()
        results = at_once(*calls)
        assert Counter(type(result) for result in results) == {Ticket: 1, OverLine: 1}
        assert list(order.lines.values_list("taken", flat=True)) == [6_000, 0]
    assert audit() == []


def test_a_mix_of_everything_at_once_stays_within_the_order_and_each_line():
    """Line and whole-order tickets, approvals, failures, tries again and takings back."""
    for seed in range(4):
        chance = random.Random(seed)
        shop = make_shop(connector="manual", is_demo=False)
        order = make_order(shop, 10_000)
        for number, paid in ((1, 5_000), (2, 3_000)):  # and 20.00 of freight
            order.lines.create(line_no=number, product=f"p{number}", paid_amount=paid)
        agent = make_user(shop)
        tickets = [
            make_ticket(order, chance.randrange(500, 4_000), line_no=chance.choice([1, 1, 2, None]))
            for _ in range(12)
        ]

        def go(ticket: Ticket, steps: list[str], user: User = agent) -> None:
            for step in steps:
                refund = Refund.objects.filter(ticket=ticket).first()
                with suppress(Refused):
                    now = timezone.now()
                    if step == "approve":
                        approvals.approve(ticket_id=ticket.pk, user=user, now=now)
                    elif step == "retry":
                        approvals.retry(ticket_id=ticket.pk, user=user, now=now)
                    elif refund is not None and step == "take_back":
                        unsent_refunds.take_back(refund_id=refund.pk, user=user, now=now)
                    elif refund is not None:
                        refund_results.record_result(
                            refund_id=refund.pk,
                            succeeded=step == "succeed",
                            reason="no",
                            user=user,
                            now=now,
                        )

        ways = ["approve", "fail", "retry", "take_back", "succeed"]
        plans = [["approve", *chance.choices(ways, k=5), "approve"] for _ in tickets]
        results = at_once(
            *(
                lambda ticket=ticket, plan=plan: go(ticket, plan)
                for ticket, plan in zip(tickets, plans, strict=True)
            )
        )
        assert results == [None] * len(tickets)
        order.refresh_from_db()
        assert order.committed <= order.paid_amount
        taken = dict(order.lines.values_list("line_no", "taken"))
        above = max(0, taken[1] - 5_000) + max(0, taken[2] - 3_000)
        assert above <= 2_000
        assert audit() == []


# Two payers for one refund.


def two_leases() -> list[object]:
    now = timezone.now()
    refund = decided(make_order(make_shop()), 6_000, now=now)
    call = lambda: refund_attempt.lease(refund_pk=refund.pk, now=now)  # noqa: E731
    return at_once(call, call)


def test_without_the_locks_the_constraints_refuse_a_second_lease(monkeypatch):
    both = threading.Barrier(2)
    real = attempts.new

    def new(case):
        attempt = real(case)
        mine = both.wait(timeout=10)
        # Else the numbering would refuse it before the constraint in question is asked.
        attempt.number += mine
        attempt.key = f"{attempt.key}-{mine}"[-64:]
        return attempt

    monkeypatch.setattr(attempts, "new", new)
    monkeypatch.setattr(locks, "try_lock_order", lambda pk: Order.objects.get(pk=pk))
    monkeypatch.setattr(locks, "lock_ticket", lambda pk: Ticket.objects.get(pk=pk))
    monkeypatch.setattr(locks, "lock_refund", lambda pk: Refund.objects.get(ticket=pk))
    results = two_leases()
    assert Counter(type(result) for result in results) == {
        AttemptLease: 1,
        IntegrityError: 1,
    }
    assert "refund_attempt_one_alive" in str(
        next(result for result in results if isinstance(result, IntegrityError))
    )


def test_with_the_locks_one_of_two_payers_leases():
    for _ in range(5):
        leased = [result for result in two_leases() if isinstance(result, AttemptLease)]
        others = [type(result) for result in two_leases() if not isinstance(result, AttemptLease)]
        assert len(leased) == 1
        assert others in ([type(None)], [due_work.OrderBusy])


def test_two_payers_over_100_refunds_pay_each_once(monkeypatch):
    """Each leases turns of a shop together, in part of the same shops."""
    calm(monkeypatch, quick=60)
    now = timezone.now()
    shops = [make_shop() for _ in range(4)]
    for number in range(50):
        order = make_order(shops[number % 4])
        decided(order, 6_000, now=now)
        decided(order, 4_000, now=now)
    called: Counter[int] = Counter()
    real = Sandbox.pay

    def pay(sandbox: Sandbox, request: PayRequest) -> object:
        called[threading.get_ident()] += 1
        return real(sandbox, request)

    monkeypatch.setattr(Sandbox, "pay", pay)
    assert at_once(pay_all, pay_all) == [None, None]
    assert Refund.objects.filter(status=RefundStatus.SUCCEEDED).count() == 100
    assert SandboxPayment.objects.filter(paid=True).count() == 100
    assert SandboxPayment.objects.values("ticket_no").distinct().count() == 100
    assert len(called) == 2 and sum(called.values()) == 100  # both took part, none in vain
    assert audit() == []


# People and switches against the payer.


def test_taking_back_races_with_the_payer():
    now = timezone.now()
    shop = make_shop()
    agent = make_user(shop)
    all_refunds = [decided(make_order(shop), 6_000, now=now) for _ in range(20)]

    def take_all_back() -> Counter[bool]:
        done: Counter[bool] = Counter()
        for refund in reversed(all_refunds):
            try:
                unsent_refunds.take_back(refund_id=refund.pk, user=agent, now=now)
                done[True] += 1
            except Refused:
                done[False] += 1
        return done

    _paid, done = at_once(pay_all, take_all_back)
    assert isinstance(done, Counter) and done[True] and done[False]  # they did meet
    taken = Refund.objects.filter(status=RefundStatus.TAKEN_BACK)
    assert taken.count() == done[True]
    assert not taken.filter(ever_sent=True).exists()
    assert Ticket.objects.filter(status="pending_review").count() == done[True]
    assert SandboxPayment.objects.count() == done[False]
    paid = SandboxPayment.objects.values("ticket_no")
    assert not taken.filter(ticket__ticket_no__in=paid).exists()
    assert audit() == []


@pytest.mark.parametrize("switch", ["pause", "stop"])
def test_a_switch_thrown_while_the_payer_runs(switch):
    """Each refund is paid or was never sent; ended, the switch lets the rest go out."""
    shop = make_shop()
    operator = make_user(is_superuser=True)
    now = timezone.now()
    for _ in range(40):
        decided(make_order(shop), 100, now=now)

    def throw() -> None:
        while SandboxPayment.objects.count() < 5:
            time.sleep(0.005)
        if switch == "pause":
            Shop.objects.update(automation_paused_at=now)
        else:
            payment_stop.start(user=operator, reason="", now=now)

    assert at_once(pay_all, pay_all, throw) == [None, None, None]
    paid = SandboxPayment.objects.count()
    assert 5 <= paid < 40
    assert Refund.objects.filter(status=RefundStatus.SUCCEEDED).count() == paid
    assert (
        Refund.objects.filter(status=RefundStatus.REQUESTED, ever_sent=False).count() == 40 - paid
    )
    assert audit() == []
    if switch == "pause":
        Shop.objects.update(automation_paused_at=None)
    else:
        payment_stop.lift(user=operator, now=now)
    pay_all()
    assert SandboxPayment.objects.filter(paid=True).count() == 40
    assert audit() == []


def test_payers_people_and_reports_at_once_neither_deadlock_nor_overpay(clock):
    """Every operation runs beside itself and the others, on few orders, for two seconds; on a slow
    machine for as long as it takes until there is something to see."""
    shop = make_shop()
    orders = [make_order(shop, 10_000) for _ in range(4)]
    tickets = [
        make_ticket(order, amount, type=kind).pk
        for order in orders
        for amount in (3_000, 5_000, 6_000)
        for kind in (TicketType.REFUND_ONLY, TicketType.RETURN_REFUND)
    ]
    SandboxInstruction.objects.create(shop=shop, behaviour=SandboxBehaviour.REFUSE, remaining=3)
    begun = time.monotonic()
    done: Counter[str] = Counter()

    def over() -> bool:
        passed = time.monotonic() - begun
        return passed > 40 or (
            passed > 2
            and {"approve", "report_failure", "refused"} <= set(done)
            and SandboxPayment.objects.filter(paid=True).exists()
        )

    def people(seed: int) -> None:
        steps = [approve, approve, confirm, confirm, retry, take_back, report_failure]
        choose = random.Random(seed)
        user = make_user(shop)
        while not over():
            step = choose.choice(steps)
            try:
                step(choose.choice(tickets), user)
                done[step.__name__] += 1
            except Refused:
                done["refused"] += 1

    def approve(ticket_id: int, user: User) -> None:
        approvals.approve(ticket_id=ticket_id, user=user, now=timezone.now())

    def confirm(ticket_id: int, user: User) -> None:
        approvals.confirm_return(ticket_id=ticket_id, user=user, now=timezone.now())

    def retry(ticket_id: int, user: User) -> None:
        approvals.retry(ticket_id=ticket_id, user=user, now=timezone.now())

    def take_back(ticket_id: int, user: User) -> None:
        refund = Refund.objects.filter(ticket=ticket_id).first()
        if refund is not None:
            unsent_refunds.take_back(refund_id=refund.pk, user=user, now=timezone.now())

    def report_failure(ticket_id: int, user: User) -> None:
        now = timezone.now()
        with transaction.atomic():
            order = locks.lock_order(Ticket.objects.get(pk=ticket_id).order_id)
            ticket = locks.lock_ticket(ticket_id)
            if ticket.status == "refunding":
                refund_results.take_over_result(
                    case_of_locked(order, ticket, now=now), succeeded=False, at=now, reason="r"
                )

    def pay() -> None:
        while not over():
            pay_refunds.run(clock=timezone.now)

    assert at_once(pay, pay, lambda: people(1), lambda: people(2)) == [None] * 4
    assert {"approve", "report_failure", "refused"} <= set(done), done
    assert audit() == []
    clock.now = timezone.now()
    pay_until_done(clock)
    paid = SandboxPayment.objects.filter(paid=True)
    assert paid.count() == paid.values("ticket_no").distinct().count() > 0
    for order in orders:
        numbers = Ticket.objects.filter(order=order).values("ticket_no")
        amounts = paid.filter(ticket_no__in=numbers).values_list("amount", flat=True)
        assert sum(amounts) <= order.paid_amount
    assert audit() == []
