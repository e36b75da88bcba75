"""Races around windows (SPEC W1, W3). Each is first shown with its guards taken away."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from aftersale.models import (
    AfterSaleWindow,
    Fund,
    FundEntry,
    Order,
    Refund,
    SandboxPayment,
    Shop,
    Ticket,
)
from aftersale.platforms.sandbox_payments import Sandbox
from aftersale.services.outgoing import pay_refunds, refund_attempt
from aftersale.services.outgoing.refund_attempt import AttemptLease
from aftersale.services.refunds import approvals
from aftersale.services.shared import locks
from aftersale.services.shared.errors import Refused
from aftersale.services.windows import funds, opening
from tests.aftersale.ingest.record_factories import NOON, order, save_order, save_ticket, ticket
from tests.aftersale.refunds.conftest import Clock, audit, pay_until_done
from tests.aftersale.refunds.test_races import without_constraint
from tests.concurrency.threads import at_once, die, run_and_die
from tests.factories import make_user

from .conftest import a_shop, balances, completed, ledger, opened, through

pytestmark = pytest.mark.django_db(transaction=True)


def two_openings() -> tuple[Order, list[Callable[[], AfterSaleWindow]]]:
    now = timezone.now()
    found = completed(a_shop(wallet=10_000, now=now), now=now)
    people = [make_user(found.shop), make_user(found.shop, "admin")]
    return found, [lambda user=user: opened(found, now=now, user=user) for user in people]


@pytest.fixture
def unlocked_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have looked at all conditions before either writes."""
    both = threading.Barrier(2)
    real = opening.conditions

    def look(**values):
        found = real(**values)
        both.wait(timeout=10)
        return found

    monkeypatch.setattr(opening, "conditions", look)
    monkeypatch.setattr(locks, "lock_order", lambda pk: Order.objects.get(pk=pk))


def test_without_lock_and_constraint_two_windows_are_open(unlocked_orders: None) -> None:
    with without_constraint(AfterSaleWindow, "window_one_open_an_order"):
        _order, calls = two_openings()
        at_once(*calls)
        assert AfterSaleWindow.objects.filter(closed_at=None).count() == 2
        AfterSaleWindow.objects.all().delete()


def test_without_the_lock_the_constraint_refuses_the_second(unlocked_orders: None) -> None:
    _order, calls = two_openings()
    results = at_once(*calls)
    assert Counter(map(type, results)) == {AfterSaleWindow: 1, IntegrityError: 1}
    assert "window_one_open_an_order" in str(
        next(result for result in results if isinstance(result, IntegrityError))
    )


def test_opened_twice_at_once_one_wins() -> None:
    for _ in range(3):
        found, calls = two_openings()
        results = at_once(*calls)
        assert Counter(map(type, results)) == {AfterSaleWindow: 1, opening.NotOpened: 1}
        [refused] = [result for result in results if isinstance(result, Refused)]
        assert "No window is open on the order" in refused.message
        assert found.windows.count() == 1


# The wallet holds enough for one of two refunds, of two orders.


def two_refunds(now: datetime, shop: Shop | None = None) -> list[Refund]:
    shop = shop or a_shop(wallet=10_000, now=now)
    user = make_user(shop)
    tickets = [through(opened(completed(shop, now=now), now=now), 6_000) for _ in range(2)]
    for filed in tickets:
        approvals.approve(ticket_id=filed.pk, user=user, now=now)
    return list(Refund.objects.filter(shop=shop))


def race() -> tuple[list[Refund], list[object]]:
    now = timezone.now()
    pair = two_refunds(now)
    return pair, at_once(
        *[lambda pk=refund.pk: refund_attempt.lease(refund_pk=pk, now=now) for refund in pair]
    )


