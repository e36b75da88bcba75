"""Nights one after the other, under load: python -m tests.chaos [MINUTES] [--seed N] [--only NIGHT]

`make chaos` runs it for an hour. After each night new tickets must be decided, and refunds paid,
within `GOES_ON_SECONDS` without anybody's help, and the audit (audit.py) must find nothing. All
traffic stays on this machine. Ends with 1 where something was found.
"""

import argparse
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tests.chaos.audit import audit
from tests.chaos.load import Senders
from tests.chaos.machine import ALL, Machine, wait_until
from tests.chaos.nights import NIGHTS, Scene
from tests.chaos.shop import prepare

RATE, MOST_TICKETS, MOST_NIGHTS = 4, 20_000, 500
# Twice the minute that a night may take: machines that run trials are slow.
GOES_ON_SECONDS, GIVE_UP_SECONDS = 120, 400
NEEDS_CLOCKS = {"the_databases_clock_steps", "all_clocks_step_together"}
NEEDS_REPLICA = {"the_primary_dies"}
# Nights that fit into a minute of CI.
SHORT = [
    "a_worker_is_killed",
    "connections_are_cut",
    "a_process_stands_still_for_seconds",
    "all_programs_are_killed",
]


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    given = _arguments()
    chance = random.Random(given.seed)
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    short = given.minutes < 5
    names = given.only or (SHORT if short else list(NIGHTS))
    programs = ("web", "decide", "pay") if short and not given.only else ALL
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    machine = Machine(folder, port, programs)
    if machine.library is None:
        print("The database's clock stays: Debian's package libfaketime is not installed.")
        names = [name for name in names if name not in NEEDS_CLOCKS]
    print(f"seed {given.seed}, logs in {folder}", flush=True)
    found: list[str] = []
    try:
        machine.begin()
        senders = Senders(token=prepare(), port=port, rate=RATE, most=MOST_TICKETS)
        try:
            if NEEDS_REPLICA & set(names):
                machine.follow()
            machine.start()
            scene = Scene(machine, senders, chance)
            found = trial(scene, names, minutes=given.minutes)
        finally:
            senders.stop()
    finally:
        machine.end()
    print("\n".join(found) or "Nothing was found.")
    if not found:
        shutil.rmtree(folder)
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("minutes", nargs="?", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--only", nargs="+", choices=NIGHTS)
    return parser.parse_args()


def trial(scene: Scene, names: list[str], *, minutes: float) -> list[str]:
    """Every night once in a random order, and again, until the time is over; what was found."""
    found: list[str] = []
    times: dict[str, list[float]] = defaultdict(list)
    if _goes_on(scene) is None:
        return ["The programs do not start."]
    until = time.monotonic() + 60 * minutes
    left: list[str] = []
    for _number in range(MOST_NIGHTS):
        if time.monotonic() > until or found:
            break
        if not left:
            left = scene.chance.sample(names, len(names))
        name = left.pop()
        began = time.monotonic()
        did = NIGHTS[name](scene)
        over = time.monotonic()
        waited = _goes_on(scene)
        said = f"{name.replace('_', ' ')} ({did})"
        if waited is None:
            found.append(f"{said}: nothing went on within {GIVE_UP_SECONDS} s")
        else:
            times[name].append(waited)
            if waited > GOES_ON_SECONDS:
                found.append(f"{said}: went on only after {waited:.0f} s")
        found += [f"{said}: {what}" for what in _audit(scene)]
        shown = "never" if waited is None else f"{waited:.0f} s"
        print(f"{over - began:5.0f} s {said}; went on after {shown}", flush=True)
    found += _end(scene)
    for name, waits in sorted(times.items()):
        print(
            f"{len(waits):4} × {name.replace('_', ' ')}: went on after {max(waits):.0f} s at most"
        )
    print(f"{len(scene.senders.accepted)} tickets accepted", dict(scene.senders.answers))
    print(f"{len(scene.machine.book.payments())} payments, {scene.machine.starts} starts")
    return found


def _goes_on(scene: Scene) -> float | None:
    """Seconds until tickets that come in from now on are decided, refunds are paid, and every
    cluster has given a sign of work. Refunds have a queue of their own after a standstill: any that
    is paid counts."""
    machine, accepted = scene.machine, scene.senders.accepted
    before, paid = set(accepted), len(machine.book.payments())
    clusters = [name for name in machine.programs if name != "web"]
    beats: dict[str, object] = {}

    def signs() -> dict[str, object]:
        with machine.database() as connection:
            query = "SELECT worker, max(at) FROM strategies_heartbeat GROUP BY 1"
            return dict(connection.execute(query).fetchall())

    wait_until(lambda: beats.update(signs()) or True, 30)

    def goes_on() -> bool:
        fresh = sorted(set(accepted) - before)
        if not fresh or len(machine.book.payments()) == paid:
            return False
        with machine.database() as connection:
            if not connection.execute(_DECIDED, [fresh]).fetchone()[0]:
                return False
        now = signs()
        return all(now.get(name) not in (None, beats.get(name)) for name in clusters)

    return wait_until(goes_on, GIVE_UP_SECONDS)


def _audit(scene: Scene, *, still: bool = True) -> list[str]:
    with scene.machine.database() as connection:
        return audit(connection, list(scene.senders.accepted), scene.machine.book, still=still)


def _end(scene: Scene) -> list[str]:
    """No more is sent: all is decided, and what is not paid is asked about, as it is due."""
    scene.senders.stop()

    def over() -> bool:
        with scene.machine.database() as connection:
            return not connection.execute(_DUE).fetchone()[0]

    waited = wait_until(over, 120)
    with scene.machine.database() as connection:
        open_ones = connection.execute(_OPEN).fetchone()[0]
    print(f"{open_ones} refunds are still asked about, since a call of theirs may yet arrive")
    still = [] if waited is not None else ["Tickets or refunds that are due still wait."]
    return still + _audit(scene)


_DECIDED = """
    SELECT EXISTS (SELECT FROM strategies_decision d JOIN aftersale_ticket t ON t.id = d.ticket_id
                   WHERE t.ticket_no = ANY(%s))
"""
_DUE = """
    SELECT (SELECT count(*) FROM aftersale_ticket WHERE awaiting_evaluation)
         + (SELECT count(*) FROM aftersale_refund WHERE NOT needs_people
                AND status NOT IN ('succeeded', 'failed', 'taken_back')
                AND next_step_at <= clock_timestamp())
"""
_OPEN = """
    SELECT count(*) FROM aftersale_refund
    WHERE status NOT IN ('succeeded', 'failed', 'taken_back')
"""

if __name__ == "__main__":
    sys.exit(main())
