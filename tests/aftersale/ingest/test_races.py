"""SPEC O6 under concurrency: nothing twice, nothing lost, no deadlock."""

import contextlib
import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from aftersale.models import Order, OrderLine, Ticket, TicketEvent
from aftersale.records.schemas import OrderRecord, TicketRecord
from aftersale.services.ingest import orders, save_orders, save_tickets, tickets
from aftersale.services.shared import locks
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.shops import shops
from tests.aftersale.ingest.record_factories import NOON, at, order, save_order, save_ticket, ticket
from tests.concurrency.threads import at_once, until_somebody_waits
from tests.factories import make_shop

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = 120


def together(*tasks: Callable[[], Any]) -> list[Any]:
    """As at_once, but raises the first exception of any of them."""
    results = at_once(*tasks)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def _feed(seed: int, version: int = 0) -> Callable[[], Counter[Outcome]]:
    """The same orders and tickets, each feed in a sequence and in batches of its own."""
    chance = random.Random(seed)
    orders = [
        order(order_no=f"O{n}", updated_at=at(version), buyer=f"b{version}") for n in range(SIZE)
    ]
    tickets = [
        ticket(ticket_no=f"T{n}", order_no=f"O{n}", updated_at=at(version), amount=f"{version + 1}")
        for n in range(SIZE)
    ]
    batches = []
    for save, records in ((save_order, orders), (save_ticket, tickets)):
        chance.shuffle(records)
        batches += [(save, records[at : at + 40]) for at in range(0, SIZE, 40)]
    chance.shuffle(batches)

    def run() -> Counter[Outcome]:
        return Counter(r.outcome for save, records in batches for r in save(*records))

    return run


def test_feeds_of_the_same_records_store_each_once_and_link_all() -> None:
    """Orders before tickets here, after them there, versions mixed."""
    make_shop(code="s1")
    for round in range(4):
        TicketEvent.objects.all().delete()
        Ticket.objects.all().delete()
        Order.objects.all().delete()
        counts = together(*[_feed(10 * round + seed, version=seed % 2) for seed in range(4)])
        total = sum(counts, Counter())
        assert total[Outcome.NEW] == 2 * SIZE
        assert total[Outcome.REFUSED] == 0
        assert Order.objects.filter(updated_at=at(1), buyer="b1").count() == SIZE
        assert OrderLine.objects.count() == 2 * SIZE
        assert Ticket.objects.filter(updated_at=at(1), buyer="b1", amount=200).count() == SIZE
        assert not Ticket.objects.filter(order=None).exists()
        assert Ticket.objects.filter(awaiting_evaluation=True).count() == SIZE
        assert TicketEvent.objects.filter(kind="arrived").count() == SIZE


def test_an_order_that_one_feed_changes_and_another_takes_for_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """New keys are written before stored rows are locked: the other way round they deadlock."""
    make_shop(code="s1")
    save_order(order(order_no="O9"))
    halfway = threading.Event()

    def stop_halfway(write: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            written = write(*args)
            if not halfway.is_set():
                halfway.set()
                until_somebody_waits()
            return written

        return run

    monkeypatch.setattr(orders, "_change", stop_halfway(orders._change))
    monkeypatch.setattr(orders, "_insert", stop_halfway(orders._insert))
    looked, early = orders.stored_versions, threading.local()

    def look(*args: Any) -> Any:
        return vars(early).pop("found", None) or looked(*args)

    monkeypatch.setattr(orders, "stored_versions", look)

    def change() -> None:
        save_order(order(order_no="O1"), order(order_no="O9", updated_at=at(1), buyer="b2"))

    def look_early() -> None:
        halfway.wait(10)
        early.found = {("no", "order"): None}
        save_order(order(order_no="O1"), order(order_no="O9"))

    together(change, look_early)
    assert sorted(Order.objects.values_list("order_no", "buyer")) == [("O1", "b1"), ("O9", "b2")]


def _meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order and its ticket arrive at once: each looks for the other before either commits."""
    looked = threading.Barrier(2)

    def after(function: Callable[..., Any]) -> Callable[..., Any]:
        def wait(*args: Any, **kwargs: Any) -> Any:
            found = function(*args, **kwargs)
            # Broken where the other one waits for a lock: that is what the guard is for.
            with contextlib.suppress(threading.BrokenBarrierError):
                looked.wait(1)
            return found

        return wait

    monkeypatch.setattr(orders, "refresh", after(orders.refresh))
    real = tickets._lock_orders
    monkeypatch.setattr(tickets, "_lock_orders", after(real))
    known = shops.known(["s1"])
    order_record, ticket_record = (
        OrderRecord.model_validate_json(_json(order())),
        TicketRecord.model_validate_json(_json(ticket())),
    )
    together(
        lambda: save_orders([order_record], shops=known, now=NOON),
        lambda: save_tickets([ticket_record], shops=known, now=NOON),
    )


def _json(record: dict[str, Any]) -> str:
    return json.dumps({key: value for key, value in record.items() if key != "kind"})


def test_order_and_ticket_that_arrive_at_once_miss_each_other_without_the_lock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The race is real: the next test would pass for nothing otherwise."""
    make_shop(code="s1")
    monkeypatch.setattr(locks, "lock_arrivals", lambda *_args, **_kwargs: None)
    _meeting(monkeypatch)
    assert Ticket.objects.get().order is None


def test_order_and_ticket_that_arrive_at_once_find_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_shop(code="s1")
    _meeting(monkeypatch)
    assert Ticket.objects.get().order == Order.objects.get()
    assert Ticket.objects.get().awaiting_evaluation


def test_ticket_that_arrives_while_its_order_changes_gets_the_new_facts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Even an insert of a ticket takes its order's row."""
    make_shop(code="s1")
    save_order(order())
    changed = threading.Event()

    def change() -> None:
        with transaction.atomic():
            save_order(order(updated_at=at(1), buyer="b2"))
            changed.set()
            connection.cursor().execute("SELECT pg_sleep(0.3)")

    def arrive() -> None:
        changed.wait(10)
        save_ticket(ticket())

    together(change, arrive)
    assert Ticket.objects.get().buyer == "b2"
