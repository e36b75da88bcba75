"""Dockerfile, compose.yaml and systemd units fit the program; no secret, no root, no bare limit."""

import re

from config import ready, supervisor
from config.postgres import BASE_DIR
from config.queue import BEATS_WITHIN
from config.web_worker import _HEAD_SECONDS, _MOST_HEAD, MOST_BODY
from tests.each import each

from .files import CADDYFILE, SERVICES, image_command, instructions, on_the_page, started_by, units

WORKERS = ["decide", "pay", "pull", "tell", "slow"]
OURS = ("migrate", "web", "workers")


def test_the_image_runs_as_a_user_without_rights() -> None:
    words = [word for word, _rest in instructions()]
    assert words[-1] == "CMD"
    [user] = [rest for word, rest in instructions() if word == "USER"]
    assert user == "afterdesk"
    # Nothing is run as root after that.
    assert "RUN" not in words[words.index("USER") :]
    bases = [rest for word, rest in instructions() if word == "FROM"]
    assert [base.split()[0] for base in bases] == ["python:3.11-slim"] * 2


def test_the_image_holds_no_secret() -> None:
    kept = [rest for word, rest in instructions() if word in ("ENV", "ARG", "LABEL")]
    assert kept == ['EXTRAS=""', "HOST=0.0.0.0 PORT=8000 PYTHONDONTWRITEBYTECODE=1"]
    left_out = (BASE_DIR / ".dockerignore").read_text().splitlines()
    assert {".env", ".git", "var", "*.key", "*.backup"} <= set(left_out)
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            source = rest.split()[0]
            assert source == "." or list(BASE_DIR.glob(source)), source


def test_packages_are_those_of_make_run() -> None:
    """By the same rule of the Makefile, before anything of the program is there to change them."""
    steps = [rest for _word, rest in instructions()]
    assert steps.index("make .venv/runtime") < steps.index(". .")


def test_the_whole_program_is_started() -> None:
    assert set(WORKERS) == set(BEATS_WITHIN)
    run = [".venv/bin/python", "-m", "config.run"]
    assert SERVICES["web"]["command"] == image_command("CMD") == [*run, "web"]
    assert SERVICES["workers"]["command"] == [*run, *WORKERS]
    assert started_by("afterdesk-web@.service") == [*run, "web"]
    assert started_by("afterdesk-workers@.service") == [*run, *WORKERS]
    assert started_by("afterdesk-all@.service") == run


@each("name", OURS)
def test_a_container_may_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "ports", "cap_add", "user"} & service.keys()


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["proxy"]


def test_nothing_starts_before_the_tables_are_there() -> None:
    assert SERVICES["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    done = {"migrate": {"condition": "service_completed_successfully"}}
    assert SERVICES["web"]["depends_on"] == SERVICES["workers"]["depends_on"] == done
    assert SERVICES["migrate"]["restart"] == "no"


def test_programs_have_the_time_to_stop() -> None:
    assert int(SERVICES["workers"]["stop_grace_period"].rstrip("s")) > supervisor.PATIENCE
    assert int(units()["common.conf"]["TimeoutStopSec"][0]) > supervisor.PATIENCE


def test_settings_that_containers_get_exist() -> None:
    known = (BASE_DIR / ".env.example").read_text()
    for name in SERVICES["web"]["environment"]:
        assert re.search(rf"^# {name}=", known, re.MULTILINE), name


def test_secrets_come_from_the_environment() -> None:
    environment = SERVICES["web"]["environment"]
    assert environment["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]
    assert SERVICES["database"]["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD}"


def test_each_unit_shares_what_it_may_not_do() -> None:
    """A drop-in for all units whose names begin so."""
    assert all(name.startswith("afterdesk-") for name in units() if name != "common.conf")
    shared = units()["common.conf"]
    assert shared["User"] == ["afterdesk"]
    assert shared["NoNewPrivileges"] == ["yes"] and shared["ProtectSystem"] == ["strict"]
    assert shared["CapabilityBoundingSet"] == [""]
    # A unit with Type=oneshot may not be restarted always.
    assert "Restart" not in shared
    for name in ("afterdesk-all@.service", "afterdesk-web@.service", "afterdesk-workers@.service"):
        assert units()[name]["Restart"] == ["always"], name


def test_the_proxys_limits_are_the_web_servers() -> None:
    said = CADDYFILE.read_text()
    assert f"max_size {MOST_BODY // 1024**2}MiB" in said
    assert f"max_header_size {_MOST_HEAD // 1024}KiB" in said
    assert f"read_header {_HEAD_SECONDS}s" in said
    # 20 s, and a second for each 50 kB of the largest body, are 39 minutes.
    assert "read_body 40m" in said and "trusted_proxies {" not in said


@each(
    "name, asked",
    [
        ("desk.example.com", "desk.example.com"),
        (".example.com", "desk.example.com"),
        ("*", "localhost"),
        ("", "localhost"),
        ("a.example.com,b.example.com", "a.example.com"),
    ],
)
def test_the_health_check_asks_under_an_allowed_name(name: str, asked: str) -> None:
    assert ready.name_of(name) == asked


def test_commands_on_the_page_are_known_kinds() -> None:
    """Those with Python are run by test_programs.py; the others belong to the machine."""
    of_the_machine = {
        "docker", "systemctl", "git", "make", "useradd", "install", "echo", "cp", "cat",
    }  # fmt: skip
    kinds = {line.split()[0] for line in on_the_page()}
    assert kinds - of_the_machine == {".venv/bin/python", 'PGOPTIONS="-c'}
