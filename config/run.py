"""`make run`: prepare the database, then run web server and task clusters until one is stopped.

All of them stop together: on Ctrl-C or SIGTERM with exit status 0, and with another one when one
of them ended by itself, so that a supervisor starts the whole group again.
"""

import fcntl
import io
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import honcho.manager
import honcho.process
from django.core.exceptions import ImproperlyConfigured

from config.postgres import BASE_DIR, PostgresError, Server

# A cluster finishes the tasks at hand first, each of which may take 60 s.
honcho.manager.KILL_WAIT = 70
ASK_AGAIN = 2
"""Seconds after which a program is asked again to stop: a cluster loses a SIGTERM that comes at the
moment in which it starts its first process."""
STOPPED_BY_SIGNAL = (130, 143)
MIGRATE_LOCK = 7_306_001
"""Number of the advisory lock that lets one of several machines migrate at a time."""


class Program(honcho.process.Popen):
    """A program of the group; what its main process leaves behind when it dies is ended too.

    Honcho takes a program for running as long as somebody holds its output open, so the orphaned
    workers of a cluster that was killed would hide its death.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        parent = os.getppid()
        while self.poll() is None and os.getppid() == parent:
            time.sleep(0.2)
        # `config.run` itself was killed: nobody else is left to stop it
        give_up = time.monotonic() + honcho.manager.KILL_WAIT
        while self.poll() is None and time.monotonic() < give_up:
            self.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.wait(ASK_AGAIN)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


class Process(honcho.process.Process):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._child_ctor = Program


class Group(honcho.manager.Manager):
    """Honcho's manager, but asking only each main process to stop: it stops its own children.

    Honcho would signal all of them at once, which ends workers in the middle of a task.
    """

    def __init__(self) -> None:
        super().__init__()
        self._process_ctor = Process

    def _killall(self, force: bool = False) -> None:
        if force:
            super()._killall(force=True)
            return
        threading.Thread(target=self._ask_until_stopped, daemon=True).start()

    def _ask_until_stopped(self) -> None:
        while not self._all_stopped():
            for process in self._processes.values():
                if "pid" in process and "returncode" not in process:
                    with suppress(ProcessLookupError):
                        os.kill(process["pid"], signal.SIGTERM)
            time.sleep(ASK_AGAIN)


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
    """Refuse a second start from the same folder: the first to stop would stop its database."""
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

    print("Preparing the database …", flush=True)
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


def run(host: str, port: str, login: str) -> int:
    """Run the group until it stops, and return the exit status."""
    shown = f"[{host}]" if ":" in host else host
    environment: dict[str, Any] = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "BIND": f"{shown}:{port}",
        "READY_MESSAGE": f"Afterdesk is ready: http://{shown}:{port}/\n{login}\nCtrl-C stops it.",
    }
    python = shlex.quote(sys.executable)
    group = Group()
    # `exec`: the signals are for the program, not for a shell in front of it.
    web = f"exec {python} -m gunicorn -c python:config.gunicorn config.wsgi"
    group.add_process("web", web, env=environment, cwd=str(BASE_DIR))
    for cluster in ("decide", "pay", "slow", "pull", "tell"):
        group.add_process(
            cluster,
            f"exec {python} manage.py qcluster",
            env={**environment, "Q_CLUSTER_NAME": cluster},
            cwd=str(BASE_DIR),
        )
    group.loop()
    if group.returncode in STOPPED_BY_SIGNAL:
        return 0
    print("One of the programs ended by itself, so all were stopped.", file=sys.stderr)
    return group.returncode if group.returncode and group.returncode > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
