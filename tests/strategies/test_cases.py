"""The decision cases: data files worked out from SPEC by a separate reading of the rules."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from strategies.services.simulation import read, simulate
from tests.each import each

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted((ROOT / "tests" / "cases").glob("*.json"))


def run_command(*arguments, text=b""):
    """The real command in a process of its own, with a database that cannot be reached."""
    return subprocess.run(
        [sys.executable, "manage.py", "simulate", *map(str, arguments)],
        cwd=ROOT,
        input=text,
        capture_output=True,
        env={**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
        check=False,
    )


def test_the_cases_are_here():
    assert len(CASES) == 80


@each("path", CASES)
def test_case(path):
    case = json.loads(path.read_bytes())
    lines, errors = simulate(read(json.dumps(case["input"]).encode()))
    assert errors == []
    assert lines == case["expected"]


def test_case_through_the_command(tmp_path):
    case = json.loads(CASES[-1].read_bytes())
    file = tmp_path / "input.json"
    file.write_text(json.dumps(case["input"]))
    done = run_command(file)
    assert (done.returncode, [json.loads(line) for line in done.stdout.splitlines()]) == (
        0,
        case["expected"],
    )
    assert list(json.loads(done.stdout.splitlines()[0])) == [
        "ticket_no",
        "outcome",
        "source",
        "scenario",
        "strategy",
        "trace",
    ]


def test_wrong_records_are_named_and_the_rest_is_decided():
    case = json.loads(CASES[0].read_bytes())["input"]
    case["tickets"][0]["amount"] = "1.234"
    done = run_command("-", text=json.dumps(case).encode())
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == len(case["tickets"]) - 1
    number = case["tickets"][0]["ticket_no"]
    assert f"{number}: amount: " in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b"nul"])
def test_a_file_that_is_no_simulation_gets_a_sentence(text, tmp_path):
    from django.core.management import CommandError, call_command

    file = tmp_path / "input.json"
    file.write_bytes(text)
    with pytest.raises(CommandError):
        call_command("simulate", str(file))


def test_a_missing_file_gets_a_sentence():
    done = run_command("no-such-file.json")
    assert done.returncode == 1
    assert b"no-such-file.json" in done.stderr
    assert b"Traceback" not in done.stderr
