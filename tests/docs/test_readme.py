"""README.md and README.zh-CN.md: the same commands in both, and their example runs as it stands."""

import re
import shlex
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from aftersale.models import Refund, Ticket
from tests.docs.citations import ROOT

READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
_MANAGE = re.compile(r"^\.venv/bin/python manage\.py (.*)$", re.MULTILINE)


def mentioned(path: Path) -> dict[str, set[str]]:
    """Commands, settings and pages that a README names."""
    text = path.read_text()
    return {
        "commands": set(re.findall(r"(?:manage\.py |`)([a-z_]+)(?= [A-Z文店]|`)", text)),
        "make": set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)),
        "options": set(re.findall(r"--[a-z-]+", text)),
        "settings": set(re.findall(r"`([A-Z][A-Z_]{3,})", text)),
        "pages": set(re.findall(r"\]\((?!README|docs/images)([^)]+)\)", text)),
        "folders": set(re.findall(r"^\| `([\w./]+/)`", text, re.MULTILINE)),
    }


def test_both_readmes_name_the_same() -> None:
    english, chinese = map(mentioned, READMES)
    assert english["commands"] >= {"ingest", "enable", "evaluate", "simulate"}
    chinese["pages"].discard("docs/glossary.md")  # for readers of Chinese
    assert english == chinese


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_example_runs(
    readme: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = readme.read_text()
    shop, tickets = re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "shop.ndjson").write_text(shop)
    (tmp_path / "tickets.ndjson").write_text(tickets)
    monkeypatch.chdir(tmp_path)
    User.objects.create_superuser("demo")

    commands = [shlex.split(line) for line in _MANAGE.findall(text)]
    assert [command[0] for command in commands] == ["ingest", "enable", "ingest", "evaluate"]
    for command in commands:
        call_command(*command)

    assert "decided 1" in capsys.readouterr().out
    ticket = Ticket.objects.get(ticket_no="AS1")
    refund = Refund.objects.get(ticket=ticket)
    assert (ticket.status, refund.amount, refund.source) == ("refunding", 59_90, "strategy")
