"""The primary dies under load: python -m tests.chaos.failover [TICKETS A SECOND].

Two embedded servers with synchronous commit, the web server and the clusters decide and pay with
the watch, programs that send orders and tickets by the API, a payer outside. The primary is killed
with -9, the replica promoted three seconds later; nothing else is touched. Takes about a minute.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import django
import httpx
import psycopg

from config.postgres import BASE_DIR, Server
from tests.chaos.program import BOOK
from tests.chaos.replica import follow, kill_machine, promote, url_of

BEFORE, DEAD, AFTER, SENDERS, PORT = 15, 3, 30, 6, 8191
RATE = float(sys.argv[1]) if len(sys.argv) > 1 else 20


class Senders:
    """Programs that send until they are answered, as docs/integration.md tells them to."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.ended = threading.Event()
        self.number = 0
        self.turn = threading.Lock()
        self.accepted: dict[str, float] = {}
        self.answers = Counter[str]()
        self.threads = [threading.Thread(target=self.work) for _ in range(SENDERS)]
        self.began = time.time()
        for thread in self.threads:
            thread.start()

    def work(self) -> None:
        from tests.aftersale.ingest.record_factories import order, ticket

        head = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{PORT}/api/v1", headers=head) as client:
            while not self.ended.is_set():
                with self.turn:
                    self.number += 1
                    mine = self.number
                time.sleep(max(0, self.began + mine / RATE - time.time()))
                made = order(order_no=f"O{mine}", buyer=f"b{mine}")
                asked = ticket(order_no=f"O{mine}", ticket_no=f"T{mine}")
                for path, record in (("/orders", made), ("/tickets", asked)):
                    del record["kind"], record["shop"]
                    self.send(client, path, record)
                self.accepted[f"T{mine}"] = time.time()

    def send(self, client: httpx.Client, path: str, record: dict) -> None:
        while True:
            try:
                answer = client.post(path, json=record, timeout=30)
            except httpx.HTTPError as error:
                self.answers[type(error).__name__] += 1
            else:
                code = answer.json().get("code", "") if answer.status_code >= 400 else ""
                self.answers[f"{answer.status_code} {code}".strip()] += 1
                if answer.status_code in (200, 201):
                    return
            time.sleep(0.5)

    def stop(self) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="failover-", dir="/tmp"))
    folder.chmod(0o755)
    primary, replica = Server(folder / "one"), Server(folder / "two")
    for server in (primary, replica):
        server.elsewhere = server.home / "elsewhere"
    primary.start()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "True",
        "DATABASE_URL": url_of(primary, replica),
        "API_CALLS_PER_MINUTE": "1000000",
        BOOK: str(folder / "book"),
        "BIND": f"127.0.0.1:{PORT}",
        "READY_MESSAGE": "",
    }
    Path(os.environ[BOOK]).touch()
    django.setup()
    programs = []
    try:
        token = prepare()
        follow(primary, replica)
        programs = start(folder)
        return trial(Senders(token), primary, replica)
    finally:
        for program in programs:
            os.killpg(program.pid, signal.SIGKILL)
        for server in (primary, replica):
            server.stop()
            shutil.rmtree(server.sockets, ignore_errors=True)
        print("logs:", folder)


def prepare() -> str:
    from django.core.management import call_command
    from django.db import connection

    from tests.api.program import program
    from tests.factories import make_shop, make_strategy, make_user

    call_command("migrate", interactive=False, verbosity=0)
    shop = make_shop(code="s1", connector="sandbox", is_demo=True)
    make_strategy(shop, name="all", daily_cap="1000000.00")
    token = program(shop, make_user(shop)).token
    connection.close()
    return token


