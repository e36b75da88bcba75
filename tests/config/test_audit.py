"""`make audit` names a known vulnerability, and calls nothing sound that it did not look at."""

import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

ADVISORY = """
id: PYSEC-0000-1
modified: 2023-10-25T18:28:34.811764Z
{more}
affected:
- package:
    ecosystem: PyPI
    name: parcel.tools
  ranges:
  - type: GIT
    events:
    - introduced: "0"
  - type: ECOSYSTEM
    events:
    - introduced: 2.0.0
    - fixed: 2.0.7
    - introduced: "0"
    - fixed: 1.26.18
  versions:
  - 2.0.5
"""


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Of a folder with one pinned package."""
    spec = importlib.util.spec_from_file_location("audit", settings.BASE_DIR / ".ci" / "audit.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ADVISORIES", raising=False)
    pinned("2.0.5")
    return module


def pinned(version: str) -> None:
    text = f"# pins\nParcel_Tools=={version} \\\n    --hash=sha256:{'0' * 64}\n"
    Path("constraints.txt").write_text(text, encoding="utf-8")


def advisories(monkeypatch: pytest.MonkeyPatch, more: str = "") -> None:
    folder = Path("advisories/vulns/parcel-tools")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "PYSEC-0000-1.yaml").write_text(ADVISORY.format(more=more), encoding="utf-8")
    monkeypatch.setenv("ADVISORIES", "advisories")


@pytest.mark.parametrize(
    ("version", "mended"),
    [
        ("1.26.17", "1.26.18, 2.0.7"),
        ("2.0.0", "2.0.7"),
        ("2.0.5", "2.0.7"),
        ("2.0.7rc1", "2.0.7"),
        ("1.26.18", ""),
        ("2.0.7", ""),
        ("3.0", ""),
    ],
)
def test_a_vulnerable_version_is_named_without_network(
    version: str,
    mended: str,
    audit: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    advisories(monkeypatch)
    monkeypatch.setattr(subprocess, "run", None)
    pinned(version)
    assert audit.main() == (1 if mended else 0)
    *told, end = capsys.readouterr().out.splitlines()
    assert told == [f"parcel-tools {version}: PYSEC-0000-1, mended in {mended}"] * bool(mended)
    assert end == "1 packages audited; the newest advisory on one of them is of 2023-10-25."


def test_an_advisory_that_was_withdrawn_counts_no_more(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    advisories(monkeypatch, more="withdrawn: 2023-11-01T00:00:00Z")
    assert audit.main() == 0


def test_a_folder_without_advisories_is_a_mistake(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ADVISORIES", "elsewhere")
    assert audit.main() == 2
    assert capsys.readouterr().out.startswith("Not audited: elsewhere/vulns is no folder")


VULNERABLE = {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
SOUND = {"name": "b", "version": "1", "vulns": []}
UNKNOWN = {"name": "c", "skip_reason": "not found on PyPI"}


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        ([VULNERABLE, SOUND], 1, ["a 1: PYSEC-1, mended in 2", "2 packages audited."]),
        ([SOUND], 0, ["1 packages audited."]),
        ([SOUND, UNKNOWN], 0, ["1 packages audited.", "NOT audited, unknown to PyPI: c"]),
        # Out of reach, or a mirror that has the packages without what is known of them.
        ([UNKNOWN, UNKNOWN], 0, ["Not audited: PyPI"]),
        (None, 0, ["Not audited: PyPI"]),
    ],
)
def test_packages_of_which_nothing_is_known_are_not_called_audited(
    answer: Any,
    status: int,
    told: list[str],
    audit: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = "" if answer is None else json.dumps({"dependencies": answer})
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_more: SimpleNamespace(stdout=out))
    assert audit.main() == status
    lines = capsys.readouterr().out.splitlines()
    assert [line[: len(start)] for line, start in zip(lines, told, strict=False)] == told
    assert ("packages audited" in " ".join(lines)) == (told[-1] != "Not audited: PyPI")
