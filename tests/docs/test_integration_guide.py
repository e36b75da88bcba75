"""docs/integration.md: its examples are run as they stand, and answer what it says."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.core.management import call_command

from aftersale.api.problem_codes import ProblemCode
from aftersale.models import Refund, Ticket
from aftersale.services.shared import errors
from tests.api.program import program
from tests.factories import make_shop, make_user

GUIDE = Path(settings.BASE_DIR) / "docs" / "integration.md"
_PART = re.compile(r"^```(\w+)\n(.*?)^```$|^<!-- run: (\w+) -->$", re.MULTILINE | re.DOTALL)


class Part(NamedTuple):
    kind: str
    text: str


def parts() -> Iterator[Part]:
    for kind, text, command in _PART.findall(GUIDE.read_text()):
        yield Part("command", command) if command else Part(kind, text)


def run(part: Part, environment: dict[str, str]) -> str:
    program = ["bash", "-euo", "pipefail"] if part.kind == "sh" else [sys.executable]
    done = subprocess.run(
        [*program, "-c", part.text],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, (part.text, done.stdout, done.stderr)
    return done.stdout


def subset(said: Any, found: Any) -> Any:
    """The part of `found` that the guide mentions."""
    if isinstance(said, dict) and isinstance(found, dict):
        return {key: subset(value, found.get(key)) for key, value in said.items()}
    if isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        return [subset(*pair) for pair in zip(said, found, strict=True)]
    return found


def test_it_lists_every_code_of_an_error() -> None:
    listed = re.findall(r"^\| `(\w+)` \| [\d, ]+ \|", GUIDE.read_text(), re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == set(ProblemCode)
    told = {kind.code for kind in (errors.Refused, *subclasses(errors.Refused))}
    assert told <= set(ProblemCode)


def subclasses(kind: type) -> Iterator[Any]:
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


@pytest.mark.django_db(transaction=True)
def test_its_examples_run_and_answer_as_it_says(live_server: Any) -> None:
    shop = make_shop(code="erp-trial")
    token = program(shop, make_user(shop, "owner")).token
    environment = {"AFTERDESK_URL": live_server.url, "AFTERDESK_TOKEN": token}
    ran, answers, output = 0, 0, ""
    for part in parts():
        if part.kind in ("sh", "python"):
            output = run(part, environment)
            ran += 1
        elif part.kind == "json":
            said = json.loads(part.text)
            assert subset(said, json.loads(output)) == said
            answers += 1
        elif part.kind == "command":
            call_command(part.text, verbosity=0, stdout=io.StringIO())
    assert (ran, answers) == (9, 7)
    assert Ticket.objects.get().status == "refunded"
    assert Refund.objects.get().status == "succeeded"
