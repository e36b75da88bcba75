"""The queue: work enters it with the caller's transaction, each cluster does its own."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import InternalError, OperationalError, connection, connections, transaction
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from aftersale.models import Shop
from config.queue import DECIDE, PAY, PULL, SLOW, TELL, _enqueue, ensure_schedule, wake
from tests.concurrency.threads import at_once


def test_the_settings_reach_django_q():
    """Names that django-q does not know would be ignored without a word."""
    assert (Conf.CLUSTER_NAME, Conf.ORM, Conf.POLL, Conf.BULK) == (DECIDE, "default", 1.0, 1)
    assert (Conf.SAVE_LIMIT, Conf.TIMEOUT, Conf.RETRY) == (-1, 60, 900)
    assert (Conf.ACK_FAILURES, Conf.MAX_ATTEMPTS, Conf.CATCH_UP) == (True, 1, False)
    others = settings.Q_CLUSTER["ALT_CLUSTERS"]
    assert set(others) == {PAY, PULL, SLOW, TELL}
    assert others[SLOW]["timeout"] < Conf.RETRY


@pytest.mark.django_db(transaction=True)
def test_a_wake_that_fails_takes_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is committed, as where the database became read-only: the sweep finds it."""

    def fails(*_: object, **__: object) -> None:
        raise InternalError

    monkeypatch.setattr("config.queue._enqueue", fails)
    with transaction.atomic():
        wake("math.sqrt", 4, cluster=PAY)
        Shop.objects.create(code="s1", name="S")
    assert Shop.objects.filter(code="s1").exists() and not OrmQ.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_wakes_reach_the_queue_once_when_their_transactions_commit():
    """However often, and by however many at once: one row a task and its arguments (SPEC E1)."""
    with pytest.raises(RuntimeError), transaction.atomic():
        wake("math.sqrt", 4, cluster=PAY)
        raise RuntimeError
    assert OrmQ.objects.count() == 0

    def work() -> None:
        for _ in range(5):
            with transaction.atomic():
                for cluster, number in ((PAY, 4), (PAY, 4), (PAY, 9), (DECIDE, 4)):
                    wake("math.sqrt", number, cluster=cluster)

    at_once(*[work] * 4)
    found = sorted((row.key, row.func(), row.task["args"]) for row in OrmQ.objects.all())
    assert found == [
        (DECIDE, "math.sqrt", (4,)),
        (PAY, "math.sqrt", (4,)),
        (PAY, "math.sqrt", (9,)),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("in_the_transaction", [True, False])
def test_a_wake_that_comes_while_its_task_is_fetched_and_runs_is_not_lost(in_the_transaction):
    """The control: in the caller's transaction it finds the row of another one and leaves it at
    that, and the task looks for work that is not committed yet."""
    pay, seen = get_broker(PAY), []

    def run_the_task() -> None:
        for row, _task in pay.dequeue() or []:
            seen.append(Shop.objects.filter(code="new").exists())
            pay.acknowledge(row)

    wake("math.sqrt", 4, cluster=PAY)
    with transaction.atomic():
        Shop.objects.create(code="new")
        if in_the_transaction:
            _enqueue("math.sqrt", 4, cluster=PAY)
        else:
            wake("math.sqrt", 4, cluster=PAY)
        at_once(run_the_task)
    at_once(run_the_task)
    assert seen == ([False] if in_the_transaction else [False, True])


@pytest.mark.django_db(transaction=True)
def test_a_fetched_task_is_woken_anew_and_fetched_again_where_nobody_acknowledged_it(monkeypatch):
    monkeypatch.setattr(Conf, "POLL", 0)
    pay = get_broker(PAY)
    wake("math.sqrt", 4, cluster=PAY)
    [(first, _)] = pay.dequeue()
    wake("math.sqrt", 4, cluster=PAY)
    [(second, _)] = pay.dequeue()
    assert pay.dequeue() is None
    pay.acknowledge(second)
    OrmQ.objects.filter(pk=first).update(lock=timezone.now() - timedelta(seconds=1))
    assert [row for row, _ in pay.dequeue()] == [first]


@pytest.mark.django_db(transaction=True)
def test_a_waiting_task_is_due_whatever_clock_has_dated_it():
    """Else a row of the day to which a clock jumped would keep all later wakes quiet."""
    wake("math.sqrt", 4, cluster=PAY)
    OrmQ.objects.update(lock=timezone.now() + timedelta(minutes=20))
    assert len(get_broker(PAY).dequeue()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_neither_ends_a_starting_cluster_nor_one_that_fetches(monkeypatch):
    """SPEC E1: programs go on by themselves once it is back."""
    wake("math.sqrt", 4, cluster=PAY)

    def away(self: object) -> None:
        raise OperationalError

    connection.close()
    monkeypatch.setattr("config.broker.AWAY_SECONDS", 0)
    with monkeypatch.context() as patch:
        patch.setattr(type(connections["default"]), "connect", away)
        pay = get_broker(PAY)
        assert pay.dequeue() is None
    assert len(pay.dequeue()) == 1


@pytest.mark.django_db
def test_a_schedule_is_made_once_and_corrected():
    for minutes in (5, 1, 1):
        ensure_schedule(name="sweep", task="math.sqrt", cluster=PAY, minutes=minutes)
    made = Schedule.objects.get(name="sweep")
    assert (made.cluster, made.minutes, made.repeats) == (PAY, 1, -1)
    assert made.schedule_type == Schedule.MINUTES


@pytest.mark.django_db(transaction=True)  # the scheduler closes the connection that it finds
def test_a_schedule_of_pay_is_carried_out_by_pay_only(monkeypatch):
    Schedule.objects.all().delete()
    ensure_schedule(name="sweep", task="math.sqrt", cluster=PAY, minutes=1)
    monkeypatch.setattr(Conf, "CLUSTER_NAME", DECIDE)
    scheduler()
    assert OrmQ.objects.count() == 0
    monkeypatch.setattr(Conf, "CLUSTER_NAME", PAY)
    scheduler()
    assert [row.key for row in OrmQ.objects.all()] == [PAY]
