"""Finds citations of rules, pages and sections, and says which of them exist nowhere.

A citation is written `SPEC E5`, `SPEC section 4`, `SPEC promise 1`, `INTERFACES, Records`,
`PLATFORMS b4`, `PERFORMANCE, Lists`, `ARCHITECTURE idea 3`, `docs/adr/0004` or `docs/locking.md`.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# Their facts come from other projects, whose files they name.
OTHERS_FILES = DOCS / "platforms"

PAGES = {
    "SPEC": DOCS / "spec.md",
    "INTERFACES": DOCS / "interfaces.md",
    "PLATFORMS": DOCS / "platforms.md",
    "PERFORMANCE": DOCS / "performance.md",
    "ARCHITECTURE": DOCS / "architecture.md",
}

_FOLDERS = ("aftersale", "config", "docs", "monitoring", "strategies", "templates", "tests", ".ci")
_SUFFIXES = {".py", ".md", ".html", ".txt", ".css", ".js", ".sql"}

_LINE_END = re.compile(r"\s*\n[ \t]*(?:#:?|//|\*|--)?[ \t]*")
_RULE = r"[A-Z]\d{1,2}"
_NUMBERS = r"\d+(?:(?:, | and | to )\d+)*"
_PART = rf"(?:{_RULE}|sections? {_NUMBERS}|promises? {_NUMBERS})"
_SPEC = re.compile(rf"\bSPEC((?:(?:, |; | | and | or | to |-)?(?:and )?{_PART})+)")
_SPEC_MALFORMED = re.compile(r"\bSPEC (\d\S*)")
_PLATFORMS = re.compile(r"\bPLATFORMS ((?:[a-z]\d+)(?:(?:, | and | to )[a-z]\d+)*)")
_IDEA = re.compile(r"\bARCHITECTURE ideas? (\d+)")
_SECTION = re.compile(r"\b(INTERFACES|PERFORMANCE|ARCHITECTURE), ([^)\"]{1,60})")
_OLD_NAME = re.compile(rf"\b(?:{'|'.join(PAGES)})\.md\b")
_ADR = re.compile(r"\badr/(\d{4})")
_PAGE = re.compile(r"\bdocs/[\w./-]*\.md\b")
_ISSUE = re.compile(r"\bissues? (?:points? )?#?\d+|[(]issue\b", re.IGNORECASE)


def files() -> Iterator[Path]:
    for folder in _FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file():
                yield path
    for path in sorted(ROOT.iterdir()):
        if path.suffix in {*_SUFFIXES, ".toml"} or path.name in {"Makefile", ".env.example"}:
            yield path


@cache
def headings(page: str) -> frozenset[str]:
    found = re.findall(r"^#+ (.+)$", PAGES[page].read_text(), re.MULTILINE)
    return frozenset(part.lower() for heading in found for part in [heading, *heading.split(", ")])


@cache
def rules() -> frozenset[str]:
    """Rules by number, sections and promises of the SPEC."""
    text = PAGES["SPEC"].read_text()
    return frozenset(
        [
            *re.findall(rf"^({_RULE})\. ", text, re.MULTILINE),
            *(f"section {number}" for number in re.findall(r"^## (\d+)\. ", text, re.MULTILINE)),
            *(f"promise {number}" for number in re.findall(r"^(\d)\. ", text, re.MULTILINE)),
        ]
    )


@cache
def platform_sections() -> frozenset[str]:
    return frozenset(
        re.findall(r"^### ([a-z]\d+)\. ", PAGES["PLATFORMS"].read_text(), re.MULTILINE)
    )


def _spec(text: str) -> Iterator[str]:
    for cited in _SPEC.findall(text):
        for part in re.findall(_PART, cited):
            kind, _, numbers = part.partition(" ")
            names = [f"{kind.rstrip('s')} {n}" for n in re.findall(r"\d+", numbers)] or [part]
            yield from (f"SPEC {name}" for name in names if name not in rules())
    for number in _SPEC_MALFORMED.findall(text):
        yield f"SPEC {number} (write: SPEC section {number})"


def _sections(text: str) -> Iterator[str]:
    for cited in _PLATFORMS.findall(text):
        for name in re.findall(r"[a-z]\d+", cited):
            if name not in platform_sections():
                yield f"PLATFORMS {name}"
    for number in _IDEA.findall(text):
        if not any(heading.startswith(f"idea {number}:") for heading in headings("ARCHITECTURE")):
            yield f"ARCHITECTURE idea {number}"
    for page, section in _SECTION.findall(text):
        words = section.replace("`", "").lower()
        if not any(re.match(rf"{re.escape(name)}\b", words) for name in headings(page)):
            yield f"{page}, {section}"


def _pages(text: str) -> Iterator[str]:
    for number in _ADR.findall(text):
        if not list(DOCS.glob(f"adr/{number}-*.md")):
            yield f"adr/{number}"
    for name in _PAGE.findall(text):
        if not (ROOT / name).is_file():
            yield name


def wrong_citations(text: str, *, pages: bool = True) -> list[str]:
    """Every citation in `text` that leads nowhere."""
    text = _LINE_END.sub(" ", text)
    return [
        *_spec(text),
        *_sections(text),
        *(_pages(text) if pages else ()),
        *_OLD_NAME.findall(text),
        *_ISSUE.findall(text),
    ]
