"""Settings: a trial needs none, a production start is refused until all of them are there."""

import pytest
from django.conf import settings

from config.database_url import PATIENCE, settings_of
from tests.config.conftest import command

SECRET = "k3v9-x7Qm" * 7
PRODUCTION = {
    "SECRET_KEY": SECRET,
    "DATABASE_URL": "postgresql://desk:secret@127.0.0.1:9/desk",
    "ALLOWED_HOSTS": "desk.example.com",
}


def shown(checkout, names: str, **environment: str) -> str:
    code = f"from config.settings import {names}; print({names})"
    return command(checkout, "-c", code, **environment).stdout.strip()


def test_a_trial_needs_nothing_is_local_and_shows_no_tracebacks(checkout):
    assert shown(checkout, "DEBUG, PRODUCTION, EMBEDDED_POSTGRES, ALLOWED_HOSTS") == (
        "False False True ['localhost', '127.0.0.1', '[::1]']"
    )


@pytest.mark.parametrize("missing", PRODUCTION)
def test_a_production_start_names_what_is_missing(checkout, missing):
    absent = {name: value for name, value in PRODUCTION.items() if name != missing}
    for start, environment in (
        (("manage.py", "migrate"), absent),
        (("-m", "config.run"), {**absent, missing: ""}),
    ):
        refused = command(checkout, *start, **environment)
        assert refused.returncode == 1
        assert refused.stderr.startswith("This is a production start")
        assert f"set {missing} (" in refused.stderr
        assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("key", ["k3v9-" * 6, "a" * 60, settings.SECRET_KEY])
def test_a_production_start_refuses_a_key_that_can_be_guessed(checkout, key):
    refused = command(checkout, "-m", "config.run", **{**PRODUCTION, "SECRET_KEY": key})
    assert (refused.returncode, refused.stderr[:29]) == (1, "SECRET_KEY can be guessed: se")


def test_cookies_of_production_are_this_hosts_alone(checkout):
    names = "SESSION_COOKIE_NAME, CSRF_COOKIE_NAME"
    assert shown(checkout, names, **PRODUCTION) == "__Host-sessionid __Host-csrftoken"


def test_debug_off_alone_is_a_production_start(checkout):
    refused = command(checkout, "manage.py", "check", DEBUG="False")
    assert all(name in refused.stderr for name in PRODUCTION)
    assert shown(checkout, "PRODUCTION", DEBUG="True", **PRODUCTION) == "False"


def test_production_passes_djangos_deployment_checks(checkout):
    checked = command(
        checkout, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION
    )
    assert checked.returncode == 0, checked.stderr


def test_only_postgresql_is_accepted(checkout):
    refused = command(checkout, "manage.py", "check", DEBUG="True", DATABASE_URL="sqlite:///x.db")
    assert refused.returncode == 1
    assert refused.stderr.startswith("DATABASE_URL must name a PostgreSQL database")


def test_a_replica_is_postgresql_too(checkout):
    refused = command(
        checkout, "manage.py", "check", DEBUG="True", REPLICA_URL="mysql://replica/desk"
    )
    assert (refused.returncode, refused.stderr) == (
        1,
        "REPLICA_URL must name a PostgreSQL database (postgresql://…).\n",
    )


def test_commands_say_what_to_do_when_the_database_does_not_run(checkout):
    refused = command(checkout, "manage.py", "migrate")
    assert refused.returncode == 1
    assert "make postgres" in refused.stderr and "make run" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    refused = command(checkout, "manage.py", "migrate", **PRODUCTION)
    assert refused.returncode == 1
    assert refused.stderr.startswith("The database of DATABASE_URL cannot be reached")
    assert "secret" not in refused.stderr and "Traceback" not in refused.stderr


def test_production_logs_are_json_lines_without_the_rows_that_postgresql_quotes(checkout):
    code = """
import django, logging; django.setup()
try:
    raise ValueError("duplicate key\\nDETAIL:  Key (buyer)=(b-77) already exists.")
except ValueError:
    logging.getLogger("strategies").exception("failed")
"""
    environment = {**PRODUCTION, "DJANGO_SETTINGS_MODULE": "config.settings"}
    for given in (environment, {**environment, "DEBUG": "True"}):
        said = command(checkout, "-c", code, **given).stderr
        assert "ValueError" in said and "duplicate key" not in said and "b-77" not in said
        assert said.startswith("{") == (given is environment)


def test_connections_are_kept_and_checked():
    database = settings.DATABASES["default"]
    assert database["CONN_MAX_AGE"] is None
    assert database["CONN_HEALTH_CHECKS"] is True
    assert "pool" not in database.get("OPTIONS", {})


def test_pages_are_in_chinese_with_a_strict_script_policy(client, db, monkeypatch):
    from config import settings as shipped  # the tests' own are in English

    monkeypatch.setattr(settings, "LANGUAGE_CODE", shipped.LANGUAGE_CODE)
    assert client.get("/").headers["Location"] == "/admin/"
    page = client.get("/admin/login/")
    assert "登录" in page.text and "欢迎回到" in page.text
    policy = dict(part.strip().split(" ", 1) for part in page.headers[
        "Content-Security-Policy"].split(";"))  # fmt: skip
    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert policy["default-src"] == "'self'"
    # Unfold's pages alone may evaluate expressions (docs/adr/0015).
    for address in ("/api/v1/docs/", "/api/v1/orders", "/nothing"):
        strict = client.get(address).headers["Content-Security-Policy"]
        assert "script-src 'self';" in strict + ";", address
    assert "Log in" in client.get("/admin/login/", headers={"accept-language": "en"}).text


def test_the_language_can_be_chosen(client, db):
    chosen = client.post("/i18n/setlang/", {"language": "en", "next": "/admin/login/"})
    assert chosen.headers["Location"] == "/admin/login/"
    assert "Log in" in client.get("/admin/login/").text


@pytest.mark.parametrize(
    ("where", "hosts", "ports"),
    [
        ("h1:5432,h2:5433", "h1,h2", "5432,5433"),
        ("h1:5433,h2", "h1,h2", "5433,"),  # libpq's default port for the second
        ("[::1]:5432,h2:5432", "::1,h2", "5432,5432"),
        ("h1", "h1", ""),
    ],
)
def test_the_database_may_have_several_hosts(where: str, hosts: str, ports: str) -> None:
    url = f"postgresql://desk:p%40ss@{where}/name?target_session_attrs=read-write&connect_timeout=2"
    found = settings_of(url)
    assert (found["HOST"], found["PORT"]) == (hosts, ports)
    assert (found["USER"], found["PASSWORD"], found["NAME"]) == ("desk", "p@ss", "name")
    wanted = {"target_session_attrs": "read-write", "connect_timeout": 2}
    assert found["OPTIONS"] == PATIENCE | wanted
