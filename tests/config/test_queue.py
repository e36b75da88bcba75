"""The queue: work enters it with the caller's transaction, each cluster does its own."""

import pytest
from django.conf import settings
from django.db import transaction
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from config.queue import DECIDE, PAY, PULL, SLOW, TELL, ensure_schedule, wake


def test_the_settings_reach_django_q():
    """Names that django-q does not know would be ignored without a word."""
    assert (Conf.CLUSTER_NAME, Conf.ORM, Conf.POLL, Conf.BULK) == (DECIDE, "default", 0.05, 10)
    assert (Conf.QUEUE_LIMIT, Conf.SAVE_LIMIT, Conf.TIMEOUT, Conf.RETRY) == (20, -1, 60, 900)
    assert (Conf.ACK_FAILURES, Conf.MAX_ATTEMPTS, Conf.CATCH_UP) == (True, 1, False)
    others = settings.Q_CLUSTER["ALT_CLUSTERS"]
    assert set(others) == {PAY, PULL, SLOW, TELL}
    assert others[SLOW]["timeout"] < Conf.RETRY


@pytest.mark.django_db(transaction=True)
def test_wake_commits_and_rolls_back_with_the_caller():
    with pytest.raises(RuntimeError), transaction.atomic():
        wake("math.sqrt", 4, cluster=PAY)
        assert OrmQ.objects.count() == 1
        raise RuntimeError
    assert OrmQ.objects.count() == 0
    with transaction.atomic():
        wake("math.sqrt", 4, cluster=PAY)
        wake("math.sqrt", 9, cluster=DECIDE)
    assert sorted(OrmQ.objects.values_list("key", flat=True)) == [DECIDE, PAY]
    task = OrmQ.objects.get(key=PAY).task
    assert (task["func"], task["args"]) == ("math.sqrt", (4,))


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
