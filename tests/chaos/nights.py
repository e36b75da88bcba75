"""The nights of a trial: each breaks something as machines do, and mends only what a person would
have to. What it returns is what it did, in words."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import NamedTuple

import psutil

from tests.chaos.load import Senders
from tests.chaos.machine import Machine
from tests.chaos.replica import kill_machine, promote
from tests.chaos.shop import new_cap

STALE_TASKS = 100_000
DAY = 86_400


class Scene(NamedTuple):
    machine: Machine
    senders: Senders
    chance: random.Random


Night = Callable[[Scene], str]
NIGHTS: dict[str, Night] = {}


def night(function: Night) -> Night:
    NIGHTS[function.__name__] = function
    return function


@night
def a_process_is_killed(scene: Scene) -> str:
    """With -9: a worker, a main process, the web server, the watch."""
    return _kill(scene, scene.chance.choice([*scene.machine.programs, "watch"]))


@night
def a_worker_is_killed(scene: Scene) -> str:
    """One that decides or pays, which may hold the queue's lock."""
    return _kill(scene, scene.chance.choice(["decide", "pay"]), children=True)


@night
def all_programs_are_killed(scene: Scene) -> str:
    """As when the power goes; the supervisor starts them."""
    family = scene.machine.family()
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    return f"{len(family)} processes"


@night
def connections_are_cut(scene: Scene) -> str:
    with scene.machine.database() as connection:
        rows = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND backend_type = 'client backend' AND random() < 0.5"
        ).fetchall()
    return f"{len(rows)} connections"


@night
def a_process_stands_still_for_seconds(scene: Scene) -> str:
    one = scene.chance.choice(scene.machine.family())
    with suppress(psutil.NoSuchProcess):
        one.suspend()
        time.sleep(scene.chance.uniform(1, 8))
        one.resume()
    return "a process of the group"


@night
def the_programs_clock_steps(scene: Scene) -> str:
    return _step(scene, "programs")


@night
def the_databases_clock_steps(scene: Scene) -> str:
    return _step(scene, "database")


@night
def all_clocks_step_together(scene: Scene) -> str:
    """Nothing can see it; what was decided meanwhile is ahead of the clock, and an operator says
    `decided_ahead --set-right` (SPEC E9)."""
    said = _step(scene, "programs", "database")
    done = scene.machine.manage("decided_ahead", "--set-right", "--as", "olga")
    assert done.returncode == 0, done.stdout + done.stderr
    return said


@night
def a_call_hangs(scene: Scene) -> str:
    """In both workers that pay."""
    scene.machine.book.hang(2)
    return "2 calls"


@night
def the_queue_is_full(scene: Scene) -> str:
    """Of old tasks of one shop that wake nobody."""
    from django_q.signing import SignedPackage

    task = {"id": "0" * 32, "name": "stale", "func": "strategies.tasks.decide", "args": (0,)}
    payload = SignedPackage.dumps({**task, "kwargs": {}, "started": datetime.now(UTC)})
    with scene.machine.database() as connection:
        connection.execute(
            "INSERT INTO django_q_ormq (key, payload, lock)"
            " SELECT 'decide', %s, clock_timestamp() - interval '1 hour'"
            " FROM generate_series(1, %s)",
            [payload, STALE_TASKS],
        )
    return f"{STALE_TASKS} tasks"


@night
def a_cluster_freezes(scene: Scene) -> str:
    return freeze(scene, scene.chance.choice(scene.machine.programs[1:]))


@night
def the_web_server_freezes(scene: Scene) -> str:
    return freeze(scene, "web")


@night
def the_primary_dies(scene: Scene) -> str:
    """And its replica is promoted by hand; later the dead one follows."""
    machine = scene.machine
    kill_machine(machine.primary)
    time.sleep(3)
    promote(machine.replica)
    machine.servers.reverse()
    machine.follow()
    return "promoted after 3 s"


@night
def a_backup_is_brought_back(scene: Scene) -> str:
    """As docs/operations.md tells the night; programs send again what it does not know."""
    machine = scene.machine
    file = machine.folder / "afterdesk.backup"
    began = time.time()
    done = machine.manage("backup", str(file))
    assert done.returncode == 0, done.stderr
    time.sleep(10)
    machine.stop()
    for _attempt in range(20):
        done = machine.manage("restore", str(file), "--replace")
        if done.returncode == 0:
            break
        time.sleep(1)
    assert done.returncode == 0, done.stderr
    paid = {payment.ticket_no for payment in machine.book.payments()}
    machine.start()
    sent = scene.senders.again(began - 60, paid)
    done = machine.manage("after_restore", "--resume", "s1", "--as", "olga")
    assert done.returncode == 0, done.stderr
    new_cap()
    return f"{sent} tickets sent again"


def freeze(scene: Scene, program: str) -> str:
    """All of its processes, and nobody lets them go on."""
    for one in scene.machine.family(program):
        with suppress(psutil.NoSuchProcess):
            one.suspend()
    return program


def _kill(scene: Scene, program: str, *, children: bool = False) -> str:
    family = scene.machine.family(program)
    family = family[1:] if children and len(family) > 1 else family
    if family:
        with suppress(psutil.NoSuchProcess):
            scene.chance.choice(family).kill()
    return program


def _step(scene: Scene, *clocks: str) -> str:
    """Seconds, more than NTP mends at once, more than what anybody trusts; then back again, which
    is a clock that runs backwards."""
    ahead = scene.chance.choice([5, -5, 50, -50, 1_500, -1_500, 400 * DAY])
    with _moved(scene.machine, clocks, ahead):
        time.sleep(10)
    return f"{ahead:+} s for 10 s"


@contextmanager
def _moved(machine: Machine, clocks: tuple[str, ...], ahead: int) -> Iterator[None]:
    for name in clocks:
        machine.set_clock(name, ahead)
    try:
        yield
    finally:
        for name in clocks:
            machine.set_clock(name, 0)
        time.sleep(1.5)  # libfaketime reads the file once a second
