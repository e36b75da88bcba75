"""Files, modules, names and commands that the docs name exist."""

import re
import tomllib
from pathlib import Path

from django.core.management import get_commands

from tests.docs.citations import DOCS, OTHERS_FILES, ROOT
from tests.each import each

_FOLDERS = "aftersale|config|deploy|docs|monitoring|strategies|templates|tests"
_FILE = re.compile(rf"(?<![\w./-])(?:\.\./)*((?:{_FOLDERS}|\.ci)/[\w./-]*)(?:: ?(\w+))?")
_MODULE = re.compile(r"`((?:aftersale|config|monitoring|strategies)(?:\.\w+)+)`")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[\w-]*)?\)")
_COMMAND = re.compile(r"manage\.py ([a-z_]+)")


def pages() -> list[Path]:
    found = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
    return [path for path in found if OTHERS_FILES not in path.parents]


def missing_names(text: str) -> list[str]:
    """Every file, module or name in `text` that does not exist."""
    missing = []
    for name, inside in _FILE.findall(text):
        path = ROOT / name.rstrip(".")
        if not path.exists() or (inside and path.is_file() and inside not in path.read_text()):
            missing.append(f"{name}: {inside}" if inside else name)
    for dotted in _MODULE.findall(text):
        if not _module_exists(dotted):
            missing.append(dotted)
    return missing


def _module_exists(dotted: str) -> bool:
    """Whether a dotted name is a module, or a name that stands in the text of one."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        base = ROOT.joinpath(*parts[:count])
        for path in (base / "__init__.py", base.with_suffix(".py")):
            if path.is_file():
                text = path.read_text()
                return all(re.search(rf"\b{name}\b", text) for name in parts[count:])
    return False


@each("path", pages())
def test_names_on_a_page_exist(path: Path) -> None:
    assert missing_names(path.read_text()) == []


@each("path", pages())
def test_links_of_a_page_lead_somewhere(path: Path) -> None:
    links = [link for link in _LINK.findall(path.read_text()) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_index_lists_every_page() -> None:
    index = (DOCS / "README.md").read_text()
    listed = {(DOCS / link).resolve() for link in _LINK.findall(index) if "://" not in link}
    assert {*DOCS.rglob("*.md")} - listed == {DOCS / "README.md"}


def test_architecture_lists_every_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    names = [contract["name"] for contract in contracts["contracts"]]
    told = re.findall(r"^\| ([^|]+?) \| ", _section("architecture.md", "Imports"), re.MULTILINE)
    assert sorted(told) == sorted(["contract", *names])


def _section(page: str, heading: str) -> str:
    return (DOCS / page).read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_names_beside_files_to_touch_are_in_those_files() -> None:
    """CONTRIBUTING's tables: a name in the right column stands in a file of the left one."""
    checked = []
    for files, told in re.findall(
        r"^\| (`[^|]*/[^|]*) \| (.*) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE
    ):
        paths = [ROOT / name for name in re.findall(r"`([\w./-]+)`", files)]
        text = "".join(path.read_text() for path in paths if path.is_file())
        for name in re.findall(r"`([A-Za-z_]{3,})`", told):
            assert name in text, (files, name)
            checked.append(name)
    assert {"PLATFORMS", "AlertKind", "STEPS", "CALLS"} <= set(checked)


def test_commands_on_pages_exist() -> None:
    known = {*get_commands(), "help"}
    named = {
        command
        for path in pages()
        if path != DOCS / "interfaces.md"
        for command in _COMMAND.findall(path.read_text())
    }
    assert {"ingest", "evaluate", "audit_money"} <= named
    assert named - known == set()


@each(
    "text",
    [
        "`aftersale/services/locks.py`",
        "`config/nowhere.md`",
        "see tests/concurrency/test_nothing.py.",
        "`strategies/services/lanes.py: held_lane_of_nobody`",
        "`aftersale.said`",
        "`aftersale.tasks.pay_nobody`",
    ],
)
def test_a_missing_name_is_found(text: str) -> None:
    assert missing_names(text) != []


def test_names_that_exist_are_not() -> None:
    text = (
        "`strategies/services/lanes.py: hold_lane`, `aftersale.tasks.pay`, tests/cases/, "
        "`strategies.engine.decide`, `aftersale/tasks.py`"
    )
    assert missing_names(text) == []