@pytest.fixture
def unlocked_funds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both see the wallet before either debits it."""
    both = threading.Barrier(2)

    def read(shop_pk: int) -> dict[str, Fund]:
        found = {fund.kind: fund for fund in Fund.objects.filter(shop=shop_pk)}
        both.wait(timeout=10)
        return found

    monkeypatch.setattr(locks, "lock_funds", read)


def test_without_lock_and_constraint_the_wallet_is_overdrawn(unlocked_funds: None) -> None:
    with without_constraint(FundEntry, "fund_entry_covers_our_debit"):
        pair, results = race()
        assert [type(result) for result in results] == [AttemptLease, AttemptLease]
        assert balances(pair[0].shop) == (-2_000, 0)  # what the guards are for
        FundEntry.objects.all().delete()


def test_without_the_lock_the_constraint_refuses_the_second_debit(unlocked_funds: None) -> None:
    pair, results = race()
    assert Counter(map(type, results)) == {AttemptLease: 1, IntegrityError: 1}
    assert balances(pair[0].shop) == (4_000, 0)
    assert audit() == []


def test_raced_to_zero_one_is_sent_and_the_other_fails_with_the_reason() -> None:
    for _ in range(3):
        pair, results = race()
        assert Counter(map(type, results)) == {AttemptLease: 1, type(None): 1}
        assert balances(pair[0].shop) == (4_000, 0)
        statuses = Counter(
            Ticket.objects.filter(shop=pair[0].shop).values_list("status", flat=True)
        )
        assert statuses == {"refunding": 1, "refund_failed": 1}
        assert audit() == []


def test_entries_from_all_sides_at_once_keep_the_running_balance() -> None:
    now = timezone.now()
    pair = two_refunds(now)
    shop = pair[0].shop
    owner, wallet = make_user(shop, "owner"), Fund.objects.get(shop=shop, kind="wallet")

    def correct() -> None:
        for _ in range(10):
            funds.correct(fund_id=wallet.pk, amount=100, note="n", user=owner, now=now)

    calls = [lambda pk=refund.pk: refund_attempt.lease(refund_pk=pk, now=now) for refund in pair]
    at_once(correct, correct, *calls)
    assert balances(shop)[0] in (6_000, 0)  # 10,000 + 20 * 100, less one or both
    assert audit() == []


# A process dies between the lease and what comes of it.


@pytest.mark.parametrize("died", ["before", "after"])
def test_a_payer_killed_between_lease_and_settle_has_debited_once(died: str, clock: Clock) -> None:
    """Sent, and not told of: asked about, and sent again under the same key where it must."""
    shop = a_shop(wallet=10_000, now=clock.now)
    filed = through(opened(completed(shop, now=clock.now), now=clock.now), 6_000)
    approvals.approve(ticket_id=filed.pk, user=make_user(shop), now=clock.now)

    def dies_while_paying() -> None:
        pay = Sandbox.pay

        def pay_and_die(platform: Sandbox, request: Any) -> None:
            if died == "after":
                pay(platform, request)
            die()

        Sandbox.pay = pay_and_die  # type: ignore[method-assign, assignment]
        pay_refunds.run(clock=timezone.now)

    run_and_die(dies_while_paying)
    assert balances(shop) == (4_000, 0) and audit() == []
    assert SandboxPayment.objects.count() == (1 if died == "after" else 0)
    clock.now = timezone.now()
    clock.turn(minutes=2)
    pay_until_done(clock)
    assert Ticket.objects.get().status == "refunded"
    assert ledger(shop) == [("refund", -6_000, 4_000)]
    assert SandboxPayment.objects.get().paid and Sandbox.can_be_asked
    assert audit() == []


def test_a_window_that_is_being_closed_holds_up_no_other() -> None:
    now = timezone.now()
    shop = a_shop(wallet=10_000, now=now)
    held, free = (opened(completed(shop, now=now), now=now) for _ in range(2))
    later = free.closes_at
    with transaction.atomic():
        AfterSaleWindow.objects.select_for_update().get(pk=held.pk)
        assert at_once(lambda: opening.close_due(now=later)) == [1]
    assert opening.close_due(now=later) == 1


def test_batches_that_charge_several_shops_do_not_wait_in_a_circle() -> None:
    """Orders of two shops arrive in two batches; what arbitration imposed on each is charged, while
    an owner corrects the same funds and refunds through windows debit them."""
    now = NOON
    shops = [a_shop(wallet=100_000, deposit=100_000, now=now, code=code) for code in ("s1", "s2")]
    # The tickets come first, in a sequence that is not that of the shops.
    numbers = [(number, shops[number % 2].code) for number in range(24, 0, -1)]
    lost = {"status": "refunded", "arbitration_result": "buyer"}
    save_ticket(
        *[ticket(shop=code, ticket_no=f"T{n}", order_no=f"O{n}", **lost) for n, code in numbers]
    )
    halves = [[order(shop=code, order_no=f"O{n}") for n, code in part] for part in split(numbers)]
    owner = make_user(shops[0], "owner")
    fund = Fund.objects.get(shop=shops[0], kind="deposit")
    refund = two_refunds(now, shops[0])[0]

    def correct() -> None:
        for _ in range(10):
            funds.correct(fund_id=fund.pk, amount=-1, note="n", user=owner, now=now)

    results = at_once(
        lambda: save_order(*halves[0]),
        lambda: save_order(*halves[1]),
        correct,
        lambda: refund_attempt.lease(refund_pk=refund.pk, now=now),
    )
    assert [type(result) for result in results] == [list, list, type(None), AttemptLease]
    assert balances(shops[0]) == (94_000, 100_000 - 12 * 5_990 - 10)
    assert balances(shops[1]) == (100_000, 100_000 - 12 * 5_990)
    assert audit() == []


def split(items: list) -> tuple[list, list]:
    return items[::3] + items[1::3], items[2::3][::-1]
