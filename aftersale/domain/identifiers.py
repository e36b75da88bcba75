"""Identifiers, read alike through every door (SPEC O9): files, API, connectors, sheets, search.

Numbers and codes of orders, tickets, buyers, products, categories, parcels, entries and shops, and
the names of strategies. Two that look the same on a screen are the same: "b-1", "b-1 " and "b-1"
with a zero-width space name one buyer.
"""

import re
import unicodedata
from collections.abc import Iterable

# Invisible although Unicode files them under letters, marks or symbols: fillers, joiners and
# selectors (Default_Ignorable_Code_Point), and the blank Braille pattern.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zs", "Zl", "Zp"))
_CUT_IN_MESSAGES = 64
# Stand-ins in place of buyers' numbers begin so: of a buyer who was erased (SPEC P7), and of one
# whom a back office's file does not name (SPEC O11).
ERASED = "erased-"
UNNAMED = "?"
# Between the entries of a list in one cell or field; an entry with one of these has quotes.
_ENTRY = re.compile(
    r"""[ \t]*"(?P<quoted>(?:[^"]|"")*)"[ \t]*(?=[,，、;；\r\n]|$)|(?P<plain>[^,，、;；\r\n]+)"""
)
_SEPARATOR = re.compile(r"[,，、;；\r\n]")
_NEEDS_QUOTES = re.compile(r'[,，、;；"]')


def clean_identifier(text: str) -> str:
    """NFC, without control and invisible format characters, then without outer blanks.

    Cleaning twice changes nothing more. "" where nothing is left: the caller refuses that.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cf"))
    return unicodedata.normalize("NFC", kept).strip()


def split_identifiers(text: str) -> list[str]:
    """The identifiers of a list that a person typed, each once, in the order given.

    Commas, Chinese commas (，、), semicolons and line breaks all separate. An entry that has one
    of them in its name stands in double quotes, as `join_identifiers` writes it.
    """
    found = (
        match["plain"] if match["quoted"] is None else match["quoted"].replace('""', '"')
        for match in _ENTRY.finditer(text)
    )
    return list(dict.fromkeys(entry for entry in map(clean_identifier, found) if entry))


def has_separator(text: str) -> bool:
    """Whether `split_identifiers` could take a text for several entries."""
    return _SEPARATOR.search(text) is not None


def join_identifiers(identifiers: Iterable[str], *, between: str = "; ") -> str:
    """A list as one text that `split_identifiers` reads back."""
    return between.join(
        '"' + entry.replace('"', '""') + '"' if _NEEDS_QUOTES.search(entry) else entry
        for entry in identifiers
    )


def is_visible(text: str) -> bool:
    """True if a text has a visible character, as required texts must (SPEC O9)."""
    return any(
        unicodedata.category(letter) not in _UNSEEN and letter not in _BLANK_LETTERS
        for letter in text
    )


def show_invisible(text: str) -> str:
    """A given text as part of a message: on one line, cut where it is long, each invisible
    character named.

    "b-1" with a zero-width space is shown as "b-1<U+200B>".
    """
    shown = "".join(map(_named, text[:_CUT_IN_MESSAGES]))
    return shown if len(text) <= _CUT_IN_MESSAGES else f"{shown}…"


def invisible(text: str) -> list[str]:
    """The names of a text's invisible characters, each once."""
    return list(dict.fromkeys(map(_named, filter(_is_invisible, text[:_CUT_IN_MESSAGES]))))


def _named(letter: str) -> str:
    return f"<U+{ord(letter):04X}>" if _is_invisible(letter) else letter


def _is_invisible(letter: str) -> bool:
    return not letter.isprintable() or letter in _BLANK_LETTERS
