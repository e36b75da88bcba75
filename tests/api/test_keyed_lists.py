"""A list under an Idempotency-Key is one transaction: it takes all its locks before it writes, in
the order of docs/locking.md, and so holds nothing while it waits."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from aftersale.models import Fund, Order, Shop, Ticket
from aftersale.services.shared import locks
from tests.aftersale.ingest.record_factories import at, ticket
from tests.factories import make_order, make_shop, make_ticket, make_user

from .program import Program, program
from .test_ingest import order

pytestmark = pytest.mark.django_db(transaction=True)


def someone_waits() -> bool:
    with connection.cursor() as cursor:
        for _look in range(200):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return True
            time.sleep(0.02)
    return False


def held_while_it_waits(
    erp: Program, path: str, sent: list[dict[str, Any]], hold: Callable[[], object], rows: Any
) -> tuple[int, int]:
    """The status of the call that had to wait for what `hold` takes, and how many of `rows` it
    held by then."""
    answers: list[int] = []

    def send() -> None:
        answers.append(Program(erp.token).post(path, sent, key="k").status)
        connection.close()

    with transaction.atomic():
        hold()
        sending = threading.Thread(target=send)
        sending.start()
        assert someone_waits()
        free = rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
        held = rows.count() - len(free)
    sending.join(20)
    return answers[0], held


def make() -> tuple[Program, Shop]:
    shop = make_shop(code="s1")
    return program(shop, make_user(shop)), shop


def test_entries_of_both_funds() -> None:
    erp, shop = make()
    first, second = Fund.objects.filter(shop=shop).order_by("pk")
    sent = [
        {"fund": fund.kind, "entry_no": fund.kind, "amount": "1.00", "at": at(0), "note": ""}
        for fund in (second, first)
    ]
    found = held_while_it_waits(
        erp,
        "/fund-entries",
        sent,
        lambda: locks.lock_fund(shop.pk, first.kind),
        Fund.objects.filter(pk=second.pk),
    )
    assert found == (200, 0)


def test_versions_of_a_ticket_on_several_orders() -> None:
    erp, shop = make()
    first, second = (make_order(shop, order_no=number) for number in ("O1", "O2"))
    sent = [ticket(order_no="O2"), ticket(order_no="O1", updated_at=at(1))]
    for one in sent:
        del one["kind"], one["shop"]
    found = held_while_it_waits(
        erp,
        "/tickets",
        sent,
        lambda: locks.lock_order(first.pk),
        Order.objects.filter(pk=second.pk),
    )
    assert found == (200, 0)
    assert Ticket.objects.get().order == first


def test_new_orders_among_others() -> None:
    """Rows that others are inserting are there before anything is locked."""
    erp, shop = make()
    known = make_ticket(make_order(shop, order_no="O1")).order
    sent = [order(order_no="O1", updated_at=at(1)), order(order_no="O2")]
    found = held_while_it_waits(
        erp,
        "/orders",
        sent,
        lambda: locks.lock_arrivals([shop.pk], shared=True),
        Order.objects.filter(pk=known.pk),
    )
    assert found == (200, 0)
    assert Order.objects.filter(shop=shop).count() == 2
