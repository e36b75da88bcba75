"""The program that keeps the others in order after a clock that jumped (SPEC E1)."""

import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule
from django_q.signals import post_execute_in_worker
from structlog.testing import capture_logs

from aftersale.models import RefundAttempt
from aftersale.platforms.payments import ARRIVES_WITHIN, TimedOut
from aftersale.services.outgoing import far_ahead
from aftersale.services.outgoing.refund_attempt import LEASE
from monitoring.management.commands import watch
from monitoring.services import heartbeats
from strategies.models import Heartbeat
from strategies.services.lanes import DECIDE_TASK
from tests import factories
from tests.aftersale.refunds.conftest import (  # noqa: F401 (fixtures)
    clock,
    decided,
    make_order,
    make_shop,
    pay_until_done,
    platform,
)
from tests.factories import make_ticket
from tests.queries import counted_queries

JUMP = timedelta(days=400)

# `manage.py watch` on the database of this test.
WATCH = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from django.core.management import call_command
call_command("watch")
"""


@pytest.mark.django_db
def test_a_refund_dated_far_ahead_is_due_at_once_and_its_money_held_no_longer(clock, platform):  # noqa: F811
    refund = decided(make_order(make_shop()), 6_000, now=clock.now)
    platform.pays = [TimedOut()]
    real, clock.now = clock.now, clock.now + JUMP  # as it jumps
    pay_until_done(clock)
    clock.now = real
    pay_until_done(clock)
    refund.refresh_from_db()
    assert refund.next_step_at > real + timedelta(days=399)
    assert far_ahead.set_back(now=real) == 2
    refund.refresh_from_db()
    assert refund.next_step_at == real
    assert RefundAttempt.objects.get().call_until == real + LEASE + ARRIVES_WITHIN
    assert far_ahead.set_back(now=real) == 0
    pay_until_done(clock)
    refund.refresh_from_db()
    assert refund.status == "succeeded"


@pytest.mark.django_db
def test_what_waits_for_its_time_is_left(clock, platform):  # noqa: F811
    decided(make_order(make_shop()), 6_000, now=clock.now)
    platform.pays = [TimedOut()]
    pay_until_done(clock)
    assert far_ahead.set_back(now=clock.now) == 0


@pytest.mark.django_db
def test_a_task_writes_its_clusters_heartbeat_and_one_from_the_future_goes(monkeypatch):
    ahead = timezone.now() + JUMP
    Heartbeat.objects.create(
        worker="pay", host=socket.gethostname(), at=ahead, clock_ahead=JUMP.total_seconds()
    )
    monkeypatch.setattr(heartbeats, "_written", {})
    monkeypatch.setattr(Conf, "CLUSTER_NAME", "pay")
    for _ in range(3):
        with counted_queries() as asked:
            post_execute_in_worker.send(sender="django_q", func=None, task={})
    assert len(asked) == 0  # the first one is enough for some seconds
    beat = Heartbeat.objects.get()
    assert beat.at < timezone.now() + timedelta(seconds=5)
    assert abs(beat.clock_ahead) < 5


def test_a_database_that_is_away_does_not_end_the_watch(monkeypatch):
    def away(_worker: str) -> None:
        raise DatabaseError

    monkeypatch.setattr(heartbeats, "beat", away)
    with capture_logs() as lines:
        watch.look()
    assert [line["event"] for line in lines] == ["watch_without_database"]


@pytest.mark.django_db(transaction=True)
def test_the_program_sets_back_and_stops_when_asked():
    Schedule.objects.update_or_create(
        name="pay",
        defaults={
            "func": "math.sqrt",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
            "next_run": timezone.now() + JUMP,
        },
    )
    program = subprocess.Popen(
        [sys.executable, "-c", WATCH, connection.settings_dict["NAME"]], cwd=settings.BASE_DIR
    )
    try:
        give_up = time.monotonic() + 60
        while Schedule.objects.get(name="pay").next_run > timezone.now() + timedelta(minutes=2):
            assert time.monotonic() < give_up
            time.sleep(0.1)
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=30) == 0
    finally:
        program.kill()
        program.wait()


@pytest.mark.django_db
@pytest.mark.usefixtures("wakes_at_once")
def test_idle_clusters_are_asked_for_a_sign_of_work_and_waiting_tickets_are_swept():
    """SPEC E1: the sweep does not live in the cluster that it watches."""
    shop = make_shop()
    make_ticket(factories.make_order(shop))
    OrmQ.objects.all().delete()
    watch.look()
    asked = {row.key: row.func() for row in OrmQ.objects.exclude(key="decide")}
    assert asked == dict.fromkeys(("pay", "slow", "pull", "tell"), "config.heartbeat.nothing")
    decide = sorted((row.func(), row.task["args"]) for row in OrmQ.objects.filter(key="decide"))
    assert decide == [("config.heartbeat.nothing", ()), (DECIDE_TASK, (shop.pk,))]
    # One that has due tasks has work to show: nothing is added.
    watch.look()
    assert OrmQ.objects.count() == 6
    # A task that a killed worker holds is no work to come.
    [(held, _)] = get_broker("pay").dequeue()
    watch.look()
    assert OrmQ.objects.filter(key="pay").exclude(pk=held).count() == 1
