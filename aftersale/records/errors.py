"""A record's errors in plain words (INTERFACES: key and expectation)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from aftersale.domain.identifiers import show_invisible
from aftersale.domain.multilingual import in_each_language, joined
from aftersale.domain.punctuation import COMMA, SEMICOLON
from aftersale.records.as_read import with_value
from aftersale.records.values import (
    DATE_PATTERN,
    FILLED,
    LINK_PATTERN,
    NO_NUL,
    PLATFORM_PATTERN,
    TIME_OF_DAY_PATTERN,
    Identifier,
)

# Errors told of one record; more of them show once these are mended.
MOST_ERRORS = 20


class FieldError(NamedTuple):
    pointer: str
    """Where in the record, as in `lines[0].paid_amount`; empty for the record itself."""
    message: str

    @property
    def text(self) -> str:
        """The same as str(), in every language that the message has."""
        return joined(": ", [show_invisible(self.pointer), self.message][not self.pointer :])

    def __str__(self) -> str:
        return f"{show_invisible(self.pointer)}: {self.message}" if self.pointer else self.message


class Repeated:
    """Stands in a parsed JSON object for the value of a key that was given more than once."""


def mark_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For json's `object_pairs_hook`: marks keys that were given twice, since neither value can be
    taken for the right one."""
    result = dict(pairs)
    if len(result) < len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                result[key] = Repeated()
            seen.add(key)
    return result


def explain(error: ValidationError, *, most: int = MOST_ERRORS) -> list[FieldError]:
    """The first things that were wrong, in the order of the record's fields, with the value as
    read. Only these are worded: a record may have thousands."""
    return _explained(error, _message, most)


def explain_in_each_language(error: ValidationError) -> str:
    """All of it as one text, to be kept in a row."""
    return in_each_language(lambda: str(SEMICOLON).join(map(str, explain(error))))


def explain_cells(
    error: ValidationError, *, labels: Mapping[str, Mapping[str, str]]
) -> list[FieldError]:
    """Errors as `explain` gives them, worded for a sheet: no JSON, and labels in place of codes.

    `labels`: the sheet's words for the codes of a key.
    """
    return _explained(
        error,
        lambda problem: _cell_message(problem, labels.get(str((*problem["loc"], "")[0]))),
        MOST_ERRORS,
    )


def _explained(
    error: ValidationError, message: Callable[[Mapping[str, Any]], str], most: int
) -> list[FieldError]:
    told = (
        problem
        for problem in error.errors(include_url=False)
        if problem["type"] != "default_factory_not_called"  # because of the other errors
    )
    return [
        FieldError(
            _pointer(problem["loc"], problem.get("ctx") or {}), _with_value(problem, message)
        )
        for problem in islice(told, most)
    ]


def _with_value(problem: Mapping[str, Any], message: Callable[[Mapping[str, Any]], str]) -> str:
    """The message, with the value that was read where one value is wrong."""
    text, value, kind = message(problem), problem["input"], problem["type"]
    path = [part for part in problem["loc"] if isinstance(part, str) and part != "[key]"]
    if kind == "extra_forbidden":
        # The pointer names it; only a key that isn't what it seems is named again.
        name = path[-1] if path else ""
        return text if show_invisible(name) == name else with_value(text, name)
    if key := (problem.get("ctx") or {}).get("key"):
        path, value = [*path, key], value.get(key) if isinstance(value, Mapping) else value
    if isinstance(value, Repeated) or kind in _WITHOUT_VALUE:
        return text
    if isinstance(value, Mapping | list | tuple) and kind not in _OF_CONTAINERS:
        return text
    return with_value(text, value, key=path[-1] if path else "")


# Nothing was read, or the message quotes the value itself.
_WITHOUT_VALUE = {"missing", "json_invalid", "several_products", "unknown_product", "windows_empty"}
# For these the type or length of a list or object is the error.
_OF_CONTAINERS = {
    "string_type", "identifier", "bool_type", "int_type", "money", "signed_money", "time",
    "literal_error", "enum", "model_type", "dict_type", "list_type", "tuple_type",
    "too_long", "too_short",
}  # fmt: skip


def _cell_message(problem: Mapping[str, Any], labels: Mapping[str, str] | None) -> str:
    kind = problem["type"]
    if kind in ("literal_error", "enum") and labels:
        codes = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
        words = str(COMMA).join(labels.get(code, code) for code in codes)
        return _("expected one of %(choices)s") % {"choices": words}
    if problem["loc"][:1] == ("windows",) and kind != "windows_empty":
        return _("expected daily times as 22:00-08:00, several separated by ;")
    messages = {
        "money": _("expected yuan with at most two decimals, e.g. 59.90"),
        "time": _("expected a date and time, e.g. 2026/11/21 23:05"),
        "bool_type": _("expected yes or no"),
        "bool_parsing": _("expected yes or no"),
    }
    return messages.get(kind) or _message(problem)


