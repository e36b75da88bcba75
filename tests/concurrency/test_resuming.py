"""SPEC E1, G2: a whole shop's tickets set waiting, beside people who hold some of them."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from aftersale.models import Order, Shop, Ticket
from aftersale.services.shops import shops
from tests.concurrency.threads import somebody_waits
from tests.factories import NOON, make_order, make_shop, make_ticket, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("held", [Shop, Order])
@pytest.mark.parametrize("act", [shops.resume, shops.look_again])
def test_it_holds_no_ticket_while_it_waits(act: Callable[..., None], held: Any) -> None:
    """A transaction that holds an order goes on to its tickets: if one were held by a transaction
    that waits for the order, both would wait for ever."""
    shop = make_shop(automation_paused_at=NOON)
    owner: User = make_user(shop)
    order = make_order(shop)
    tickets = [make_ticket(order, awaiting_evaluation=False).pk for _ in range(2)]
    act_on = {"shop_id": shop.pk, "user": owner, "now": NOON}
    errors: list[Exception] = []

    def run() -> None:
        try:
            act(**act_on)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=run)
    with transaction.atomic():
        held.objects.select_for_update(no_key=True).get()
        other.start()
        give_up = time.monotonic() + 10
        while other.is_alive() and not somebody_waits():
            assert time.monotonic() < give_up
            time.sleep(0.02)
        assert somebody_waits()
        mine = Ticket.objects.select_for_update(no_key=True, nowait=True).order_by("pk")
        assert list(mine.values_list("pk", flat=True)) == tickets
    other.join(10)
    assert not other.is_alive() and not errors
    assert list(Ticket.objects.values_list("awaiting_evaluation", flat=True)) == [True, True]
