"""Commission that comes back with refunds through windows (SPEC W4), to the fen."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersale.models import CommissionReturn, Order
from aftersale.services.refunds import approvals
from aftersale.services.windows import commission
from tests.aftersale.refunds.conftest import Clock, Platform, audit, pay_until_done
from tests.factories import make_user

from .conftest import a_shop, completed, ledger, opened, through


def series(paid_out: list[int], paid: int, parts: list[int]) -> list[list[int]]:
    """The commission that each refund brings back, by split."""
    back, refunded, rounds = [0] * len(paid_out), 0, []
    for part in parts:
        refunded += part
        total = commission.due(
            paid_out=sum(paid_out), refunded=Fraction(refunded), paid_amount=paid
        )
        holds = [amount - returned for amount, returned in zip(paid_out, back, strict=True)]
        given_back = commission.shares(holds, total - sum(back))
        back = [returned + more for returned, more in zip(back, given_back, strict=True)]
        rounds.append(given_back)
    return rounds


def test_rounding_each_refund_by_itself_would_pay_out_too_much() -> None:
    """10 fen of commission on 30 fen: three refunds of 5 are worth 5 fen, not three times 2."""
    paid_out, paid, parts = [10], 30, [5, 5, 5]
    assert sum(round(10 * part / 30) for part in parts) == 6
    assert series(paid_out, paid, parts) == [[1], [2], [2]]


def test_the_largest_remainder_first_and_ties_to_the_earlier() -> None:
    assert commission.shares([100, 100, 100], 200) == [67, 67, 66]
    assert commission.shares([5, 10, 15], 7) == [1, 2, 4]  # 1.17, 2.33, 3.5
    assert commission.shares([3, 3], 1) == [1, 0]
    assert commission.shares([0, 3], 1) == [0, 1]
    assert commission.shares([1, 2], 9) == [1, 2]
    assert commission.shares([0, 0], 1) == [0, 0]
    assert commission.shares([4], -1) == [0]


orders = st.integers(1, 10**7).flatmap(
    lambda paid: st.tuples(
        st.just(paid),
        st.lists(st.integers(0, paid), min_size=1, max_size=6),
        st.lists(st.integers(1, max(1, paid // 3)), max_size=8).filter(lambda p: sum(p) <= paid),
    )
)


@given(orders)
def test_a_series_brings_back_the_cumulative_floor(order: tuple[int, list[int], list[int]]) -> None:
    paid, paid_out, parts = order
    rounds = series(paid_out, paid, parts)
    refunded = 0
    for number, part in enumerate(parts, start=1):
        refunded += part
        so_far = sum(map(sum, rounds[:number]))
        assert so_far == sum(paid_out) * refunded // paid
    for place, amount in enumerate(paid_out):
        back = [given_back[place] for given_back in rounds]
        assert all(part >= 0 for part in back)
        assert sum(back) <= amount
        if sum(parts) == paid:
            assert sum(back) == amount


# With the database.


def refunded(
    clock: Clock,
    amounts: list[tuple[int, int | None]],
    *,
    of_order: dict[str, Any] | None = None,
    of_shop: dict[str, Any] | None = None,
) -> Order:
    """An order refunded through one window by tickets of (amount, line)."""
    shop = a_shop(
        wallet=100_000,
        now=clock.now,
        **{
            "wallet_opened_at": clock.now - timedelta(days=30),
            "commission_categories": ["shoes"],
            "commission_days": 60,
        }
        | (of_shop or {}),
    )
    order = completed(
        shop,
        now=clock.now,
        **{
            "splits": [500, 300, 200],
            "lines": [
                {"category": "shoes", "paid_amount": 6_000},
                {"category": "food", "paid_amount": 3_000},
            ],
        }
        | (of_order or {}),
    )
    window = opened(order, now=clock.now)
    for amount, line_no in amounts:
        ticket = through(window, amount, line_no=line_no)
        approvals.approve(ticket_id=ticket.pk, user=make_user(shop), now=clock.now)
        pay_until_done(clock)
    assert audit() == []
    return order


def back(order: Order) -> list[list[int]]:
    """Refund by refund what came back of each split."""
    rows = CommissionReturn.objects.filter(split__order=order).order_by("refund", "split__position")
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row.refund_id, []).append(row.amount)
    return list(found.values())


@pytest.mark.django_db
def test_each_refund_credits_the_wallet(platform: Platform, clock: Clock) -> None:
    """1,000 of commission on 10,000 paid: 333 are worth 33, then 66, then 99 in total."""
    order = refunded(clock, [(333, 1), (333, 1), (334, 1)])
    assert back(order) == [[16, 10, 7], [16, 10, 7], [17, 10, 7]]
    credited = [amount for kind, amount, _after in ledger(order.shop) if kind == "commission"]
    assert credited == [33, 33, 34]


@pytest.mark.django_db
def test_a_line_that_is_not_designated_brings_nothing(platform: Platform, clock: Clock) -> None:
    order = refunded(clock, [(333, 2), (333, 1)])
    assert back(order) == [[16, 10, 7]]


@pytest.mark.django_db
def test_of_the_whole_order_the_lines_share_counts_exactly(
    platform: Platform, clock: Clock
) -> None:
    """Two thirds of what the lines cost: 100 of 10,000 are worth floor(1000 * 66.67 / 10000)."""
    order = refunded(clock, [(100, None), (100, None), (100, None)])
    assert [sum(row) for row in back(order)] == [6, 7, 7]  # 6.67, 13.33, 20


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("of_order", "of_shop", "comes"),
    [
        ({}, {}, True),
        ({}, {"commission_categories": []}, False),
        ({}, {"commission_days": None}, False),
        ({}, {"wallet_opened_at": None}, False),
        ({"created_at": None}, {}, False),
        ({"splits": []}, {}, False),
        ({"splits": [0]}, {}, False),
        ({}, {"commission_days": 10}, False),  # filed an hour after the tenth day
        ({}, {"commission_days": 11}, True),
    ],
)
def test_all_conditions_are_needed(
    platform: Platform,
    clock: Clock,
    of_order: dict[str, Any],
    of_shop: dict[str, Any],
    comes: bool,
) -> None:
    order = refunded(clock, [(1_000, 1)], of_order=of_order, of_shop=of_shop)
    assert bool(back(order)) is comes


@pytest.mark.django_db
@pytest.mark.parametrize(("later", "comes"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_the_order_was_made_after_the_wallet_was_opened(
    platform: Platform, clock: Clock, later: timedelta, comes: bool
) -> None:
    made = clock.now - timedelta(days=30) + later
    order = refunded(clock, [(1_000, 1)], of_order={"created_at": made})
    assert bool(back(order)) is comes


@pytest.mark.django_db
@pytest.mark.parametrize(("over", "comes"), [(timedelta(0), True), (timedelta(seconds=1), False)])
def test_the_limit_of_days_to_the_second(
    platform: Platform, clock: Clock, over: timedelta, comes: bool
) -> None:
    done = clock.now + timedelta(hours=1) - timedelta(days=60) - over
    of_order = {"completed_at": done, "created_at": clock.now - timedelta(days=29)}
    assert bool(back(refunded(clock, [(1_000, 1)], of_order=of_order))) is comes


@pytest.mark.django_db
def test_what_came_back_stays_when_less_qualifies_later(platform: Platform, clock: Clock) -> None:
    """A category is taken off the list: what has come back is not asked for again."""
    order = refunded(clock, [(3_000, 1)])
    order.shop.commission_categories = ["food"]
    order.shop.save()
    ticket = through(order.windows.get(), 1_000, line_no=2)
    approvals.approve(ticket_id=ticket.pk, user=make_user(order.shop), now=clock.now)
    pay_until_done(clock)
    assert [sum(row) for row in back(order)] == [300]
    assert audit() == []
