from collections.abc import Iterator

import pytest
from django.utils import translation

from aftersale.models import Order, Shop, Ticket
from aftersale.signals import tickets_waiting
from tests.factories import make_shop


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(code="s1", platform="kuaishou")


@pytest.fixture
def woken() -> Iterator[list[set[int]]]:
    """The shops that `tickets_waiting` was sent with, one entry a signal."""
    calls: list[set[int]] = []

    def hear(sender: object, *, shop_ids: set[int], **_: object) -> None:
        calls.append(set(shop_ids))

    tickets_waiting.connect(hear)
    yield calls
    tickets_waiting.disconnect(hear)


def the_ticket() -> Ticket:
    return Ticket.objects.select_related("order", "shop").get(ticket_no="T1")


def the_order() -> Order:
    return Order.objects.get(order_no="O1")
