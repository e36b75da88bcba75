"""A version of a ticket that comes in while its order is archived (SPEC O12)."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from aftersale.models import ArchivedTicket, Order, Ticket, TicketEvent
from aftersale.services.archive import run as archive_run
from aftersale.services.ingest import tickets as ingest_tickets
from aftersale.services.shared import locks
from aftersale.services.shared.outcomes import Outcome, Result
from tests.factories import NOON, make_shop

from .past import MINUTE, differences, old, run
from .test_double_refunds import ticket_sent

pytestmark = pytest.mark.django_db(transaction=True)


def beside(work: Callable[[], None]) -> threading.Thread:
    def whole() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=whole)
    thread.start()
    return thread


def test_it_comes_while_the_rows_are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has found the stored ticket, waits for its order, and finds the number at last."""
    shop = make_shop(archive_months=14)
    ticket = old(shop)
    found, results, threads = threading.Event(), list[Result](), []
    stored = ingest_tickets.stored_versions

    def and_say(*args: object) -> object:
        versions = stored(*args)
        found.set()
        return versions

    def send() -> None:
        results.append(ticket_sent(ticket, updated_at=NOON + MINUTE))

    lock = locks.lock_orders_for_good

    def then_send(pks: object) -> object:
        locked = lock(pks)
        threads.append(beside(send))
        assert found.wait(30)
        return locked

    monkeypatch.setattr(ingest_tickets, "stored_versions", and_say)
    monkeypatch.setattr(archive_run.locks, "lock_orders_for_good", then_send)
    assert run(shop)[:2] == (1, 1)
    threads[0].join(60)
    assert [result.outcome for result in results] == [Outcome.REFUSED]
    assert not Ticket.objects.exists() and not Order.objects.exists()
    assert ArchivedTicket.objects.count() == 1 and differences() == []


def test_it_has_the_order_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order in somebody's hands stays, and its archive says that it did."""
    shop = make_shop(archive_months=14)
    ticket = old(shop)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            locks.lock_order(ticket.order_id)
            held.set()
            assert done.wait(30)

    thread = beside(hold)
    assert held.wait(30)
    assert run(shop)[:2] == (0, 0)
    done.set()
    thread.join(60)
    assert Ticket.objects.get() == ticket and TicketEvent.objects.count() == 2
    assert run(shop)[:2] == (1, 1)
