"""Races around price differences (SPEC O2, P3). The first is shown with its guard taken away."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from aftersale.models import ConnectorKind, Order, PlatformStep, ShopRequest, Ticket
from aftersale.platforms import registry
from aftersale.platforms.capabilities import Can
from aftersale.services.desk import shop_requests
from aftersale.services.ingest import save_tickets
from aftersale.services.outgoing import send_steps
from aftersale.services.refunds import approvals
from aftersale.services.shared import locks
from aftersale.services.shared.errors import OverRefundable, Refused
from aftersale.services.shops import shops
from tests import factories
from tests.concurrency.threads import at_once
from tests.platforms.steps.double import Double

from .conftest import audit, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Double:
    double = Double(clock=timezone.now)
    monkeypatch.setattr(registry, "platform_of", lambda shop: double)
    monkeypatch.setattr(registry, "capabilities", lambda code: frozenset(Can))
    monkeypatch.setattr(registry, "class_of", lambda code: Double)
    return double


@pytest.fixture
def order(there: Double) -> Order:
    """100 yuan, with a ticket over 60 of them."""
    shop = factories.make_shop(connector=ConnectorKind.PLATFORM, platform="wechat")
    there.shop_code = shop.code
    factories.make_user(shop)
    now = timezone.now()
    order = factories.make_order(shop, status="delivered", updated_at=now)
    there.add(make_ticket(order, 6_000, applied_at=now, updated_at=now))
    return order


def difference(order: Order, key: str, amount: int = 6_000) -> Callable[[], Any]:
    user = order.shop.memberships.get().user
    return lambda: shop_requests.open_request(
        order_id=order.pk,
        key=key,
        kind="price_difference",
        line_no=1,
        amount=amount,
        because="agreed",
        user=user,
        now=timezone.now(),
    )


def approval(order: Order) -> Callable[[], Any]:
    user, ticket = order.shop.memberships.get().user, order.tickets.get()
    return lambda: approvals.approve(ticket_id=ticket.pk, user=user, now=timezone.now())


def test_without_the_lock_the_constraint_refuses_the_second(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_looked = threading.Barrier(2)
    save = shop_requests._save

    def save_together(request: ShopRequest) -> None:
        both_have_looked.wait(timeout=10)
        save(request)

    monkeypatch.setattr(locks, "lock_order", lambda pk: Order.objects.get(pk=pk))
    monkeypatch.setattr(shop_requests, "_save", save_together)
    results = at_once(difference(order, "k1"), difference(order, "k2"))
    [refused] = [result for result in results if isinstance(result, Exception)]
    assert isinstance(refused, IntegrityError) and "order_not_over_refunded" in str(refused)
    order.refresh_from_db()
    assert (order.committed, ShopRequest.objects.count(), audit()) == (6_000, 1, [])


def test_with_the_lock_one_of_two_gets_the_money(order: Order) -> None:
    """Two differences, or a difference and an approval."""
    for other, kind in ((difference(order, "k2"), ShopRequest), (approval(order), Ticket)):
        results = at_once(difference(order, f"k-{kind.__name__}"), other)
        won = Counter(type(result) for result in results)
        assert won[OverRefundable] == 1 and won[ShopRequest] + won[Ticket] == 1
        order.refresh_from_db()
        assert (order.committed, audit()) == (6_000, [])
        # As it was, for the next.
        if kind is ShopRequest:
            request = ShopRequest.objects.get()
            request.platform_step.delete()
            request.delete()
            Order.objects.update(committed=0)
            order.lines.update(taken=0)


def test_the_same_form_at_once_is_one_request(order: Order) -> None:
    results = at_once(*[difference(order, "k1", 2_000)] * 4)
    assert {result.pk for result in results} == {ShopRequest.objects.get().pk}
    order.refresh_from_db()
    assert (order.committed, audit()) == (2_000, [])


def test_one_key_for_two_orders_at_once_is_one_request(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is under the lock of its own order: the key's uniqueness lets one of them through."""
    other = factories.make_order(
        order.shop, order_no="O-other", status="delivered", updated_at=timezone.now()
    )
    both_have_looked = threading.Barrier(2)
    require = shop_requests._require

    def after_the_key(*args: Any) -> None:
        both_have_looked.wait(timeout=10)
        require(*args)

    monkeypatch.setattr(shop_requests, "_require", after_the_key)
    results = at_once(difference(order, "k1"), difference(other, "k1"))
    [refused] = [result for result in results if isinstance(result, Exception)]
    assert type(refused) is Refused and "sent before with other content" in str(refused)
    request = ShopRequest.objects.get()
    held = dict(Order.objects.values_list("pk", "committed"))
    assert held == {order.pk: 0, other.pk: 0} | {request.order_id: 6_000}
    assert PlatformStep.objects.get().request == request and audit() == []


def test_reader_and_sender_bring_its_ticket_at_once(order: Order, there: Double) -> None:
    """The money is taken over once, whichever comes first, and no figure looks too high."""
    difference(order, "k1", 4_000)()
    approval(order)()
    there_is = threading.Event()
    there.after["refund_difference"] = [lambda: there_is.set()]

    def read() -> None:
        assert there_is.wait(timeout=10)
        record = there.tickets["M1"]
        save_tickets([record], shops=shops.known([record.shop]), now=timezone.now())

    def send() -> None:
        while send_steps.run(clock=timezone.now):
            pass

    assert at_once(send, read) == [None, None]
    order.refresh_from_db()
    request = ShopRequest.objects.get()
    assert (order.committed, order.over_refunded, request.held) == (10_000, False, 0)
    assert (request.ticket_no, Ticket.objects.get(ticket_no="M1").flags) == ("M1", [])
    assert audit() == [] and there.paid == [("M1", 4_000)]