def _pointer(location: tuple[int | str, ...], context: Mapping[str, Any]) -> str:
    pointer = ""
    for part in (*location, *([context["key"]] if "key" in context else [])):
        if part == "[key]":
            continue
        if isinstance(part, int):
            pointer += f"[{part}]"
        else:
            pointer += f".{part}" if pointer else part
    return pointer


def _message(problem: Mapping[str, Any]) -> str:
    if isinstance(problem["input"], Repeated):
        return _("the key is given more than once")
    kind, context = problem["type"], problem.get("ctx") or {}
    if kind == "identifier":
        expected = Identifier(context["max_length"], optional=bool(context["optional"]))
        kind = expected.problem(problem["input"])
    if kind == "several_products":
        return _(
            "“%(value)s” has a comma, semicolon or line break:"
            " give each product as an entry of its own"
        ) % {"value": show_invisible(problem["input"])}
    if kind == "string_pattern_mismatch":
        return _pattern_message(context["pattern"])
    if kind in ("literal_error", "enum"):
        choices = re.findall(r"'([^']*)'", context["expected"])
        return _("expected one of %(choices)s") % {"choices": ", ".join(choices)}
    if kind == "missing" and isinstance(problem["loc"][-1], int):
        return _pair_message(problem["loc"])
    if kind == "tuple_type":
        return _pair_message(problem["loc"])
    if kind not in _PLAIN_MESSAGES:
        return _("wrong value")
    number = next((context[name] for name in _NUMBERS if name in context), None)
    return str(_PLAIN_MESSAGES[kind]) % {"number": number}


_NUMBERS = ("ge", "le", "max_length", "min_length")


def _pair_message(location: tuple[int | str, ...]) -> str:
    if location and location[0] == "fast_refund_periods":
        return _("expected a start and an end (or null), both times with an offset")
    return _('expected a start and an end, e.g. ["22:00", "08:00"]')


def _pattern_message(pattern: str) -> str:
    messages = {
        TIME_OF_DAY_PATTERN: _('expected a time of day, e.g. "08:30" ("24:00" only as an end)'),
        DATE_PATTERN: _('expected a date, e.g. "2026-10-01"'),
        PLATFORM_PATTERN: _("expected 1 to 32 lower-case letters, digits, '-' or '_'"),
        LINK_PATTERN: _('expected a web address, e.g. "https://example.com/1.jpg"'),
        FILLED: _("expected a text that is not blank, without NUL characters"),
        NO_NUL: _("expected a text without NUL characters"),
    }
    return messages[pattern]


_WHOLE_NUMBER = gettext_lazy("expected a whole number")
# Translated one at a time, where an error is told: a call may have thousands of them.
_PLAIN_MESSAGES = {
    "extra_forbidden": gettext_lazy("unknown key"),
    "missing": gettext_lazy("missing"),
    "json_invalid": gettext_lazy("not valid JSON"),
    "model_type": gettext_lazy("expected an object"),
    "dict_type": gettext_lazy("expected an object"),
    "list_type": gettext_lazy("expected a list"),
    "bool_type": gettext_lazy("expected true or false"),
    "bool_parsing": gettext_lazy("expected true or false"),
    "int_type": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "greater_than_equal": gettext_lazy("expected at least %(number)s"),
    "less_than_equal": gettext_lazy("expected at most %(number)s"),
    "unknown_product": gettext_lazy(
        "“?” stands for a product that is not known: no list can have it"
    ),
    "identifier_empty": gettext_lazy("expected a text with something that can be seen"),
    "string_type": gettext_lazy("expected a text"),
    "string_unicode": gettext_lazy("expected a text in valid Unicode"),
    "string_too_long": gettext_lazy("expected at most %(number)s characters"),
    "too_long": gettext_lazy("expected at most %(number)s entries"),
    "too_short": gettext_lazy("expected at least %(number)s entries"),
    "money": gettext_lazy(
        'expected money in yuan with at most two decimals, as a string, e.g. "59.90",'
        " not below zero"
    ),
    "signed_money": gettext_lazy(
        'expected money in yuan with at most two decimals, as a string, e.g. "-59.90"'
    ),
    "time": gettext_lazy('expected a time with an offset, e.g. "2026-11-21T23:05:00+08:00"'),
    "time_of_day": gettext_lazy('expected a time of day, e.g. "08:30" ("24:00" only as an end)'),
    "time_zone": gettext_lazy('expected a time zone, e.g. "Asia/Shanghai"'),
    "date": gettext_lazy('expected a date, e.g. "2026-10-01"'),
    "period_order": gettext_lazy("expected each end to be after its start"),
    "period_overlap": gettext_lazy("expected periods that do not overlap"),
    "line_numbers": gettext_lazy("expected each line number once"),
    "single_amount_cap": gettext_lazy("expected 1.00 to 99999.00 yuan"),
    "daily_cap": gettext_lazy("expected at least the single-amount cap"),
    "windows_empty": gettext_lazy("expected at least one daily window with execution_time windows"),
    "off_hours_scenario": gettext_lazy("off_hours exists in the scenario pre_ship_refund only"),
    "breaker_empty": gettext_lazy("expected hits, amount or both"),
}
