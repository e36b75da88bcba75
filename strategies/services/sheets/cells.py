"""A strategy's record as the cells of a row, and back: labels for codes, lists in one cell."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Choices
from django.utils import translation
from django.utils.translation import gettext as _

from aftersale.domain.digits import whole_number
from aftersale.domain.identifiers import join_identifiers, split_identifiers
from aftersale.domain.labels import REASONS
from aftersale.models import OrderStatus, Shop
from aftersale.services.sheets.write_file import Cell
from strategies.models import ExecutionTime, PaidTime, ProductCondition, Scenario
from strategies.strategy_record import SWITCHES

CHOICES: dict[str, Any] = {
    "scenario": Scenario,
    "execution_time": ExecutionTime,
    "paid_time": PaidTime,
    "product_condition": ProductCondition,
}
WORDS: dict[str, Any] = {"order_statuses": OrderStatus, "buyer_reasons": REASONS}
LISTS = ("products", "categories")
YES_OR_NO = ("enabled", *SWITCHES)
MOMENTS = ("valid_from", "valid_until")
NUMBERS = ("priority", "time_limit_hours", "breaker_hits", "breaker_minutes")
_DATE = re.compile(
    r"^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
    r"(?:[ T\u3000]+([0-9]{1,2})[:：]([0-9]{2})(?:[:：]([0-9]{2}))?)?$"
)
_WINDOW = re.compile(r"^([0-9]{1,2}:[0-9]{2})\s*[-–—~至]\s*([0-9]{1,2}:[0-9]{2})$")
_YES = {"true", "yes", "1", "是", "y"}
_NO = {"false", "no", "0", "否", "n"}


def cells_of(document: Mapping[str, Any], shop: Shop) -> dict[str, Cell]:
    """A record's values as people read them, in the language that is on."""
    breaker = document["breaker"] or {}
    flat = {**document, **{f"breaker_{key}": breaker.get(key) for key in _BREAKER}}
    return {
        key: _cell(key, value, shop)
        for key, value in flat.items()
        if key not in ("shop", "breaker")
    }


_BREAKER = ("hits", "amount", "minutes")


def _cell(key: str, value: Any, shop: Shop) -> Cell:
    if value is None:
        return ""
    if key in CHOICES:
        return str(dict(CHOICES[key].choices)[value])
    if key in WORDS:
        labels = _labels(WORDS[key])
        return "; ".join(str(labels.get(word, word)) for word in value)
    if key in LISTS:
        return join_identifiers(value)
    if key == "windows":
        return "; ".join(f"{start}-{end}" for start, end in value)
    if key in MOMENTS:
        local = datetime.fromisoformat(value).astimezone(ZoneInfo(shop.timezone))
        # Without seconds if they are zero; otherwise with them, so that a re-import reads the same
        # moment.
        whole = local.second == local.microsecond == 0
        return local.replace(tzinfo=None).isoformat(" ", "minutes" if whole else "auto")
    if key in YES_OR_NO:
        return _("yes") if value else _("no")
    return str(value)


def value_of(key: str, text: str, shop: Shop) -> Any:
    """The record's value for a cell with text. Text that can't be converted stays as it is, and the
    record's check says what was expected."""
    if key in CHOICES:
        return _code(CHOICES[key], text)
    if key in WORDS:
        return [_code(WORDS[key], word) for word in split_identifiers(text)]
    if key in LISTS:
        return split_identifiers(text)
    if key == "windows":
        return [_window(part) for part in split_identifiers(text)]
    if key in MOMENTS:
        return _parse_cell_time(text, shop)
    if key in YES_OR_NO:
        return True if text.lower() in _YES else False if text.lower() in _NO else text
    if key in NUMBERS:
        number = whole_number(text, digits=9)
        return text if number is None else number
    return text


def _window(text: str) -> Any:
    match = _WINDOW.match(text)
    return [time.rjust(5, "0") for time in match.groups()] if match else text


def _parse_cell_time(text: str, shop: Shop) -> str:
    """On the shop's clock, where the text itself has no offset."""
    try:
        moment = _read_time(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(shop.timezone))
    return moment.isoformat()


def _read_time(text: str) -> datetime:
    """As Excel in China shows it (2026/11/1 9:00), or ISO 8601; raises ValueError."""
    match = _DATE.match(text)
    if match is None:
        return datetime.fromisoformat(text)
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(year, month, day, hour, minute, second)


def _code(choices: Any, text: str) -> str:
    return _codes(_name(choices)).get(text.casefold(), text)


def labels() -> dict[str, dict[str, str]]:
    """The words for the codes of each column, in the language that is on."""
    return {
        key: {code: str(label) for code, label in _labels(choices).items()}
        for key, choices in (CHOICES | WORDS).items()
    }


def _labels(choices: Any) -> Mapping[str, Any]:
    return dict(choices.choices) if _is_choices(choices) else choices


def _is_choices(choices: Any) -> bool:
    return isinstance(choices, type) and issubclass(choices, Choices)


def _name(choices: Any) -> str:
    return next(key for key, known in {**CHOICES, **WORDS}.items() if known is choices)


@cache
def _codes(name: str) -> dict[str, str]:
    """Label in any language, and the code itself, in lower case -> code."""
    labels = _labels({**CHOICES, **WORDS}[name])
    codes = {}
    for language, _label in settings.LANGUAGES:
        with translation.override(language):
            codes.update({str(label).casefold(): code for code, label in labels.items()})
    return codes | {code.casefold(): code for code in labels}
