"""Re-opening a window: right, requirements, checklist (SPEC W1, W3)."""

from datetime import timedelta
from typing import Any

import pytest
from django_q.models import Schedule

from aftersale import tasks
from aftersale.models import AfterSaleWindow, Order
from aftersale.services.shared.errors import NotAllowed, NotFound, Refused
from aftersale.services.windows import opening
from tests.aftersale.refunds.conftest import Clock
from tests.factories import make_user

from .conftest import a_shop, completed, opened, put

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def failing(order: Order, clock: Clock, role: str = "cs_manager") -> dict[str, str]:
    """The requirements that don't hold, with figures; opening is refused for exactly these."""
    order = Order.objects.get(pk=order.pk)
    user = make_user(order.shop, role)
    shown = opening.conditions(order=order, user=user, now=clock.now)
    assert [condition.name for condition in shown] == [
        "completed",
        "covered",
        "not_overdrawn",
        "shop_status",
        "order_type",
        "refundable",
        "role",
        "no_open_window",
    ]
    missing = {condition.name: condition.figure for condition in shown if not condition.holds}
    before = AfterSaleWindow.objects.count()
    if missing:
        with pytest.raises(Refused) as refused:
            opening.open_window(order_id=order.pk, agreement="a", user=user, now=clock.now)
        if "role" not in missing:
            for figure in missing.values():
                assert figure in refused.value.message
    assert AfterSaleWindow.objects.count() == before
    return missing


@pytest.mark.parametrize(
    ("of_order", "of_shop", "name", "figure"),
    [
        (
            {"status": "delivered", "completed_at": None},
            {},
            "completed",
            "not completed: Delivered",
        ),
        ({"completed_at": None}, {}, "completed", "when it was completed is not known"),
        (
            {"paid_amount": 10_001},
            {},
            "covered",
            "largest refund ¥100.01; wallet ¥100.00, deposit ¥50.00",
        ),
        ({}, {"status": "suspended"}, "shop_status", "Suspended"),
        ({}, {"status": "closed"}, "shop_status", "Closed"),
        ({"type": "deposit"}, {}, "order_type", "Deposit"),
        ({"refunded_amount": 10_000}, {}, "refundable", "¥0.00 of ¥100.00"),
        ({"over_refunded": True}, {}, "refundable", "more was refunded than was paid"),
    ],
)
def test_each_condition_can_fail_alone(
    clock: Clock, of_order: dict[str, Any], of_shop: dict[str, Any], name: str, figure: str
) -> None:
    shop = a_shop(wallet=10_000, deposit=5_000, now=clock.now, **of_shop)
    assert failing(completed(shop, now=clock.now, **of_order), clock) == {name: figure}


@pytest.mark.parametrize(("late", "holds"), [(timedelta(0), True), (SECOND, False)])
def test_120_days_to_the_second(clock: Clock, late: timedelta, holds: bool) -> None:
    """SPEC W1: at most 120 * 24 hours."""
    shop = a_shop(wallet=10_000, now=clock.now)
    at = clock.now - timedelta(hours=120 * 24) - late
    order = completed(shop, now=clock.now, completed_at=at)
    expected = {} if holds else {"completed": "120 days 00:00:01 ago"}
    assert failing(order, clock) == expected


@pytest.mark.parametrize(
    ("wallet", "deposit", "holds"),
    [(10_000, 0, True), (0, 10_000, True), (9_999, 9_999, False)],
)
def test_one_fund_covers_it_alone(clock: Clock, wallet: int, deposit: int, holds: bool) -> None:
    shop = a_shop(wallet=wallet, deposit=deposit, now=clock.now)
    assert ("covered" not in failing(completed(shop, now=clock.now), clock)) is holds


def test_what_was_refunded_need_not_be_covered(clock: Clock) -> None:
    shop = a_shop(wallet=4_000, now=clock.now)
    assert failing(completed(shop, now=clock.now, refunded_amount=6_000), clock) == {}


