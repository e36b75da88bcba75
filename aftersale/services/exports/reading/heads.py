"""Heads of columns: compared by what they say, not by how they are written (SPEC O11)."""

import unicodedata
from collections.abc import Iterable, Sequence

_AROUND = " \t\r\n\u3000\ufeff\"'“”‘’="
_UNITS = ("(元)", "(件)")


def normal(head: str) -> str:
    """NFKC, without quotes and blanks around it, in lower case, without its unit."""
    text = unicodedata.normalize("NFKC", head).strip(_AROUND).casefold()
    text = "".join(text.split())
    for unit in _UNITS:
        text = text.removesuffix(unit)
    return text


def normals(heads: Iterable[str]) -> tuple[str, ...]:
    return tuple(normal(head) for head in heads)


def of_row(cells: Sequence[str]) -> list[str]:
    """A row of heads; a second equal one becomes `name.2`, which is never taken by itself."""
    seen: dict[str, int] = {}
    found = []
    for cell in cells:
        name = normal(cell)
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 or not name else f"{name}.{seen[name]}")
    return found
