"""A cluster: workers that carry out the tasks of one queue, and one process that looks after them.

Tasks, their table, schedules, time-outs and a worker's round are django-q2's. Its way of handing
tasks over is not: there, one process fetches for all, passes tasks through a queue whose lock dies
with a worker that is killed, and another one acknowledges them. Here each worker fetches for itself
(docs/adr/0014-forked-programs.md), so that nothing stands between it and the database.
"""

import os
import signal
import time
from contextlib import nullcontext, suppress
from ctypes import c_double, sizeof
from functools import partial
from mmap import mmap
from random import randrange, uniform
from types import SimpleNamespace
from typing import Any

import structlog
from django.conf import settings
from django.db import Error, connection
from django_q.conf import Conf
from django_q.monitor import monitor
from django_q.scheduler import scheduler
from django_q.signing import BadSignature, SignedPackage
from django_q.worker import worker

from config.broker import Broker
from config.forking import fork
from config.stopping import Asked

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
"""Between two looks at the workers."""
IDLE_SECONDS = 60
"""The longest that a worker without a task may give no sign: it looks each few seconds, but waits
longer for a database that is away."""
SCHEDULE_SECONDS = 30
# A worker ends after so many tasks, for its memory's sake; a number of its own, so that no two end
# together.
RECYCLE = (5_000, 10_000)


def run(name: str) -> None:
    """The cluster's main process: until SIGTERM, and until each worker has finished its task.

    It has no connection to the database, which it needs for nothing.
    """
    set_cluster(name)
    asked = Asked(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A worker's end ends the wait: its successor is there in hundredths of a second.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # Workers see its end when this process closes it, or dies.
    stop_read, stop_write = os.pipe()
    workers: dict[int, Timer] = {}
    while not asked.within(LOOK_SECONDS if workers else 0):
        look_after(workers)
        while len(workers) < Conf.WORKERS:
            timer = Timer()
            work = partial(_work, name, timer, stop_read, stop_write)
            workers[fork(work, name=f"{name} worker")] = timer
    os.close(stop_write)
    while workers:
        look_after(workers)
        time.sleep(LOOK_SECONDS / 10)


def set_cluster(name: str) -> None:
    """django-q2 reads this from the environment as it is imported, once for all clusters."""
    its_own = settings.Q_CLUSTER | settings.Q_CLUSTER["ALT_CLUSTERS"].get(name, {})
    Conf.CLUSTER_NAME = name
    Conf.WORKERS, Conf.TIMEOUT = its_own["workers"], its_own["timeout"]
    # A look a second is the cluster's, by one worker or another.
    Conf.POLL = its_own["poll"] * Conf.WORKERS


class Timer:
    """A worker's word until when it gives the next sign, in memory that its cluster shares.

    django-q2's worker sets `value`: the seconds that a task may take, or less than one without.
    """

    def __init__(self) -> None:
        self._until = c_double.from_buffer(mmap(-1, sizeof(c_double)))
        self.value = -1

    @property
    def value(self) -> float:
        return self._value

    @value.setter
    def value(self, seconds: float) -> None:
        self._value = seconds
        self._until.value = time.monotonic() + (seconds if seconds > 0 else IDLE_SECONDS)

    def get_lock(self) -> Any:
        """One writes and one reads, a number at a time; and none dies holding what is not there."""
        return nullcontext()

    def is_over(self) -> bool:
        return time.monotonic() > self._until.value


def look_after(workers: dict[int, Timer]) -> None:
    """Forgets workers that have ended, and kills those that stand still."""
    for pid, timer in list(workers.items()):
        with suppress(ChildProcessError):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                if timer.is_over():
                    log.error("worker_stands_still", cluster=Conf.CLUSTER_NAME, pid=pid)
                    os.kill(pid, signal.SIGKILL)
                continue
            if status:
                code = os.waitstatus_to_exitcode(status)
                log.error("worker_died", cluster=Conf.CLUSTER_NAME, pid=pid, status=code)
        del workers[pid]


def _work(name: str, timer: Timer, stop_read: int, stop_write: int) -> None:
    os.close(stop_write)
    # Its cluster alone tells it, also where somebody signals to all processes, as systemd does.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    Conf.RECYCLE = randrange(*RECYCLE)  # noqa: S311 - spreads, and guards nothing
    tasks = Tasks(Broker(name, also=[stop_read]), timer, stop_read)
    worker(tasks, tasks, timer, Conf.TIMEOUT)


class Tasks:
    """Stands for both queues of django-q2's worker: of tasks, and of what came of them."""

    def __init__(self, broker: Broker, timer: Timer, stop: int) -> None:
        self._broker, self._timer, self._stop = broker, timer, stop
        os.set_blocking(stop, False)
        self._schedule_at = time.monotonic() + uniform(0, SCHEDULE_SECONDS)  # noqa: S311

    def get(self) -> dict[str, Any] | str:
        """The next task, once there is one; `STOP`, which ends a worker."""
        while not self._is_stopped():
            self._timer.value = -1
            for row, packed in self._broker.dequeue() or []:
                try:
                    task = SignedPackage.loads(packed)
                except (TypeError, BadSignature):
                    log.exception("task_cannot_be_read")
                    self._broker.fail(row)
                    continue
                return {**task, "cluster": Conf.CLUSTER_NAME, "ack_id": row}
            self._look_at_schedules()
        return "STOP"

    def put(self, task: dict[str, Any]) -> None:
        """Keeps a failure for people, and acknowledges the task, in django-q2's way."""
        if not task["success"]:
            connection.close()  # a time-out may have ended it in the midst of a statement
        self._look_at_schedules()
        try:
            monitor(SimpleNamespace(get=iter([task, "STOP"]).__next__), self._broker)
        except Error as error:
            # The task is carried out once more, or forgotten: either way rows say what is due.
            log.warning("task_not_acknowledged", error=type(error).__name__)
            connection.close()

    def _look_at_schedules(self) -> None:
        """Each worker does, so that a schedule waits for none; rows' locks make it happen once."""
        if time.monotonic() >= self._schedule_at:
            self._schedule_at = time.monotonic() + SCHEDULE_SECONDS
            scheduler(broker=self._broker)

    def _is_stopped(self) -> bool:
        """Nothing is ever written: it can be read once its other end is closed."""
        try:
            return os.read(self._stop, 1) == b""
        except BlockingIOError:
            return False
