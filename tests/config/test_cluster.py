"""A cluster's workers fetch for themselves; what dies or stands still is replaced (SPEC E1)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import Failure, OrmQ, Schedule

from config import cluster
from config.broker import Broker
from config.cluster import IDLE_SECONDS, SCHEDULE_SECONDS, Tasks, Timer
from config.postgres import BASE_DIR
from config.queue import PAY, ensure_schedule, wake
from tests.config.conftest import still_running

HANGS = 60
CLUSTER = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from config import cluster
cluster.IDLE_SECONDS = 5
cluster.run("pay")
"""


class Running:
    def __init__(self, folder: Path) -> None:
        self.notes = folder / "notes"
        self.notes.touch()
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLUSTER, connection.settings_dict["NAME"]], cwd=BASE_DIR
        )

    def asks(self, task: str, text: str) -> None:
        wake(f"tests.config.cluster_tasks.{task}", str(self.notes), text, cluster=PAY)

    def until(self, true: Callable[[], Any]) -> Any:
        give_up = time.monotonic() + HANGS
        while not (found := true()):
            assert time.monotonic() < give_up, self.notes.read_text()
            assert self.process.poll() is None
            time.sleep(0.05)
        return found

    def until_noted(self, text: str) -> None:
        self.until(lambda: text in self.notes.read_text().splitlines())

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()


@pytest.fixture
def pay(transactional_db: None, tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def test_it_replaces_what_dies_or_stands_still_and_finishes_its_tasks_before_it_ends(
    pay: Running,
) -> None:
    pay.asks("note", "first")
    pay.until_noted("first")
    pay.until(lambda: not OrmQ.objects.exists())
    assert [worker.name() for worker in pay.workers()] == ["pay worker"] * 2

    # One dies, the other stands still before it has a task: both are there again.
    before = pay.workers()
    before[0].kill()
    before[1].suspend()
    pay.asks("note", "second")
    pay.until_noted("second")
    pay.until(lambda: len([one for one in pay.workers() if one not in before]) == 2)

    # What is under way when it is asked to stop is finished, and nothing new is begun.
    workers = pay.workers()
    pay.asks("note_slowly", "third")
    pay.until_noted("third begun")
    for worker in workers:
        worker.terminate()  # as systemd, which asks all processes to stop
    pay.process.send_signal(signal.SIGTERM)
    assert pay.process.wait(timeout=HANGS) == 0
    assert "third done" in pay.notes.read_text().splitlines()
    assert still_running(workers, seconds=0) == []
    assert not OrmQ.objects.exists()


def test_workers_end_with_their_main_process(pay: Running) -> None:
    """Nothing is left behind, whoever kills what."""
    pay.asks("note", "first")
    pay.until_noted("first")
    workers = pay.until(lambda: len(pay.workers()) == 2 and pay.workers())
    pay.process.kill()
    assert still_running(workers, seconds=HANGS) == []


@pytest.fixture
def tasks(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tasks]:
    """A worker's, of the cluster `pay`; its cluster has not ended."""
    monkeypatch.setattr(Conf, "CLUSTER_NAME", PAY)
    # A request of a browser test that ended may have woken the payer after the tables were emptied.
    OrmQ.objects.all().delete()
    read, write = os.pipe()
    yield Tasks(Broker(PAY, also=[read]), Timer(), read)
    os.close(read)
    os.close(write)


def test_a_task_is_acknowledged_when_it_is_done_and_a_failure_is_kept(tasks: Tasks) -> None:
    for number in (4, 9):
        wake("math.sqrt", number, cluster=PAY)
    for success in (True, False):
        task = tasks.get()
        assert (task["cluster"], task["func"]) == (PAY, "math.sqrt")
        assert OrmQ.objects.filter(pk=task["ack_id"], lock__gt=timezone.now()).exists()
        tasks.put({**task, "success": success, "result": "", "stopped": timezone.now()})
        assert not OrmQ.objects.filter(pk=task["ack_id"]).exists()
    assert [failure.args for failure in Failure.objects.all()] == [(9,)]


def test_a_database_that_is_away_as_a_task_ends_ends_no_worker(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    wake("math.sqrt", 4, cluster=PAY)
    task = tasks.get()

    def away(*_: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(Broker, "delete", away)
        tasks.put({**task, "success": True, "result": 2, "stopped": timezone.now()})
    assert OrmQ.objects.count() == 1


def test_a_task_that_cannot_be_read_is_dropped(tasks: Tasks) -> None:
    """As after a change of SECRET_KEY."""
    OrmQ.objects.create(key=PAY, payload="of another key", lock=timezone.now())
    wake("math.sqrt", 4, cluster=PAY)
    assert tasks.get()["args"] == (4,)
    assert OrmQ.objects.count() == 1


def test_each_worker_looks_at_the_schedules(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conf, "POLL", 0)
    Schedule.objects.all().delete()
    ensure_schedule(name="sweep", task="math.sqrt", cluster=PAY, minutes=1)
    later = time.monotonic() + SCHEDULE_SECONDS
    monkeypatch.setattr(cluster, "time", SimpleNamespace(monotonic=lambda: later))
    assert tasks.get()["group"] == "sweep"
    assert tasks._schedule_at == later + SCHEDULE_SECONDS


def test_a_timer_is_over_when_its_worker_gives_no_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(cluster, "time", SimpleNamespace(monotonic=lambda: now))
    timer = Timer()
    for value, within in ((-1, IDLE_SECONDS), (63, 63), (-2, IDLE_SECONDS), (0, IDLE_SECONDS)):
        timer.value = value
        assert timer.value == value
        began = now
        for now, over in ((began + within, False), (began + within + 0.1, True)):  # noqa: B007
            assert timer.is_over() == over


def test_a_clusters_settings_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLUSTER_NAME", "WORKERS", "TIMEOUT", "POLL"):
        monkeypatch.setattr(Conf, name, getattr(Conf, name))
    for name, workers, timeout in (("slow", 1, 800), ("pull", 3, 120), ("decide", 2, 60)):
        cluster.set_cluster(name)
        found = (Conf.CLUSTER_NAME, Conf.WORKERS, Conf.TIMEOUT, Conf.POLL)
        assert found == (name, workers, timeout, workers)
