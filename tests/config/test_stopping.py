"""Programs that go on until a signal asks them to stop (SPEC E1)."""

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count

import pytest
from django_q.conf import Conf

from config import cluster
from config.queue import PAY
from config.stopping import Asked
from monitoring.management.commands import watch


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cluster whose workers end at once, and a watch that looks at nothing."""
    for name in ("CLUSTER_NAME", "WORKERS", "TIMEOUT", "POLL"):
        monkeypatch.setattr(Conf, name, getattr(Conf, name))
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(cluster, "fork", lambda work, name: id(work))
    monkeypatch.setattr(cluster, "look_after", lambda workers: workers.clear())
    monkeypatch.setattr(watch.heartbeat, "EVERY_SECONDS", 0.001)
    monkeypatch.setattr(watch, "look", lambda: None)
    opened: list[int] = []
    pipe = os.pipe

    def noted() -> tuple[int, int]:
        opened.extend(ends := pipe())
        return ends

    monkeypatch.setattr(os, "pipe", noted)
    handled = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGCHLD)
    before = [signal.getsignal(number) for number in handled]
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in zip(handled, before, strict=True):
        signal.signal(number, handler)
    for end in set(opened):
        with suppress(OSError):  # the cluster has closed some itself
            os.close(end)


@pytest.mark.parametrize(
    "run", [partial(cluster.run, PAY), watch.Command().handle], ids=["cluster", "watch"]
)
def test_they_stop_wherever_the_signal_meets_them(
    programs: None, run: Callable[[], object]
) -> None:
    """Between any two of their steps, those of Python's own waiting among them."""

    def hangs(*_: object) -> None:
        raise AssertionError(f"asked at step {asked_at}, and never stops")

    def ask(_frame: object, event: str, _of: object, at: int, steps: Iterator[int]) -> None:
        listens = callable(signal.getsignal(signal.SIGTERM))
        if listens and event.endswith("call") and next(steps) == at:
            signal.raise_signal(signal.SIGTERM)

    for asked_at in range(40):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, hangs)
        signal.alarm(5)
        sys.setprofile(partial(ask, at=asked_at, steps=count()))
        try:
            run()
        finally:
            sys.setprofile(None)
            signal.alarm(0)


def test_any_signal_ends_a_wait_and_only_one(programs: None) -> None:
    """So a cluster replaces a worker as soon as it ends, and does not look without end after it."""
    asked = Asked(signal.SIGTERM)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.raise_signal(signal.SIGCHLD)
    assert not asked.within(3600)
    assert select.select([asked._read], [], [], 0) == ([], [], [])
    signal.raise_signal(signal.SIGTERM)
    assert asked.within(3600)
