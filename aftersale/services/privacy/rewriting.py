"""Replacing a buyer's number wherever it stands in texts and JSON (SPEC P7)."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode

from aftersale.domain.digits import whole_number
from aftersale.domain.multilingual import MultilingualText

from .words import without_words_of

# A number of fewer digits can't be told from amounts, days and counts: it is replaced where it
# stands by itself, not within a text.
_FEWEST_DIGITS = 5


class Rewriting:
    """Puts the stand-in in place of the number: in a text only where it is not part of a longer
    word, so that b-77 leaves b-778 and ab-77 alone."""

    def __init__(self, buyer: str, stand_in: str) -> None:
        self.buyer, self.stand_in = buyer, stand_in
        letter = r"[0-9A-Za-z_]" if buyer.isascii() else r"\w"
        self._found = re.compile(
            rf"(?<!{letter})(?<!{letter}-){re.escape(buyer)}(?!{letter})(?!-{letter})"
        )
        self._only_whole = len(buyer) < _FEWEST_DIGITS and whole_number(buyer) is not None

    @property
    def needles(self) -> set[str]:
        """The forms in which the number may be stored: as it is, in JSON, in an address."""
        in_json = json.dumps(self.buyer, ensure_ascii=False)[1:-1]
        escaped = json.dumps(self.buyer)[1:-1]
        in_address = {quote(self.buyer), quote(self.buyer, safe=""), quote_plus(self.buyer)}
        return {self.buyer, in_json, escaped, *in_address}

    def __call__(self, value: Any) -> Any:
        match value:
            case MultilingualText():
                return MultilingualText({code: self(text) for code, text in value.texts.items()})
            case str():
                return self._text(value)
            case bytes() | bytearray() | memoryview():
                return self._answer(bytes(value))
            case Mapping():
                return {name: self(one) for name, one in value.items()}
            case list() | tuple():
                return [self(one) for one in value]
        return value

    def query(self, text: str) -> str:
        """The query of an address, whose values are compared as they are read."""
        pairs = parse_qsl(text, keep_blank_values=True)
        return urlencode([(name, self._text(value)) for name, value in pairs])

    def address(self, text: str) -> str:
        """A path, part by part."""
        return "/".join(
            quote(self._text(unquote(part)), safe="") if unquote(part) == self.buyer else part
            for part in text.split("/")
        )

    def _text(self, text: str) -> str:
        if text == self.buyer:
            return self.stand_in
        return text if self._only_whole else self._found.sub(lambda _found: self.stand_in, text)

    def _answer(self, content: bytes) -> bytes:
        """A kept answer of the API, which is JSON: without the number and the buyer's own words."""
        try:
            read = json.loads(content)
        except ValueError:
            return content
        written = self(without_words_of(self.buyer, read))
        if written == read:
            return content
        return json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()
