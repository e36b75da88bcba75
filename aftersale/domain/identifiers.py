"""Identifiers, read alike through every door (SPEC O9): files, API, connectors, sheets, search.

Numbers and codes of orders, tickets, buyers, products, categories, parcels, entries and shops, and
the names of strategies. Two that look the same on a screen are the same: "b-1", "b-1 " and "b-1"
with a zero-width space name one buyer.
"""

import unicodedata

# Invisible although Unicode files them under letters, marks or symbols: fillers, joiners and
# selectors (Default_Ignorable_Code_Point), and the blank Braille pattern.
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Zs", "Zl", "Zp"))
_CUT_IN_MESSAGES = 64


def clean_identifier(text: str) -> str:
    """NFC, without control and invisible format characters, then without outer blanks.

    Cleaning twice changes nothing more. "" where nothing is left: the caller refuses that.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cf"))
    return unicodedata.normalize("NFC", kept).strip()


def is_visible(text: str) -> bool:
    """Whether a text that people must give has something that can be seen (SPEC O9)."""
    return any(
        unicodedata.category(letter) not in _UNSEEN and letter not in _BLANK_LETTERS
        for letter in text
    )


def show_invisible(text: str) -> str:
    """A given text as part of a message: on one line, shortened, each invisible character named.

    "b-1" with a zero-width space is shown as "b-1<U+200B>".
    """
    return "".join(
        letter
        if letter.isprintable() and letter not in _BLANK_LETTERS
        else f"<U+{ord(letter):04X}>"
        for letter in text[:_CUT_IN_MESSAGES]
    )
