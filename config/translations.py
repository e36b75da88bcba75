"""The catalogues of translations: are they complete, and free of unused texts?

`python -m config.translations` names texts that are missing, unused, empty, fuzzy or have other
placeholders than their original, and exits 1 if there are any. `… update` brings the catalogues'
list of texts up to date and leaves the translating to people; `… compile` makes the files that
Django reads, where they are older. Babel's commands extract and update (babel.cfg says where texts
are), so none of this needs GNU gettext.
"""

import importlib.util
import io
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

BASE_DIR = Path(__file__).resolve().parent.parent
MAPPING = BASE_DIR / "babel.cfg"
LOCALE = "zh_Hans"
CATALOGUE = f"{LOCALE}/LC_MESSAGES/django.po"
WIDTH = "100"
KEYWORDS = (
    "_",
    "said",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext:1,2",
    "ngettext_lazy:1,2",
    "pgettext:1c,2",
    "pgettext_lazy:1c,2",
    "npgettext:1c,2,3",
    "npgettext_lazy:1c,2,3",
)
PLACEHOLDERS = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")

Key = tuple[str, str | None]
"""The original (its singular) and its context."""


@dataclass(frozen=True)
class Source:
    """A catalogue, and the folders whose texts it must hold."""

    catalogue: Path
    folders: tuple[Path, ...]
    less: Path | None = None
    """A package's own catalogue: texts that it translates are not wanted here too."""


def sources() -> list[Source]:
    apps = ("config", "aftersale", "strategies", "monitoring", "templates")
    unfold = BASE_DIR / "config" / "locale_unfold" / CATALOGUE
    queue = package("django_q")
    return [
        Source(BASE_DIR / "config" / "locale" / CATALOGUE, tuple(BASE_DIR / app for app in apps)),
        Source(unfold, (package("unfold"),)),
        Source(unfold, (queue,), less=queue / "locale" / CATALOGUE),
    ]


def package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec and spec.origin
    return Path(spec.origin).parent


def babel(*arguments: str | Path) -> None:
    """Run one of Babel's commands; it says nothing but errors."""
    failed = CommandLineInterface().run(["pybabel", "--quiet", *map(str, arguments)])
    if failed:
        raise RuntimeError(f"pybabel {arguments[0]} failed")


def wanted(source: Source) -> Catalog:
    """All texts in the Python code and the templates of the source's folders."""
    keywords = [argument for keyword in KEYWORDS for argument in ("-k", keyword)]
    with tempfile.NamedTemporaryFile(suffix=".pot") as pot:
        babel(
            "extract",
            *("-F", MAPPING, "-o", pot.name, "-w", WIDTH),
            *("--no-location", "--sort-output", "--no-default-keywords", *keywords),
            *source.folders,
        )
        found = read_po(pot)
    if source.less:
        own = read(source.less)
        for text, context in list(keys(found)):
            if is_translated(own.get(text, context)):
                found.delete(text, context)
    return found


def wanted_by_catalogue() -> dict[Path, Catalog]:
    found: dict[Path, Catalog] = {}
    for source in sources():
        texts = wanted(source)
        catalogue = found.setdefault(source.catalogue, Catalog())
        for message in texts:
            if message.id:
                catalogue.add(message.id, flags=message.flags, context=message.context)
    return found


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE)


def is_translated(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings)


def problems() -> list[str]:
    """Everything that is wrong with the catalogues, a line each."""
    found: list[str] = []
    for path, expected in wanted_by_catalogue().items():
        catalogue = read(path)
        name = path.relative_to(BASE_DIR)
        found += [f"{name}: obsolete: {entry!r}" for entry in catalogue.obsolete]
        for text, context in keys(expected):
            message = catalogue.get(text, context)
            if not is_translated(message):
                found.append(f"{name}: not translated: {text!r}")
            elif message and not has_same_placeholders(message):
                found.append(f"{name}: other placeholders: {text!r}")
        unused = [text for text, context in keys(catalogue) if not expected.get(text, context)]
        found += [f"{name}: unused: {text!r}" for text in unused]
    return found


def keys(catalogue: Catalog) -> Iterator[Key]:
    for message in catalogue:
        if message.id:
            singular = message.id[0] if isinstance(message.id, tuple | list) else message.id
            yield singular, message.context


def has_same_placeholders(message: Message) -> bool:
    original = message.id[-1] if isinstance(message.id, tuple | list) else message.id
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(
        sorted(PLACEHOLDERS.findall(str(text))) == sorted(PLACEHOLDERS.findall(original))
        for text in strings
    )


def update() -> None:
    """Add missing texts, without a translation, and take out those not used any more."""
    for path, expected in wanted_by_catalogue().items():
        with tempfile.NamedTemporaryFile(suffix=".pot") as pot:
            write_po(pot, expected, sort_output=True)
            pot.flush()
            babel(
                "update",
                *("-i", pot.name, "-o", path, "-l", LOCALE, "-w", WIDTH),
                *("--omit-header", "--no-fuzzy-matching", "--ignore-obsolete"),
            )
        # Babel's header has dates, which conflict in every merge.
        path.write_bytes(HEADER + path.read_bytes())


def compile_all() -> None:
    for path in sorted({source.catalogue for source in sources()}):
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime <= path.stat().st_mtime:
            # Not by `pybabel compile`: it takes the "% o" in "80% of the cap" for a placeholder.
            lines = io.BytesIO()
            write_mo(lines, read(path))
            compiled.write_bytes(lines.getvalue())


HEADER = rb"""msgid ""
msgstr ""
"Project-Id-Version: Afterdesk\n"
"Language: zh_Hans\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"

"""


if __name__ == "__main__":
    if sys.argv[1:] == ["compile"]:
        compile_all()
        sys.exit()
    if sys.argv[1:] == ["update"]:
        update()
    for problem in (wrong := problems()):
        print(problem)
    print(f"Translations: {len(wrong)} problems." if wrong else "Translations: complete.")
    sys.exit(1 if wrong else 0)
