"""The primary dies under load: python -m tests.chaos.failover [TICKETS A SECOND].

The timeline of the night in docs/operations.md: two embedded servers with synchronous commit, the
programs, senders, a payer outside. The primary is killed with -9, the replica promoted three
seconds later; nothing else is touched. Takes about a minute.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.audit import audit
from tests.chaos.load import Senders
from tests.chaos.machine import Machine, wait_until
from tests.chaos.replica import kill_machine, promote
from tests.chaos.shop import prepare

BEFORE, DEAD, AFTER, PORT = 15, 3, 30, 8191
_WAITING = """
    SELECT (SELECT count(*) FROM aftersale_ticket WHERE awaiting_evaluation)
         + (SELECT count(*) FROM aftersale_refund WHERE status NOT IN ('succeeded', 'failed'))
"""
_FIRST = """
    SELECT extract(epoch FROM min(decided_at))::float8 FROM strategies_decision
    WHERE decided_at > to_timestamp(%s)
"""


def main(rate: float) -> int:
    folder = Path(tempfile.mkdtemp(prefix="failover-"))
    machine = Machine(folder, PORT, ("web", "decide", "pay"))
    try:
        machine.begin()
        token = prepare()
        machine.follow()
        machine.start()
        senders = Senders(token=token, port=PORT, rate=rate)
        try:
            if wait_until(lambda: senders.accepted, 120) is None:
                raise TimeoutError("the web server does not answer")
            found = trial(machine, senders)
        finally:
            senders.stop()
    finally:
        machine.end()
    if not found:
        shutil.rmtree(folder)
    return 1 if found else 0


def trial(machine: Machine, senders: Senders) -> list[str]:
    time.sleep(BEFORE)
    with machine.database() as connection:
        print(
            "replica:", connection.execute("SELECT sync_state FROM pg_stat_replication").fetchall()
        )
    kill_machine(machine.primary)
    killed = time.time()
    time.sleep(DEAD)
    promote(machine.replica)
    machine.servers.reverse()
    print(f"promoted after {time.time() - killed:.1f} s")
    time.sleep(AFTER)
    senders.stop()

    def over() -> bool:
        with machine.database() as connection:
            return connection.execute(_WAITING).fetchone()[0] == 0

    wait_until(over, 240)
    print(f"all done {time.time() - killed:.1f} s after the kill")
    with machine.database() as connection:
        # A lease of a call that was under way is waited for: look past it.
        decided = connection.execute(_FIRST, [killed + DEAD]).fetchone()[0]
        found = audit(connection, senders.accepted, machine.book)
    payments = machine.book.payments()
    first = {
        "accepted": [at for at in senders.accepted.values() if at > killed],
        "decided": [] if decided is None else [decided],
        "paid": [payment.at for payment in payments if payment.at > killed + DEAD],
    }
    for what, moments in first.items():
        shown = f"{min(moments) - killed:.1f} s" if moments else "never"
        print(f"first {what} after the kill: {shown}")
    print("answers:", dict(senders.answers))
    print(f"tickets accepted: {len(senders.accepted)}, payments: {len(payments)}")
    print("audit:", found or "no difference")
    return found


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 20))
