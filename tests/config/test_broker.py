"""Workers that wait are woken by the statement that adds a task; a lost wake costs a look."""

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ

from config.broker import Broker
from config.queue import DECIDE, PAY, wake

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """No look without a wake: a test in which none comes would not end."""
    monkeypatch.setattr(Conf, "POLL", 600)


@pytest.fixture
def waiting(never: None) -> Iterator[Callable[[Broker], "Waiting"]]:
    begun: list[Waiting] = []

    def start(broker: Broker) -> Waiting:
        begun.append(Waiting(broker))
        return begun[-1]

    yield start
    for one in begun:
        one.join(timeout=30)


class Waiting(threading.Thread):
    """A worker's thread, once it waits in its broker; `found` is what it fetched at last."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(daemon=True)
        self.broker, self.found, self.rounds = broker, None, 0
        self.waits, self.pid = threading.Event(), 0
        pause = broker._pause
        broker._pause = lambda *given: (self.waits.set(), pause(*given))
        self.start()
        assert self.waits.wait(timeout=30)

    def run(self) -> None:
        connection.ensure_connection()
        self.pid = connection.connection.info.backend_pid
        try:
            while not self.found and self.rounds < 5:
                self.found = self.broker.dequeue()
                self.rounds += 1
        finally:
            connections.close_all()


def end_of(thread: Waiting) -> Any:
    thread.join(timeout=30)
    assert not thread.is_alive()
    return thread.found


def test_a_wake_reaches_the_worker_that_waits(waiting: Any) -> None:
    worker = waiting(get_broker(PAY))
    wake("math.sqrt", 4, cluster=DECIDE)
    wake("math.sqrt", 9, cluster=PAY)
    [(row, _)] = end_of(worker)
    assert OrmQ.objects.get(pk=row).task["args"] == (9,)
    assert worker.rounds == 2  # another cluster's wake is not heard


def test_it_reaches_it_when_the_transaction_commits(waiting: Any) -> None:
    """A worker that is woken before would find nothing, and wait."""
    worker = waiting(get_broker(PAY))
    with transaction.atomic():
        get_broker(PAY).enqueue(packed())
        worker.waits.clear()
    assert len(end_of(worker)) == 1
    assert worker.rounds == 2


def test_one_that_comes_while_the_worker_looks_is_not_lost(never: None) -> None:
    """The statement of the look takes it off the wire, where a wait for the wire misses it."""
    pay = get_broker(PAY)
    pay._listen()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('wake_pay', '')")
    pay._wait()
    assert not pay._is_notified()


def test_a_second_wake_of_a_task_that_waits_notifies_nobody() -> None:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as listener:
        listener.execute('LISTEN "wake_pay"')
        for number in (4, 4, 9, 4):
            wake("math.sqrt", number, cluster=PAY)
        assert len(list(listener.notifies(timeout=0))) == 2


def test_a_connection_that_is_cut_is_replaced_and_listens_again(
    waiting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.broker.AWAY_SECONDS", 0)
    worker = waiting(get_broker(PAY))
    worker.waits.clear()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [worker.pid])
    # Twice: for the database, then for a wake.
    assert worker.waits.wait(timeout=30)
    until_listening(but=worker.pid)
    wake("math.sqrt", 4, cluster=PAY)
    assert len(end_of(worker)) == 1


def test_a_server_that_takes_no_changes_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failover may leave a connection to what is a replica by now."""
    monkeypatch.setattr("config.broker.AWAY_SECONDS", 0)
    wake("math.sqrt", 4, cluster=PAY)
    pay = get_broker(PAY)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    assert pay.dequeue() is None
    assert len(pay.dequeue()) == 1


def test_behind_a_pooler_of_transactions_it_looks_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", "True")
    pauses: list[float] = []
    pay = get_broker(PAY)
    monkeypatch.setattr(pay, "_pause", lambda seconds, *files: pauses.append(seconds))
    assert pay.dequeue() is None
    assert (pauses, pay._listening) == ([0.2], None)
    wake("math.sqrt", 4, cluster=PAY)
    assert len(pay.dequeue()) == 1


def test_what_else_is_to_be_seen_ends_a_wait(never: None) -> None:
    read, write = os.pipe()
    os.close(write)
    assert Broker(PAY, also=[read]).dequeue() is None
    os.close(read)


def packed() -> str:
    from django_q.signing import SignedPackage

    return SignedPackage.dumps({"func": "math.sqrt", "args": (4,), "kwargs": {}})


def until_listening(*, but: int) -> None:
    """Until a session listens that is not this one."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid NOT IN (pg_backend_pid(), %s) AND state = 'idle'"
                " AND query LIKE '%%UPDATE django_q_ormq%%'",
                [but],
            )
            if cursor.fetchone()[0]:
                return
