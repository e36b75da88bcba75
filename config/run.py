"""`make run`: prepare the database, then run web server and task clusters until one is stopped.

All of them stop together: on Ctrl-C or SIGTERM with exit status 0, and with another one when one
of them ended by itself, so that a supervisor starts the whole group again.
"""

import fcntl
import io
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from django.utils.translation import gettext as _

from config.heartbeat import EVERY_SECONDS
from config.postgres import BASE_DIR, PostgresError, Server
from config.queue import BEATS_WITHIN
from config.supervisor import Group
from config.terminal import terminal_language
from config.version import VERSION

MIGRATE_LOCK = 7_306_001
"""Number of the advisory lock that lets one of several machines migrate at a time."""


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    host = os.environ.get("HOST", "127.0.0.1")
    port = os.environ.get("PORT", "8000")
    try:
        from django.conf import settings

        embedded = settings.EMBEDDED_POSTGRES
        check_port(host, port)
        with alone(), postgres(embedded):
            return run(host, port, prepare())
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except PostgresError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        return 0


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
def postgres(embedded: bool) -> Iterator[None]:
    """The embedded server, if that is the one in use; it stops with the program."""
    if not embedded:
        yield
        return
    server = Server()
    try:
        server.start()
        print(f"PostgreSQL runs; its data is in {server.data}", flush=True)
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        server.stop()
        print("PostgreSQL stopped.", flush=True)


def prepare() -> str:
    """Migrate, add sample data or collect static files, and return what to say about logging in."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command, get_commands
    from django.db import OperationalError, connection, connections

    print(f"Afterdesk {VERSION}: preparing the database …", flush=True)
    login = "Make a first user: .venv/bin/python manage.py createsuperuser"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATE_LOCK])
            call_command("migrate", interactive=False, verbosity=0)
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATE_LOCK])
    except OperationalError:
        from config.database import why_unreachable

        reason = why_unreachable()
        if reason is None:
            raise
        sys.exit(reason)
    if settings.PRODUCTION:
        call_command("collectstatic", interactive=False, verbosity=0)
    elif "seed_demo" in get_commands():
        said = io.StringIO()
        call_command("seed_demo", stdout=said)
        login = said.getvalue().strip()
    connections.close_all()
    return login


def ready_message(address: str, login: str) -> str:
    with translation.override(terminal_language()):
        ready = _("Afterdesk is ready: %s") % address
        return "\n".join([ready, login, _("Ctrl-C stops it.")])


def run(host: str, port: str, login: str) -> int:
    """Run the group until it stops, and return the exit status."""
    shown = f"[{host}]" if ":" in host else host
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "BIND": f"{shown}:{port}",
        "READY_MESSAGE": ready_message(f"http://{shown}:{port}/", login),
    }
    group = Group(BASE_DIR)
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]
    group.add("web", gunicorn, environment)
    for cluster, seconds in BEATS_WITHIN.items():
        group.add(
            cluster,
            [sys.executable, "manage.py", "qcluster"],
            {**environment, "Q_CLUSTER_NAME": cluster},
            beats_within=int(seconds / EVERY_SECONDS),
        )
    group.add("watch", [sys.executable, "manage.py", "watch"], environment)
    status = group.run()
    if status is None:
        return 0
    print("One of the programs ended by itself, so all were stopped.", file=sys.stderr)
    return status if status > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
