"""Records in bulk: one object or a list of them, and a result for each (SPEC O6, INTERFACES).

A list without errors is parsed by pydantic-core straight from the bytes; only one with an error is
parsed again, record by record, to name it (PERFORMANCE).
"""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypeVar
from urllib.parse import quote

from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from rest_framework.request import Request

from aftersale.api.parse_request import json_of, surrogate_in
from aftersale.records.errors import MOST_ERRORS, FieldError, explain
from aftersale.records.schemas import Record
from aftersale.services.ingest import Save
from aftersale.services.shared.outcomes import Outcome, Result
from aftersale.services.shops.shops import KnownShop

from .call import Call, answer, body
from .problems import Invalid, TooLarge, Wrong, wrong

MOST_RECORDS = 1_000
# Errors told of all records of a call; from then on one of each record.
_MOST_TOLD = 500
# No record has as many keys; one with more is refused without a look at each.
_MOST_KEYS = 100

R = TypeVar("R")
UpTo1000 = Annotated[list[R], Field(max_length=MOST_RECORDS)]

Word = Literal["created", "updated", "unchanged", "stale", "refused"]
_WORDS: dict[Outcome, Word] = {
    Outcome.NEW: "created",
    Outcome.CHANGED: "updated",
    Outcome.UNCHANGED: "unchanged",
    Outcome.OLDER: "stale",
    Outcome.REFUSED: "refused",
}


class RecordResult(BaseModel):
    """The outcome of one record; its number is null where the record has none."""

    result: Word = Field(
        description="`stale`: what is stored is newer by the platform's time; nothing was written"
    )
    errors: list[Wrong] = Field(description="Of a refused record; pointers start at the record")
    note: str = Field(description="What is to be known besides; empty as a rule")


class Kind:
    """The parts of ingesting one kind of record.

    `number`: the key that names a record. `keys`: counts the keys that a record was given, nested
    ones included. `lock`: takes all rows that saving a list in one transaction will need.
    `has_address`: one can be read at the list's address followed by its number.
    """

    def __init__(
        self,
        record: type[Record],
        *,
        number: str,
        keys: Callable[[Any], int],
        save: Save,
        lock: Callable[..., object],
        result: type[RecordResult],
        results: type[BaseModel],
        has_address: bool = True,
    ) -> None:
        self.record, self.number, self.keys = record, number, keys
        self.save, self.lock = save, lock
        self.result, self.results = result, results
        self.has_address = has_address
        several = Annotated[list[record], Field(max_length=MOST_RECORDS, fail_fast=True)]  # type: ignore[valid-type]
        self.read_list: Callable[[bytes], list[Any]] = TypeAdapter(several).validate_json


class _Wrong(NamedTuple):
    """A record that could not be read."""

    number: str | None
    errors: Sequence[FieldError]


def ingest(call: Call, request: Request, kind: Kind) -> HttpResponse:
    """Saves what the body holds. For a list 200, whatever became of its records; for one record
    201 or 200, and 422 where it is refused."""
    raw = body(request)
    if raw.removeprefix(BOM_UTF8).lstrip()[:1] == b"[":
        entries = _read_list(raw, kind) or _read_one_by_one(request, kind)
        return call.once(lambda: _answer(kind.results(results=_save(call, entries, kind))))
    entry = _read(json_of(request), kind)
    if isinstance(entry, _Wrong):
        raise Invalid(entry.errors)

    def work() -> HttpResponse:
        (result,) = _saved(call, [entry], kind)
        if result.errors:
            raise Invalid(result.errors)
        shown = _record_result(kind, entry, result)
        new = result.outcome is Outcome.NEW
        response = answer(shown, 201 if new else 200)
        if new and kind.has_address:
            number = quote(getattr(entry, kind.number), safe="")
            response["Location"] = f"{request.path}/{number}"
        response.changed_nothing = not _has_written(shown)
        return response

    return call.once(work)


def _answer(content: Any) -> HttpResponse:
    """A list's answer is kept for its Idempotency-Key where one of its records was written."""
    response = answer(content)
    response.changed_nothing = not any(map(_has_written, content.results))
    return response


def _has_written(result: RecordResult) -> bool:
    return result.result in ("created", "updated")


# Every key of an object is followed by a colon; a text with an escaped quote before a colon looks
# like one more.
_KEY = re.compile(rb'"[ \t\r\n]*:')


def _read_list(raw: bytes, kind: Kind) -> list[Any] | None:
    """All records of the list, or None where something is wrong or may be: of two equal keys
    pydantic-core silently takes the last, but then the records have fewer keys than were sent."""
    try:
        records = kind.read_list(raw)
    except ValidationError:
        return None
    given = sum(1 for _match in _KEY.finditer(raw))
    return records if given == sum(map(kind.keys, records)) else None


def _read_one_by_one(request: Request, kind: Kind) -> list[Any]:
    content = json_of(request, surrogates=True)
    if len(content) > MOST_RECORDS:
        raise TooLarge(_("At most %(most)d records in one call.") % {"most": MOST_RECORDS})
    records, told = [], 0
    for entry in content:
        record = _read(entry, kind, most=MOST_ERRORS if told < _MOST_TOLD else 1)
        records.append(record)
        told += len(record.errors) if isinstance(record, _Wrong) else 0
    return records


def _read(content: Any, kind: Kind, *, most: int = MOST_ERRORS) -> Any:
    """The record, or its first errors."""
    number = content.get(kind.number) if isinstance(content, dict) else None
    named = number if isinstance(number, str) and len(number) <= 64 else None
    if found := surrogate_in(content):
        return _Wrong(None if surrogate_in(named) else named, [found])
    if isinstance(content, dict) and len(content) > _MOST_KEYS:
        return _Wrong(named, [FieldError("", _("unknown key"))])
    try:
        return kind.record.model_validate(content)
    except ValidationError as error:
        return _Wrong(named, explain(error, most=most))


def _save(call: Call, entries: Sequence[Any], kind: Kind) -> list[RecordResult]:
    saved = iter(_saved(call, [e for e in entries if not isinstance(e, _Wrong)], kind))
    return [
        _record_result(
            kind,
            entry,
            Result(Outcome.REFUSED, entry.errors) if isinstance(entry, _Wrong) else next(saved),
        )
        for entry in entries
    ]


def _saved(call: Call, records: Sequence[Any], kind: Kind) -> list[Result]:
    """A record may leave its shop out; any shop but the token's is unknown."""
    shop = call.token.shop
    own = KnownShop.of(shop)
    shops: dict[Any, KnownShop] = {None: own, shop.code: own}
    if call.key is not None:
        kind.lock(records, shop_pk=shop.pk)
    return kind.save(records, shops=shops, now=call.now)


def _record_result(kind: Kind, entry: Any, result: Result) -> RecordResult:
    number = entry.number if isinstance(entry, _Wrong) else getattr(entry, kind.number)
    values = {
        kind.number: number,
        "result": _WORDS[result.outcome],
        "errors": wrong(result.errors),
        "note": result.note,
    }
    return kind.result.model_validate(values)
