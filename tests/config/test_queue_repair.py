"""A clock that jumped ahead and back leaves no sweep asleep (SPEC E1)."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from config import queue_repair
from config.queue import PAY, ensure_schedule, wake

JUMP = timedelta(days=400)
RETRY = timedelta(seconds=settings.Q_CLUSTER["retry"])


@pytest.fixture
def sweep(db: None) -> Schedule:
    Schedule.objects.all().delete()
    ensure_schedule(name="sweep", task="math.sqrt", cluster=PAY, minutes=1)
    return Schedule.objects.get()


@pytest.mark.parametrize(
    ("ahead", "set_back"),
    [
        (timedelta(0), False),
        (timedelta(minutes=1), False),
        (timedelta(minutes=1, seconds=59), False),
        (timedelta(minutes=2, seconds=5), True),
        (JUMP, True),
    ],
)
def test_a_schedule_is_at_most_its_period_ahead(sweep, ahead, set_back):
    next_run = timezone.now() + ahead
    Schedule.objects.update(next_run=next_run)
    assert queue_repair.set_back() == (["sweep"] if set_back else [])
    sweep.refresh_from_db()
    if set_back:
        assert abs(sweep.next_run - timezone.now()) < timedelta(seconds=10)
    else:
        assert sweep.next_run == next_run
    assert queue_repair.set_back() == []


def test_a_daily_schedule_may_be_a_day_ahead(sweep):
    Schedule.objects.update(minutes=1440, next_run=timezone.now() + timedelta(days=1))
    assert queue_repair.set_back() == []


@pytest.mark.parametrize(("ahead", "set_back"), [(RETRY, False), (JUMP, True)])
def test_a_task_is_locked_for_the_time_of_one(db, wakes_at_once, ahead, set_back):
    wake("math.sqrt", 4, cluster=PAY)
    lock = timezone.now() + ahead
    OrmQ.objects.update(lock=lock)
    assert queue_repair.set_back() == (["1 tasks"] if set_back else [])
    assert (OrmQ.objects.get().lock <= timezone.now()) == set_back


@pytest.mark.django_db(transaction=True)  # the scheduler closes the connection that it finds
def test_after_a_jump_and_back_the_sweep_sleeps_until_it_is_set_back(monkeypatch):
    """The control: by django-q2 alone it would wake 400 days later."""
    monkeypatch.setattr(Conf, "CLUSTER_NAME", PAY)
    Schedule.objects.all().delete()
    ensure_schedule(name="sweep", task="math.sqrt", cluster=PAY, minutes=1)
    with time_machine.travel(timezone.now() + JUMP, tick=True):
        # Long overdue; django-q2 would count its minutes one by one.
        Schedule.objects.update(next_run=timezone.now())
        scheduler()
    assert OrmQ.objects.count() == 1
    scheduler()
    assert OrmQ.objects.count() == 1
    OrmQ.objects.all().delete()
    assert queue_repair.set_back() == ["sweep"]
    scheduler()
    assert OrmQ.objects.filter(lock__lte=timezone.now()).count() == 1


def test_stale_tasks_hold_up_nothing(db, wakes_at_once):
    """Of one shop, 100,000: neither a task that waits to be fetched nor one under way is among
    them."""
    for number in (4, 9):
        wake("math.sqrt", number, cluster=PAY)
    [(under_way, _)] = get_broker(PAY).dequeue()[:1]
    payload = OrmQ.objects.get(pk=under_way).payload
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_q_ormq (key, payload, lock) SELECT %s, %s, now() - interval '1 h'"
            " FROM generate_series(1, 100)",
            [PAY, payload],
        )
    wake("math.sqrt", 16, cluster=PAY)
    before = set(OrmQ.objects.values_list("pk", flat=True))
    assert queue_repair.forget_stale() == 100
    assert queue_repair.forget_stale() == 0
    left = set(OrmQ.objects.values_list("pk", flat=True))
    assert (under_way in left, len(left), left < before) == (True, 3, True)
