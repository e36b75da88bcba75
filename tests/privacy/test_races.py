"""Erasing and ingest of the same buyer at once (SPEC P7, docs/locking.md)."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from aftersale.models import ErasedBuyer, Order, Ticket
from aftersale.services.ingest import orders
from aftersale.services.privacy import erase as erasing
from aftersale.services.shared import locks
from tests.aftersale.ingest.record_factories import NOON, at, order, save_order, save_ticket, ticket
from tests.concurrency.threads import at_once, until_somebody_waits
from tests.factories import make_shop, make_user

from .scene import BUYER

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + timedelta(hours=6)


@pytest.mark.parametrize("locked", [True, False])
def test_an_order_that_was_past_the_door(locked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The erasure waits for it, and finds it; without the lock its number comes in behind."""
    shop = make_shop(code="s1")
    owner = make_user(shop)
    save_order(order(buyer=BUYER))
    past, over = threading.Event(), threading.Event()
    door = orders.with_stand_ins

    def pass_the_door(items: Any) -> None:
        door(items)
        past.set()
        if locked:
            until_somebody_waits()
        else:
            assert over.wait(10)

    monkeypatch.setattr(orders, "with_stand_ins", pass_the_door)
    if not locked:
        monkeypatch.setattr(locks, "lock_arrivals", lambda pks, *, shared: None)

    def erase() -> None:
        assert past.wait(10)
        erasing.erase(shop_id=shop.pk, buyer=BUYER, user=owner, now=LATER)
        over.set()

    results = at_once(lambda: save_order(order(order_no="O2", buyer=BUYER)), erase)
    assert not [one for one in results if isinstance(one, Exception)]
    stand_in = ErasedBuyer.objects.get().stand_in
    found = dict(Order.objects.values_list("order_no", "buyer"))
    assert found == {"O1": stand_in, "O2": stand_in if locked else BUYER}


def test_a_ticket_that_comes_meanwhile() -> None:
    """It waits for its order's lock and then leaves the note behind."""
    shop = make_shop(code="s1")
    owner = make_user(shop)
    save_order(order(buyer=BUYER))
    held = threading.Event()

    def erase_slowly() -> None:
        with transaction.atomic():
            erasing.erase(shop_id=shop.pk, buyer=BUYER, user=owner, now=LATER)
            held.set()
            until_somebody_waits()

    def send() -> Any:
        assert held.wait(10)
        return save_ticket(ticket(note="words"))

    results = at_once(erase_slowly, send)
    assert not [one for one in results if isinstance(one, Exception)]
    stored = Ticket.objects.get()
    assert (stored.buyer, stored.note) == (ErasedBuyer.objects.get().stand_in, "")


def test_everything_at_once() -> None:
    """Two erasures and feeds of new and changed records: one stand-in, no number, no deadlock."""
    shop = make_shop(code="s1")
    owner = make_user(shop)
    save_order(*[order(order_no=f"O{n}", buyer=BUYER) for n in range(20)])

    def erase() -> None:
        erasing.erase(shop_id=shop.pk, buyer=BUYER, user=owner, now=LATER)

    def feed(version: int) -> Callable[[], Any]:
        def run() -> None:
            for start in range(0, 30, 10):
                numbers = range(start, start + 10)
                when = {"updated_at": at(version)}
                save_order(*[order(order_no=f"O{n}", buyer=BUYER, **when) for n in numbers])
                save_ticket(
                    *[
                        ticket(ticket_no=f"T{n}", order_no=f"O{n}", note="x", **when)
                        for n in numbers
                    ]
                )

        return run

    results = at_once(erase, feed(0), feed(1), erase)
    assert not [one for one in results if isinstance(one, Exception)]
    erase()
    stand_in = ErasedBuyer.objects.get().stand_in
    assert set(Order.objects.values_list("buyer", flat=True)) == {stand_in}
    assert set(Ticket.objects.values_list("buyer", "note")) == {(stand_in, "")}
