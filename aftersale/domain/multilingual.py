"""Texts that the program writes into rows: kept in every language, read in the reader's.

A worker writes what an English agent and a Chinese owner read, so each text is stored with all its
translations. What people and platforms write is stored as it came.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, override

# No text that is typed begins with it: what follows is JSON, a text for each language.
_MARK = "\x1e"


class MultilingualText(str):
    """A text in the active language, with `texts` in all languages; `%` and `joined` keep them."""

    texts: Mapping[str, str]

    def __new__(cls, texts: Mapping[str, str]) -> Self:
        made = super().__new__(cls, texts[_language()])
        made.texts = texts
        return made

    def __getnewargs__(self) -> tuple[Mapping[str, str]]:  # type: ignore[override]
        return (self.texts,)

    def __mod__(self, values: Any) -> "MultilingualText":
        return MultilingualText(
            {code: text % _in(code, values) for code, text in self.texts.items()}
        )

    def __add__(self, other: Any) -> "MultilingualText":
        return MultilingualText(
            {code: text + _in(code, other) for code, text in self.texts.items()}
        )

    def __getitem__(self, place: Any) -> "MultilingualText":
        return MultilingualText({code: text[place] for code, text in self.texts.items()})

    def __str__(self) -> "MultilingualText":
        return self

    def strip(self, letters: str | None = None) -> "MultilingualText":
        return MultilingualText({code: text.strip(letters) for code, text in self.texts.items()})


def said(message: str | Promise) -> MultilingualText:
    """A message, or a label, in every language: for texts that are stored."""
    meant = message if isinstance(message, Promise) else gettext_lazy(message)
    return MultilingualText({code: _in(code, meant) for code in _codes()})


def in_each_language(write: Callable[[], str]) -> str:
    """The text of a function that writes it in the active language."""
    texts = {}
    for code in _codes():
        with override(code):
            texts[code] = str(write())
    return MultilingualText(texts)


def joined(separator: str | Promise, texts: Iterable[str | Promise]) -> str:
    """As str.join; punctuation.py has separators for each language."""
    found = list(texts)
    return MultilingualText(
        {code: _in(code, separator).join(_in(code, text) for text in found) for code in _codes()}
    )


def written(text: str) -> str:
    """The form that is stored."""
    if not isinstance(text, MultilingualText):
        return text
    one, *others = set(text.texts.values())
    return _MARK + json.dumps(text.texts, ensure_ascii=False) if others else one


def read(stored: str) -> str:
    """A stored text in the active language, or in another one if that is missing."""
    if not stored.startswith(_MARK):
        return stored
    try:
        texts = json.loads(stored[1:])
        first = next(iter(texts.values()))
        return MultilingualText({code: str(texts.get(code, first)) for code in _codes()})
    except (ValueError, AttributeError, StopIteration):
        return stored  # somebody typed the mark


class SaidField(models.TextField):
    """A text that may be in every language."""

    def get_prep_value(self, value: Any) -> Any:
        return (
            written(value) if isinstance(value, MultilingualText) else super().get_prep_value(value)
        )

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> str | None:
        return None if value is None else read(value)


def _codes() -> list[str]:
    return [code for code, _name in settings.LANGUAGES]


def _language() -> str:
    active, codes = get_language() or settings.LANGUAGE_CODE, _codes()
    return active if active in codes else settings.LANGUAGE_CODE


def _in(code: str, value: Any) -> Any:
    """The value in that language, its parts included."""
    match value:
        case MultilingualText():
            return value.texts[code]
        case Promise():
            with override(code):
                return str(value)
        case tuple():
            return tuple(_in(code, one) for one in value)
        case Mapping():
            return {name: _in(code, one) for name, one in value.items()}
    return value
