"""Each command of Dockerfile, compose.yaml, systemd units and docs/installing.md, run as it stands.

Without containers, which the machines of the tests cannot start: in a folder, with the environment
that the container or the unit would have, on an embedded PostgreSQL.
"""

import re
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.postgres import Server
from tests.config.conftest import discard

from .files import CADDYFILE, SERVICES, image_command, instructions, on_the_page, started_by
from .programs import (
    HOST,
    RAN,
    Program,
    asked,
    base_environment,
    folder_of,
    free_port,
    run,
    wait_for,
)


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="afterdesk-place-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def server(place: Path) -> Iterator[Server]:
    made = Server(place / "postgres home")
    made.elsewhere = place / "elsewhere"
    made.start()
    yield made
    discard(made)


@pytest.fixture
def environment(server: Server, place: Path) -> dict[str, str]:
    """The containers' of compose.yaml, with another database."""
    given = {"SECRET_KEY": "k3v9-x7Qm" * 7, "DOMAIN": HOST, "POSTGRES_PASSWORD": "none"}
    filled = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda found: given[found[1]], value)
        for name, value in SERVICES["web"]["environment"].items()
    }
    return {
        **base_environment(),
        **filled,
        "DATABASE_URL": server.url(),
        "HOST": "127.0.0.1",
        "MEDIA_ROOT": str(place / "media"),
        "PAST_ROOT": str(place / "past"),
        "WEB_CONCURRENCY": "1",
    }


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    started: list[Program] = []
    yield started
    for program in started:
        program.end()


def build(folder: Path, environment: dict[str, str]) -> None:
    """The image's steps that need no registry and no root."""
    for word, rest in instructions():
        if word == "RUN" and (" manage.py " in rest or "config.translations" in rest):
            done = run([rest], folder, environment, shell=True)
            assert done.returncode == 0, done.stderr
    assert (folder / "static" / "staticfiles.json").exists()


class Asking:
    """A browser that asks through the proxy all the time."""

    def __init__(self, port: int) -> None:
        self.answers: list[int] = []
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        while not self._stop.wait(0.05):
            self.answers.append(asked(self._port, "/healthz"))

    def stop(self) -> list[int]:
        self._stop.set()
        self._thread.join()
        return self.answers


def commands_of_upgrading(place: Path) -> list[str]:
    section = (line for line in on_the_page() if "PGOPTIONS" in line or ".venv/bin/python" in line)
    own = [line for line in section if not line.startswith("docker")]
    return [line.replace("/var/backups/afterdesk", str(place)) for line in own]


def test_an_installation_and_its_upgrade(
    place: Path, environment: dict[str, str], programs: list[Program]
) -> None:
    a, b = folder_of(place, "a"), folder_of(place, "b")
    port_a, port_b, port = free_port(), free_port(), free_port()
    on_a, on_b = ({**environment, "PORT": str(one)} for one in (port_a, port_b))
    health = image_command("HEALTHCHECK")

    silent = run(health, a, on_a)
    assert (silent.returncode, silent.stderr) == (
        1,
        f"The web server on port {port_a} does not answer: ConnectionRefusedError.\n",
    )
    migrated = run(SERVICES["migrate"]["command"], a, on_a)
    assert migrated.returncode == 0, migrated.stderr
    build(a, on_a)

    # Every command of the page that is Python's, in its order: installing, then upgrading.
    for line in commands_of_upgrading(place):
        done = run([line], a, on_a, shell=True)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        if line.endswith("first_operator"):
            assert f"Sign up, within a day: https://{HOST}/" in done.stdout
        if line.endswith("upgrade_plan"):
            assert done.stdout.startswith("No migration is to run")
    assert (place / "before.backup").stat().st_size > 10_000

    # The web server alone: the check names the clusters that do not run.
    web = Program(started_by("afterdesk-web@.service"), a, on_a)
    programs.append(web)
    wait_for(lambda: asked(port_a, "/healthz") == 200, web)
    checked = run(health, a, on_a)
    assert (checked.returncode, checked.stderr) == (
        1,
        "Not ready: decide, pay, slow, pull, tell (docs/operations.md, “Is it healthy?”).\n",
    )
    workers = Program(SERVICES["workers"]["command"], a, on_a)
    programs.append(workers)
    wait_for(lambda: run(health, a, on_a).returncode == 0, web, workers)

    # The proxy tells the program what it sees, whatever a client claims.
    proxied = {
        **base_environment(),
        "HOME": str(place),
        "DOMAIN": f"http://{HOST}:{port}",
        "UPSTREAMS": f"127.0.0.1:{port_a} 127.0.0.1:{port_b}",
    }
    caddy = ["caddy", "run", "--adapter", "caddyfile", "--config", str(CADDYFILE)]
    proxy = Program(caddy, place, proxied)
    programs.append(proxy)
    wait_for(lambda: asked(port, "/healthz") == 200, proxy)
    claims = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "8.8.8.8"}
    assert asked(port_a, "/admin/login/", **claims) == 200, web.said()
    assert asked(port, "/admin/login/", **claims) == 301
    assert asked(port, "/admin/login/", **{"Content-Length": str(116 * 1024**2)}) in (413, 0)

    # The next version takes over: no request goes unanswered.
    build(b, on_b)
    asking = Asking(port)
    new = Program(SERVICES["web"]["command"], b, on_b)
    programs.append(new)
    wait_for(lambda: asked(port_b, "/healthz") == 200, new)
    before = len(asking.answers)
    assert web.stop() == 0
    wait_for(lambda: len(asking.answers) > before + 20, new)
    assert set(asking.stop()) == {200}
    assert workers.stop() == 0
    again = Program(started_by("afterdesk-workers@.service"), b, on_b)
    programs.append(again)
    wait_for(lambda: run(health, b, on_b).returncode == 0, new, again)
    assert [new.stop(), again.stop()] == [0, 0]

    # A night's backup, and the whole group.
    nightly = [
        word.replace("/var/backups/afterdesk", str(place))
        for word in started_by("afterdesk-backup@.service")
    ]
    RAN.add(" ".join(started_by("afterdesk-backup@.service")))
    done = run(nightly, b, on_b)
    assert done.returncode == 0, done.stderr
    assert len(list(place.glob("[1-7].backup"))) == 1
    whole = Program(started_by("afterdesk-all@.service"), b, on_b)
    programs.append(whole)
    wait_for(lambda: "Afterdesk is ready" in whole.said(), whole)
    assert "Nobody is an operator yet" in whole.said()
    assert whole.stop() == 0

    commands = [SERVICES[name]["command"] for name in ("migrate", "web", "workers")]
    commands += [image_command("CMD"), health]
    commands += [
        started_by(f"afterdesk-{name}@.service") for name in ("all", "web", "workers", "backup")
    ]
    assert {" ".join(command) for command in commands} <= RAN
