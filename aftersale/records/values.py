"""The values inside records: money, times, texts (INTERFACES, Values).

Shapes are checked by patterns inside pydantic-core; Python runs only for what a pattern cannot
say, because a file may have millions of lines.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from aftersale.domain.identifiers import clean_identifier

MONEY_PATTERN = r"^[0-9]{1,10}(\.[0-9]{1,2})?$"
SIGNED_MONEY_PATTERN = r"^-?[0-9]{1,10}(\.[0-9]{1,2})?$"
# ISO 8601 with an offset, seconds or finer optional. The years are plausible ones for an online
# shop; arithmetic on them never leaves datetime's range.
TIME_PATTERN = (
    r"^(19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}"
    r"(:[0-9]{2}([.,][0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})$"
)
DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
PLATFORM_PATTERN = r"^[a-z0-9_-]{1,32}$"
LINK_PATTERN = r"^https?://[^\x00\s]+$"
LONGEST_LINK = 1000
TIME_OF_DAY_PATTERN = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


@lru_cache(maxsize=65_536)
def fen(yuan: str) -> int:
    """Fen of yuan that match MONEY_PATTERN; what people type is read by `money.parse_yuan`."""
    whole, _, part = yuan.partition(".")
    return int(whole + (part + "00")[:2])


class _Text:
    """A string with a pattern that becomes something else: the pattern fails as `kind`."""

    def __init__(self, kind: str, pattern: str, becomes: Any, json_format: str) -> None:
        self.kind, self.pattern, self.becomes, self.json_format = (
            kind,
            pattern,
            becomes,
            json_format,
        )

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        text = core_schema.str_schema(pattern=self.pattern, strict=True)
        return core_schema.custom_error_schema(
            core_schema.chain_schema([text, self.becomes]),
            custom_error_type=self.kind,
            custom_error_message=self.kind,
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "format": self.json_format, "pattern": self.pattern}


_FEN = core_schema.no_info_plain_validator_function(fen)
Amount = Annotated[int, _Text("money", MONEY_PATTERN, _FEN, "money")]
SignedAmount = Annotated[int, _Text("signed_money", SIGNED_MONEY_PATTERN, _FEN, "money")]
Time = Annotated[
    datetime,
    _Text(
        "time",
        TIME_PATTERN,
        core_schema.datetime_schema(tz_constraint="aware", strict=False),
        "date-time",
    ),
]

NO_NUL = r"^[^\x00]*$"
# Printable ASCII, with blanks inside only.
_CLEAN = r"^[!-~]([ -~]*[!-~])?$"
# Not empty, not blank, no NUL (which PostgreSQL cannot store).
FILLED = r"^[^\x00]*[^\x00\s][^\x00]*$"


def _is_unicode(text: str) -> bool:
    """False for lone surrogates, which Python's json reads and no database text can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Identifier:
    """A number, code or name as SPEC O9 reads it: cleaned, then measured.

    With `optional`, an empty one counts as "no identifier". Nearly all are clean already: a pattern
    inside pydantic-core accepts those, and Python cleans the others.
    """

    def __init__(self, most: int, *, optional: bool = False) -> None:
        self.most, self.optional = most, optional

    def _read(self, text: str) -> str:
        text = clean_identifier(text)
        if self.problem(text):
            raise ValueError(text)
        return text

    def problem(self, given: object) -> str:
        """The kind of error that a value gets; empty where it is right."""
        if not isinstance(given, str):
            return "string_type"
        if not _is_unicode(given):
            return "string_unicode"
        text = clean_identifier(given)
        if not text and not self.optional:
            return "identifier_empty"
        return "string_too_long" if len(text) > self.most else ""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        clean = core_schema.str_schema(strict=True, pattern=_CLEAN, max_length=self.most)
        text = core_schema.str_schema(strict=True)
        other = core_schema.no_info_after_validator_function(self._read, text)
        return core_schema.custom_error_schema(
            core_schema.union_schema([clean, other], mode="left_to_right"),
            custom_error_type="identifier",
            custom_error_message="identifier",
            custom_error_context={"max_length": self.most, "optional": int(self.optional)},
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shape: JsonSchemaValue = {"type": "string", "maxLength": self.most}
        return shape if self.optional else {**shape, "pattern": FILLED}


Code = Annotated[str, Identifier(64)]
Number = Annotated[str, Identifier(64)]
OptionalCode = Annotated[str, Identifier(64, optional=True)]
StrategyName = Annotated[str, Identifier(128)]
Name = Annotated[str, Field(max_length=128, pattern=FILLED)]
Text = Annotated[str, Field(max_length=256, pattern=NO_NUL)]


def _start(text: str) -> str:
    if text == "24:00":
        raise PydanticCustomError("time_of_day", "time_of_day")
    return text


TimeOfDay = Annotated[str, Field(pattern=TIME_OF_DAY_PATTERN)]
DailyInterval = Annotated[
    tuple[Annotated[TimeOfDay, AfterValidator(_start)], TimeOfDay], Field(strict=False)
]


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def _zone(name: str) -> str:
    if name not in _zones():
        raise PydanticCustomError("time_zone", "time_zone")
    ZoneInfo(name)
    return name


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]


def _date(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("date", "date") from None
    return text


DateText = Annotated[str, Field(pattern=DATE_PATTERN), AfterValidator(_date)]


def web_address(value: object) -> str | None:
    """A platform's text as an address that a record takes; None where it is none."""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= LONGEST_LINK and re.match(LINK_PATTERN, text) else None
