"""The files of pinned packages hold what pyproject.toml asks for, each file of it by its hash."""

import re
import tomllib
from functools import cache
from pathlib import Path

from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

AGAIN = "run `make constraints`"


@cache
def _project() -> dict:
    text = (settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]


def _files() -> dict[Path, list[str]]:
    """Each file, with what pyproject.toml wants in it."""
    always = _project()["dependencies"]
    files = {settings.BASE_DIR / "constraints.txt": always}
    for extra, wanted in _project()["optional-dependencies"].items():
        files[settings.BASE_DIR / f"constraints-{extra}.txt"] = always + wanted
    return files


def _pins(file: Path) -> dict[str, str]:
    """Version by package; a line that is neither a pin with its hashes nor a comment fails."""
    pins = {}
    text = file.read_text(encoding="utf-8").replace(" \\\n", " ")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        pin = re.fullmatch(
            r"([\w.-]+)==([\w.]+)( ; [^\\]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+", line
        )
        assert pin, f"{file.name}: {line[:80]} is not pinned with hashes; {AGAIN}"
        pins[canonicalize_name(pin[1])] = pin[2]
    return pins


def test_each_file_has_what_pyproject_asks_for():
    for file, wanted in _files().items():
        pins = _pins(file)
        for text in wanted:
            requirement = Requirement(text)
            version = pins.get(canonicalize_name(requirement.name))
            assert version, f"{file.name} lacks {requirement.name}; {AGAIN}"
            assert requirement.specifier.contains(version), f"{file.name}: {text}; {AGAIN}"


def test_all_files_name_the_same_versions_and_there_are_no_others():
    found = set(settings.BASE_DIR.glob("constraints*.txt"))
    assert found == set(_files())
    always = _pins(settings.BASE_DIR / "constraints.txt")
    for file in found:
        assert always.items() <= _pins(file).items(), f"{file.name}; {AGAIN}"
