"""Commands at the terminal: their language, and what they say when something is missing."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from aftersale.management.commands.ingest import Command as Ingest
from config.terminal import terminal_language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-hans"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
    ],
)
def test_the_locale_says_which_language(monkeypatch, environment, language):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal_language() == language


@pytest.mark.parametrize(("locale", "said"), [("C", "standard input"), ("zh_CN", "标准输入")])
def test_help_is_in_the_terminals_language(monkeypatch, capsys, locale, said):
    monkeypatch.setenv("LC_ALL", locale)
    with pytest.raises(SystemExit):
        Ingest().run_from_argv(["manage.py", "ingest", "--help"])
    assert said in capsys.readouterr().out


def run(code: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["/bin/sh", "-c", code],
        cwd=settings.BASE_DIR,
        env=os.environ | {"PY": sys.executable, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def test_a_reader_that_leaves_gets_no_traceback(tmp_path):
    tickets = ",".join(
        f'{{"ticket_no": "t{n}", "order_no": "o", "type": "exchange", "amount": "1.00",'
        f' "reason": "other", "applied_at": "2026-03-11T12:00:00+08:00"}}'
        for n in range(3000)
    )
    file = tmp_path / "many.json"
    file.write_text(f'{{"shop": {{"code": "s"}}, "tickets": [{tickets}]}}')
    said = run(f'"$PY" manage.py simulate "{file}" | head -1')
    assert said.stdout.startswith('{"ticket_no": "t0"')
    assert "Traceback" not in said.stderr and "Broken" not in said.stderr


@pytest.mark.django_db
def test_a_database_without_tables_gets_a_sentence():
    """The database `postgres` is on every server, and has none of ours."""
    code = (
        "import django; django.setup(); from django.db import connection;"
        "connection.settings_dict['NAME'] = 'postgres';"
        "import sys; sys.argv = ['manage.py', 'evaluate']; import manage; manage.main()"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert connection.settings_dict["NAME"] != "postgres"
    assert said.returncode == 1
    assert said.stderr.strip() == (
        "The database's tables are not up to date: run `manage.py migrate` first."
    )
