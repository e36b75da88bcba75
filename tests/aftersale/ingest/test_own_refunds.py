"""A platform's figure of an order has Afterdesk's own refunds in it; they are taken out (SPEC O2).

Each test ends with the books being right: money_audit finds nothing.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftersale.models import AttemptState, Order, Refund, RefundStatus, Shop, Ticket
from aftersale.records.schemas import OrderRecord
from aftersale.services.ingest import save_orders
from aftersale.services.orders.own_refunds import outside
from aftersale.services.refunds import approvals, attempts, money_audit, refund_results, settlement
from aftersale.services.shared import locks
from aftersale.services.shops import shops
from aftersale.services.tickets.cases import RefundCase, case_of_locked
from tests import factories
from tests.aftersale.ingest.record_factories import NOON, at, save_ticket, ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def books_are_right(shop: Shop) -> Iterator[None]:
    yield
    assert list(money_audit.differences()) == []


@pytest.fixture
def shop() -> Shop:
    return factories.make_shop(code="s1", platform="kuaishou")


_versions = iter(range(1, 10_000))


def reported(refunded: str, **fields: Any) -> Order:
    """A newer version of an order of 100 yuan with so much refunded by the platform."""
    record = OrderRecord.model_validate(
        {
            "shop": "s1",
            "order_no": "O1",
            "status": "pending_shipment",
            "buyer": "b1",
            "paid_at": at(-1),
            "updated_at": (NOON + timedelta(seconds=next(_versions))).isoformat(),
            "paid_amount": "100.00",
            "refunded_amount": refunded,
            "lines": [{"line_no": 1, "product": "p1", "quantity": 1, "paid_amount": "100"}],
        }
        | fields
    )
    results = save_orders([record], shops=shops.known(["s1"]), now=NOON, own_included=True)
    assert [result.errors for result in results] == [()]
    return Order.objects.get()


def figures() -> tuple[int, int, bool]:
    order = Order.objects.get()
    return order.refunded_amount, order.refundable_amount, order.over_refunded


def approved(number: str, amount: str, *, status: str = RefundStatus.SENDING) -> Refund:
    """A ticket whose refund was approved here and has come so far."""
    save_ticket(ticket(ticket_no=number, amount=amount))
    user = factories.make_user(Shop.objects.get())
    pk = Ticket.objects.get(ticket_no=number).pk
    approvals.approve(ticket_id=pk, user=user, now=NOON)
    if status == RefundStatus.SENDING:
        refund = Refund.objects.get(ticket=pk)
        attempt = attempts.new(RefundCase(refund.order, refund.ticket, refund, NOON))
        attempt.state, attempt.connector = AttemptState.LEASED, "platform"
        attempt.save()
        refund.status, refund.ever_sent = status, True
        refund.save()
    return Refund.objects.get(ticket=pk)


def settled(number: str, *, paid: bool = True) -> None:
    """The platform reports what became of the ticket's refund."""
    found = Ticket.objects.get(ticket_no=number)
    order = locks.lock_order(Order.objects.get().pk)
    refund_results.take_over_result(
        case_of_locked(order, locks.lock_ticket(found.pk), now=NOON),
        succeeded=paid,
        at=NOON,
        reason="",
    )


def refunded_there(number: str, amount: str, hour: float = 1) -> None:
    """A ticket that the platform refunded without being asked from here."""
    save_ticket(ticket(ticket_no=number, amount=amount, status="refunded", updated_at=at(hour)))


def test_what_was_refunded_before_is_from_outside():
    reported("30.00")
    assert figures() == (3_000, 7_000, False)


def test_an_own_refund_under_way_is_not_taken_twice():
    """The platform has paid it and counts it; here it is still being sent."""
    reported("0.00")
    approved("T1", "60.00")
    reported("60.00")
    assert figures() == (0, 4_000, False)
    settled("T1")
    assert figures() == (0, 4_000, False)
    reported("60.00")
    assert figures() == (0, 4_000, False)


def test_a_figure_that_lags_behind_takes_nothing_off_what_came_from_outside():
    reported("30.00")
    approved("T1", "50.00")
    reported("30.00")
    assert figures() == (3_000, 2_000, False)
    settled("T1")
    reported("30.00")
    assert figures() == (3_000, 2_000, False)
    reported("80.00")
    assert figures() == (3_000, 2_000, False)


def test_an_equal_amount_from_outside_stays_known():
    """30 yuan were refunded outside; an own refund of 30 that is not counted yet is another."""
    reported("30.00")
    approved("T1", "30.00")
    reported("30.00")
    assert figures() == (3_000, 4_000, False)
    reported("60.00")
    assert figures() == (3_000, 4_000, False)