def test_an_overdrawn_fund_blocks(clock: Clock) -> None:
    """SPEC W3: however much the other one holds."""
    shop = a_shop(wallet=50_000, now=clock.now)
    put(shop, "deposit", -1, now=clock.now)
    found = failing(completed(shop, now=clock.now), clock)
    assert found == {"not_overdrawn": "wallet ¥500.00, deposit -¥0.01"}


@pytest.mark.parametrize("kind", ["ordinary", "cross_border"])
def test_campaign_orders_too(clock: Clock, kind: str) -> None:
    shop = a_shop(wallet=10_000, now=clock.now)
    assert failing(completed(shop, now=clock.now, type=kind, labels=["campaign"]), clock) == {}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("owner", True),
        ("admin", True),
        ("cs_manager", True),
        ("cs_agent", False),
        ("viewer", False),
    ],
)
def test_roles(clock: Clock, role: str, may: bool) -> None:
    """SPEC P1."""
    order = completed(a_shop(wallet=10_000, now=clock.now), now=clock.now)
    label = {"cs_agent": "Customer service", "viewer": "Read only"}.get(role)
    assert failing(order, clock, role) == ({} if may else {"role": label})
    if not may:
        with pytest.raises(NotAllowed):
            opened(order, now=clock.now, user=make_user(order.shop, role))


def test_strangers_learn_nothing(clock: Clock) -> None:
    order = completed(a_shop(wallet=10_000, now=clock.now), now=clock.now)
    stranger = make_user(a_shop(now=clock.now), "owner")
    with pytest.raises(NotFound):
        opened(order, now=clock.now, user=stranger)
    with pytest.raises(NotFound):
        opening.find_order(order_id=order.pk, user=stranger)
    assert not AfterSaleWindow.objects.exists()


@pytest.mark.parametrize("agreement", [" ", "a" * 501])
def test_what_was_agreed_must_be_said(clock: Clock, agreement: str) -> None:
    order = completed(a_shop(wallet=10_000, now=clock.now), now=clock.now)
    with pytest.raises(Refused) as refused:
        opening.open_window(
            order_id=order.pk, agreement=agreement, user=make_user(order.shop), now=clock.now
        )
    assert refused.value.pointer == "agreement"
    assert not AfterSaleWindow.objects.exists()


def test_it_lasts_72_hours_and_may_be_opened_again(clock: Clock) -> None:
    """SPEC W2: shut on its second, whether or not the task has written it down."""
    order = completed(a_shop(wallet=10_000, now=clock.now), now=clock.now)
    user = make_user(order.shop, "cs_manager")
    first = opened(order, now=clock.now, user=user)
    assert (first.closes_at, first.closed_at) == (clock.now + timedelta(hours=72), None)
    assert (first.opened_by, first.agreement) == (user, "refund without return")
    clock.turn(hours=72, seconds=-1)
    assert list(failing(order, clock)) == ["no_open_window"]
    clock.turn(seconds=1)
    assert opening.open_on(order, now=clock.now) is None
    second = opened(order, now=clock.now, user=user)
    first.refresh_from_db()
    assert first.closed_at == first.closes_at == second.opened_at


def test_the_task_is_scheduled_each_minute() -> None:
    schedule = Schedule.objects.get(name="close-windows")
    assert (schedule.func, schedule.minutes) == ("aftersale.tasks.close_windows", 1)


def test_the_task_writes_down_what_has_closed(clock: Clock) -> None:
    shop = a_shop(wallet=10_000, now=clock.now)
    early = opened(completed(shop, now=clock.now), now=clock.now)
    clock.turn(minutes=1)
    late = opened(completed(shop, now=clock.now), now=clock.now)
    clock.now = early.closes_at - SECOND
    assert opening.close_due(now=clock.now) == 0
    clock.turn(seconds=31)
    tasks.close_windows()  # by the real clock: nothing is due yet
    assert opening.close_due(now=clock.now) == 1
    assert opening.close_due(now=clock.now) == 0
    early.refresh_from_db()
    late.refresh_from_db()
    assert (early.closed_at, late.closed_at) == (early.closes_at, None)