def start(folder: Path) -> list[subprocess.Popen]:
    gunicorn = ["-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]
    commands = {
        "web": gunicorn,
        "decide": ["-m", "tests.chaos.program", "qcluster"],
        "pay": ["-m", "tests.chaos.program", "qcluster"],
        "watch": ["-m", "tests.chaos.program", "watch"],
    }
    programs = []
    for name, command in commands.items():
        with (folder / f"{name}.log").open("w") as log:
            environment = {**os.environ, "Q_CLUSTER_NAME": name}
            programs.append(
                subprocess.Popen(  # noqa: S603 - its own programs
                    [sys.executable, *command],
                    cwd=BASE_DIR,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    process_group=0,
                )
            )
    give_up = time.time() + 60
    while time.time() < give_up:
        try:
            httpx.get(f"http://127.0.0.1:{PORT}/healthz")
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return programs
    raise TimeoutError("the web server does not answer")


def trial(senders: Senders, primary: Server, replica: Server) -> int:
    time.sleep(BEFORE)
    with psycopg.connect(primary.url(), autocommit=True) as connection:
        connections = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'afterdesk'"
        print("connections:", connection.execute(connections).fetchone()[0] - 1)
        sync = connection.execute("SELECT sync_state FROM pg_stat_replication").fetchall()
        print("replica:", sync)
    kill_machine(primary)
    killed = time.time()
    time.sleep(DEAD)
    promote(replica)
    print(f"promoted after {time.time() - killed:.1f} s")
    time.sleep(AFTER)
    senders.stop()
    with psycopg.connect(replica.url(), autocommit=True) as connection:
        until = time.time() + 240
        while time.time() < until and connection.execute(_WAITING).fetchone()[0]:
            time.sleep(0.5)
        print(f"all done {time.time() - killed:.1f} s after the kill")
        # A lease of a call that was under way is waited for: look past it.
        decided = connection.execute(_FIRST, [killed + DEAD]).fetchone()[0]
        book = [json.loads(line) for line in Path(os.environ[BOOK]).read_text().splitlines()]
        report = {
            "accepted": [at for at in senders.accepted.values() if at > killed],
            "decided": [] if decided is None else [decided],
            "paid": [line[0] for line in book if line[0] > killed + DEAD],
        }
        for what, moments in report.items():
            shown = f"{min(moments) - killed:.1f} s" if moments else "never"
            print(f"first {what} after the kill: {shown}")
        print("answers:", dict(senders.answers))
        print(f"tickets accepted: {len(senders.accepted)}, payments: {len(book)}")
        found = audit(connection, set(senders.accepted), book)
        print("audit:", found or "no difference")
        planted = audit(connection, {*senders.accepted, "lost"}, [*book, book[0]])
        print("audit with planted faults:", len(planted), "found")
    return 1 if found or len(planted) < 2 else 0


_WAITING = """
    SELECT (SELECT count(*) FROM aftersale_ticket WHERE awaiting_evaluation)
         + (SELECT count(*) FROM aftersale_refund WHERE status NOT IN ('succeeded', 'failed'))
"""
_FIRST = """
    SELECT extract(epoch FROM min(decided_at))::float8 FROM strategies_decision
    WHERE decided_at > to_timestamp(%s)
"""


def audit(connection: psycopg.Connection, accepted: set[str], book: list) -> list[str]:
    """Compares answers to programs and payments with the rows, in its own SQL."""
    found = []
    tickets = {row[0] for row in connection.execute("SELECT ticket_no FROM aftersale_ticket")}
    if lost := accepted - tickets:
        found.append(f"{len(lost)} tickets lost")
    paid = Counter(line[2] for line in book)
    if twice := [ticket for ticket, times in paid.items() if times > 1]:
        found.append(f"{len(twice)} tickets paid twice")
    rows = connection.execute(
        "SELECT t.ticket_no, r.amount FROM aftersale_refund r"
        " JOIN aftersale_ticket t ON t.id = r.ticket_id WHERE r.status = 'succeeded'"
    ).fetchall()
    if sorted(rows) != sorted((line[2], line[3]) for line in book):
        found.append(f"{len(rows)} refunds, {len(book)} payments")
    over = connection.execute(
        "SELECT count(*) FROM aftersale_order o JOIN aftersale_ticket t ON t.order_id = o.id"
        " JOIN aftersale_refund r ON r.ticket_id = t.id WHERE r.amount > o.paid_amount"
    ).fetchone()[0]
    if over:
        found.append(f"{over} refunds above their orders")
    caps = connection.execute(
        "SELECT count(*) FROM strategies_strategyusage u WHERE u.used <> ("
        "  SELECT sum(d.amount) FROM strategies_decision d WHERE d.strategy_id = u.strategy_id"
        "     AND d.outcome <> 'manual')"
    ).fetchone()[0]
    if caps:
        found.append("cap use is not the sum of the decisions")
    waiting = connection.execute(_WAITING).fetchone()[0]
    if waiting:
        found.append(f"{waiting} tickets or refunds still wait")
    return found


if __name__ == "__main__":
    sys.exit(main())