def test_money_from_outside_while_an_own_refund_is_under_way():
    """20 yuan can't be a part of our 50."""
    reported("0.00")
    approved("T1", "50.00")
    reported("20.00")
    assert figures() == (2_000, 3_000, False)
    reported("70.00")
    assert figures() == (2_000, 3_000, False)


def test_a_refund_that_the_platform_made_itself_is_not_taken_twice():
    """The order tells of it first, as of money from outside; then its ticket does."""
    reported("0.00")
    save_ticket(ticket(ticket_no="T1", amount="100.00"))
    reported("100.00")
    assert figures() == (10_000, 0, False)
    refunded_there("T1", "100.00")
    assert figures() == (0, 0, False)
    assert Ticket.objects.get().flags == ["platform_step"]


def test_a_return_that_was_approved_here_and_refunded_there():
    """Its money is spoken for before it has gone: the platform's figure is of the same money."""
    reported("0.00", status="shipped", shipped_at=at(-0.5))
    save_ticket(ticket(ticket_no="T1", type="return_refund", amount="70.00"))
    user = factories.make_user(Shop.objects.get())
    approvals.approve(ticket_id=Ticket.objects.get().pk, user=user, now=NOON)
    assert figures() == (0, 3_000, False)
    reported("70.00", status="shipped", shipped_at=at(-0.5))
    # Until the ticket says so it might be other money: nothing more is approved.
    assert figures() == (7_000, 0, True)
    save_ticket(
        ticket(
            ticket_no="T1",
            type="return_refund",
            amount="70.00",
            status="refunded",
            updated_at=at(1),
        )
    )
    assert figures() == (0, 3_000, False)
    assert Ticket.objects.get().flags == ["platform_step"]


def test_an_unsent_refund_that_somebody_paid_there():
    reported("0.00")
    approved("T1", "100.00", status=RefundStatus.REQUESTED)
    reported("100.00")
    refunded_there("T1", "100.00")
    assert figures() == (0, 0, False)
    assert Ticket.objects.get().flags == []


def test_an_own_refund_that_failed_leaves_the_figure_to_outside():
    """The platform's figure didn't include our refund after all."""
    reported("0.00")
    refund = approved("T1", "60.00")
    reported("60.00")
    assert figures() == (0, 4_000, False)
    order = locks.lock_order(refund.order_id)
    case = RefundCase(order, locks.lock_ticket(refund.ticket_id), refund, NOON)
    settlement.attempt_failed(case, refund.attempts.get(), reason="no", permanent=True)
    assert figures() == (6_000, 4_000, False)


def test_a_ticket_before_its_order():
    refunded_there("T1", "40.00")
    reported("40.00")
    assert figures() == (0, 6_000, False)
    assert Ticket.objects.get().order_id is not None


def test_a_figure_beyond_what_was_paid_is_kept_and_blocks():
    reported("0.00")
    approved("T1", "60.00")
    settled("T1")
    reported("130.00")
    assert figures() == (7_000, 0, True)


def test_a_source_that_tells_outside_by_itself_is_believed():
    """Files and the API say `refunded_amount` without Afterdesk's refunds (INTERFACES)."""
    reported("0.00")
    approved("T1", "60.00")
    record = OrderRecord.model_validate(
        {
            "shop": "s1",
            "order_no": "O1",
            "status": "pending_shipment",
            "buyer": "b1",
            "paid_at": at(-1),
            "updated_at": at(2),
            "paid_amount": "100.00",
            "refunded_amount": "10.00",
            "lines": [{"line_no": 1, "product": "p1", "quantity": 1, "paid_amount": "100"}],
        }
    )
    save_orders([record], shops=shops.known(["s1"]), now=NOON)
    assert figures() == (1_000, 3_000, False)
    settled("T1")
    assert figures() == (1_000, 3_000, False)


amounts = st.integers(min_value=1, max_value=50)


@given(st.lists(amounts, max_size=6), st.lists(st.booleans(), min_size=6), st.integers(0, 60))
def test_never_less_than_what_is_known_from_outside(
    own: list[int], counted: list[bool], truly: int
):
    """With the truth of the last figure known, the next one is never read as less than it."""
    figure = truly + sum(a for a, is_in in zip(own, counted, strict=False) if is_in)
    found = outside(figure, own, known=truly)
    assert found == truly
    assert outside(figure, own, known=0) <= figure
