"""The catalogues of translations: do they say everything, and nothing that nobody asks for?

`python -m config.translations` names what is missing, unused, empty, fuzzy or has other
placeholders than its original, and exits 1 if anything is. `… update` brings the catalogues' list
of texts up to date and leaves the translating to people; `… compile` makes the files that Django
reads, where they are older. Babel reads templates through Django's
own `templatize`, so none of this needs GNU gettext.
"""

import importlib.util
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

BASE_DIR = Path(__file__).resolve().parent.parent
CATALOGUE = "zh_Hans/LC_MESSAGES/django.po"
KEYWORDS: dict[str, tuple | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDERS = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")
EXTENSIONS = {".py", ".html", ".txt"}

Key = tuple[str, str | None]
"""The original (its singular) and its context."""


@dataclass(frozen=True)
class Source:
    """A catalogue, and the folders whose texts it must hold."""

    catalogue: Path
    folders: tuple[Path, ...]
    less: Path | None = None
    """A catalogue of the package's own: what it translates already is not wanted again."""


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


def texts(folder: Path) -> Iterator[tuple[Key, str | tuple[str, ...]]]:
    """Every translatable text in the Python code and the templates under a folder."""
    from django.utils.translation.template import templatize

    for path in sorted(folder.rglob("*")):
        if path.suffix not in EXTENSIONS or "migrations" in path.parts:
            continue
        code = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # What comes out is not indented as Python is.
            code = "\n".join(line.strip() for line in templatize(code).splitlines())
        lines = io.BytesIO(code.encode())
        for _, text, _, context in extract("python", lines, KEYWORDS):
            text = tuple(text) if isinstance(text, tuple | list) else text
            yield (text[0] if isinstance(text, tuple) else text, context), text


def wanted(source: Source) -> dict[Key, str | tuple[str, ...]]:
    found = {key: text for folder in source.folders for key, text in texts(folder) if key[0]}
    if source.less:
        own = read(source.less)
        found = {key: text for key, text in found.items() if not is_translated(own.get(*key))}
    return found


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def is_translated(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings)


def problems() -> list[str]:
    """Everything that is wrong with the catalogues, a line each."""
    found: list[str] = []
    by_catalogue: dict[Path, dict[Key, str | tuple[str, ...]]] = {}
    for source in sources():
        by_catalogue.setdefault(source.catalogue, {}).update(wanted(source))
    for path, expected in by_catalogue.items():
        catalogue = read(path)
        name = path.relative_to(BASE_DIR)
        found += [f"{name}: obsolete: {entry!r}" for entry in catalogue.obsolete]
        for key in expected:
            message = catalogue.get(*key)
            if not is_translated(message):
                found.append(f"{name}: not translated: {key[0]!r}")
            elif message and not same_placeholders(message):
                found.append(f"{name}: other placeholders: {key[0]!r}")
        found += [
            f"{name}: unused: {key[0]!r}" for key in entries(catalogue) if key not in expected
        ]
    return found


def entries(catalogue: Catalog) -> Iterator[Key]:
    for message in catalogue:
        if message.id:
            singular = message.id[0] if isinstance(message.id, tuple | list) else message.id
            yield singular, message.context


def same_placeholders(message: Message) -> bool:
    original = message.id[-1] if isinstance(message.id, tuple | list) else message.id
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(
        sorted(PLACEHOLDERS.findall(str(text))) == sorted(PLACEHOLDERS.findall(original))
        for text in strings
    )


def update() -> None:
    """Add what is missing, without a translation, and take out what is not used any more."""
    by_catalogue: dict[Path, dict[Key, str | tuple[str, ...]]] = {}
    for source in sources():
        by_catalogue.setdefault(source.catalogue, {}).update(wanted(source))
    for path, expected in by_catalogue.items():
        old = read(path)
        new = Catalog(locale="zh_Hans", project="Afterdesk", fuzzy=False)
        for key, text in expected.items():
            known = old.get(*key)
            flags = known.flags if known else ()
            new.add(text, known.string if known else "", flags=flags, context=key[1])
        lines = io.BytesIO()
        write_po(lines, new, width=100, omit_header=True, sort_output=True)
        path.write_bytes(HEADER + lines.getvalue())


def compile_all() -> None:
    for path in sorted({source.catalogue for source in sources()}):
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime <= path.stat().st_mtime:
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
