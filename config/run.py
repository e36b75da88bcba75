"""`make run`: prepare the database, then run web server and task clusters until one is stopped.

`python -m config.run pay tell` runs these and the watch alone, where each program is a service of
its own: a database that is prepared, and runs, is taken for granted.

All of them stop together: on Ctrl-C or SIGTERM with exit status 0, and with another one when one
of them ended by itself, so that a supervisor starts the whole group again.
"""

import fcntl
import io
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import django
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from django.utils.translation import gettext as _

from config import preload
from config.heartbeat import EVERY_SECONDS
from config.postgres import BASE_DIR, PostgresError, Server
from config.queue import BEATS_WITHIN
from config.supervisor import WATCH, Group
from config.terminal import terminal_language
from config.version import VERSION

MIGRATE_LOCK = 7_306_001
"""Number of the advisory lock that lets one of several machines migrate at a time."""
MIGRATE_LOCK_ASKED_SECONDS = 0.5
LOOK_AFTER_POSTGRES_SECONDS = 2
WEB_ANSWERS_WITHIN = 45


def main() -> int:
    signal.signal(signal.SIGTERM, _end)
    # Else Python 3.14 starts a process of its own as soon as django-q2 is imported.
    multiprocessing.set_start_method("fork")
    # numpy's threads for matrices, of which there are none here, would be there at a fork.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    host = os.environ.get("HOST", "127.0.0.1")
    port = os.environ.get("PORT", "8000")
    try:
        from django.conf import settings

        if only := sys.argv[1:]:
            django.setup()
            return run(host, port, only=only)
        embedded = settings.EMBEDDED_POSTGRES
        check_port(host, port)
        with alone(), postgres(embedded) as keep_running:
            login = prepare(address_of(host, port))
            return run(host, port, login=login, beside=keep_running)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except PostgresError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        return 0


_asked_to_end: list[int] = []


def _end(number: int, _frame: object) -> None:
    """Extensions in C may swallow the exception; then it ends before it starts the programs."""
    _asked_to_end.append(number)
    sys.exit(0)


def address_of(host: str, port: str) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def check_port(host: str, port: str) -> None:
    try:
        family = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, int(port)))
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(
            f"Cannot listen on {host}:{port} ({error}). "
            "Stop what uses the port, or choose another: make run PORT=8001"
        )


@contextmanager
def alone() -> Iterator[None]:
    """Refuses a second start from the same folder: the first to stop would stop the other's
    database."""
    folder = BASE_DIR / "var"
    folder.mkdir(exist_ok=True)
    with (folder / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("Afterdesk runs already from this folder: stop that first.")
        yield


@contextmanager
def postgres(embedded: bool) -> Iterator[Callable[[], None]]:
    """The embedded server, if that is the one in use; it stops with the program. Gives what looks
    after it."""
    if not embedded:
        yield lambda: None
        return
    server = Server()
    keeper = Keeper(server)
    try:
        server.start()
        print(f"PostgreSQL runs; its data is in {server.data}", flush=True)
        yield keeper.look
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        keeper.end()
        server.stop()
        print("PostgreSQL stopped.", flush=True)


class Keeper:
    """Starts a server that was killed again; the programs connect anew by themselves.

    By a program of its own: recovery may take a minute, in which the group is looked after, too.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._starting: subprocess.Popen | None = None
        self._look_at = 0.0

    def look(self) -> None:
        if self._starting is not None and self._starting.poll() is None:
            return
        self._starting = None
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_AFTER_POSTGRES_SECONDS
        if not self._server.has_process():
            print("PostgreSQL has ended by itself and is started again.", flush=True)
            command = [sys.executable, "-m", "config.postgres", "start"]
            self._starting = subprocess.Popen(command, cwd=BASE_DIR, start_new_session=True)

    def end(self) -> None:
        if self._starting is not None:
            self._starting.wait()


def prepare(address: str) -> str:
    """Migrate, add sample data or collect static files, and return what to say about logging in."""
    django.setup()
    from django.conf import settings
    from django.core.management import CommandError, call_command, get_commands
    from django.db import OperationalError, connections

    print(f"Afterdesk {VERSION}: preparing the database …", flush=True)
    login = ""
    try:
        with only_one_migrating():
            try:
                call_command("migrate", interactive=False, verbosity=0)
            except CommandError as refused:
                sys.exit(str(refused))
    except OperationalError:
        from config.database import why_unreachable

        reason = why_unreachable()
        if reason is None:
            raise
        sys.exit(reason)
    if settings.PRODUCTION:
        call_command("collectstatic", interactive=False, verbosity=0)
        login = first_operator_message(address)
    elif "seed_demo" in get_commands():
        said = io.StringIO()
        call_command("seed_demo", later=True, stdout=said)
        login = said.getvalue().strip()
    connections.close_all()
    return login


@contextmanager
def only_one_migrating() -> Iterator[None]:
    """Asks for the lock again and again: a statement that waits for it would be waited for by an
    index that the holder makes concurrently, and both would wait for each other."""
    from django.db import connection

    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATE_LOCK])
            if cursor.fetchone()[0]:
                break
            time.sleep(MIGRATE_LOCK_ASKED_SECONDS)
        yield
        cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATE_LOCK])


def first_operator_message(address: str) -> str:
    """Leads to the page on which the first operator signs up; empty once there is one."""
    from django.conf import settings
    from django.urls import reverse

    from aftersale.services.access import first_operator

    if not first_operator.is_missing():
        return ""
    path = reverse("account_first", args=[first_operator.link_text()])
    with translation.override(terminal_language()):
        return _("Nobody is an operator yet. Sign up, within a day: %s") % (
            (settings.SITE_URL or address.rstrip("/")) + path
        )


def ready_message(address: str, login: str) -> str:
    with translation.override(terminal_language()):
        ready = _("Afterdesk is ready: %s") % address
        return "\n".join(filter(None, [ready, login, _("Ctrl-C stops it.")]))


def run(
    host: str,
    port: str,
    *,
    login: str = "",
    only: Sequence[str] = (),
    beside: Callable[[], object] = lambda: None,
) -> int:
    """Run the group, or some of its programs, until it stops, and return the exit status."""
    programs: dict[str, tuple[Callable[[], object], float]] = {
        "web": (preload.web, WEB_ANSWERS_WITHIN),
        **{
            cluster: (partial(preload.cluster, cluster), seconds)
            for cluster, seconds in BEATS_WITHIN.items()
        },
    }
    if unknown := set(only) - set(programs):
        sys.exit(f"There is no program {', '.join(sorted(unknown))}: {', '.join(programs)}.")
    chosen = only or list(programs)
    if "web" in chosen:
        os.environ["BIND"] = address_of(host, port).removeprefix("http://").rstrip("/")
        os.environ["READY_MESSAGE"] = ready_message(address_of(host, port), login)
    else:
        os.environ.pop("BIND", None)
    preload.everything(pages="web" in chosen)
    if _asked_to_end:
        return 0
    group = Group(beats=BASE_DIR / "var" / "beats" / "-".join(only or ["all"]))
    for name in chosen:
        work, seconds = programs[name]
        group.add(name, work, beats_within=int(seconds / EVERY_SECONDS))
    group.add(WATCH, preload.watch)
    status = group.run(beside)
    if status is None:
        return 0
    print("One of the programs ended by itself, so all were stopped.", file=sys.stderr)
    return status if status > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
