"""The kinds of sheets, and how one is previewed and written."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from aftersale.domain.punctuation import COMMA
from aftersale.models import Shop
from aftersale.records.errors import FieldError
from aftersale.services.access.rights import Right, require, shops_of
from aftersale.services.shared.errors import NotFound, Refused, Stale
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.sheets.read_file import SheetRow, WrongSheet, read_sheet
from aftersale.services.sheets.write_file import Cell


class Column(NamedTuple):
    """`key` is its name in the words of INTERFACES; a sheet's head has the key or the label."""

    key: str
    label: Any
    note: Any = ""


class RowResult(NamedTuple):
    """The outcome of a row. An error's pointer is the column's key. `about` is not shown: two
    outcomes that read alike differ where it does."""

    line: int
    name: str
    outcome: Outcome
    changes: Sequence[str] = ()
    errors: Sequence[FieldError] = ()
    about: str = ""


class SheetKind(NamedTuple):
    """`write` answers for each row in its place, in a transaction that it is given; it refuses
    those with errors of their own (`unread`)."""

    code: str
    label: Any
    about: Any
    right: Right
    columns: Sequence[Column]
    needed: Sequence[str]
    export: Callable[[Shop], Iterable[Mapping[str, Cell]]]
    write: Callable[[Shop, Sequence[SheetRow], User, datetime], list[RowResult]]


_kinds: dict[str, SheetKind] = {}


def register(kind: SheetKind) -> None:
    _kinds[kind.code] = kind


def kinds() -> Sequence[SheetKind]:
    return list(_kinds.values())


def kind_of(code: str) -> SheetKind:
    if code not in _kinds:
        raise NotFound(_("There is no such sheet."))
    return _kinds[code]


def shop_of(*, shop_id: int, user: User) -> Shop:
    shop = shops_of(user).filter(pk=shop_id).first()
    if shop is None:
        raise NotFound(_("There is no such shop."))
    return shop


def rows_of(kind: SheetKind, *, shop_id: int, user: User) -> list[list[Cell]]:
    """All that the shop has of the kind, column by column."""
    shop = shop_of(shop_id=shop_id, user=user)
    keys = [column.key for column in kind.columns]
    return [[row.get(key, "") for key in keys] for row in kind.export(shop)]


def preview(
    kind: SheetKind, *, shop_id: int, name: str, content: bytes, user: User, now: datetime
) -> list[RowResult]:
    """A preview of writing the sheet; raises Refused for an unusable file."""
    with transaction.atomic():
        results = _written(kind, shop_id, name, content, user, now)
        transaction.set_rollback(True)
    return results


def write(
    kind: SheetKind,
    *,
    shop_id: int,
    name: str,
    content: bytes,
    seen: str,
    user: User,
    now: datetime,
) -> list[RowResult]:
    """Writes the rows that are right; raises Stale where the effect would differ from the preview
    with the fingerprint `seen`."""
    with transaction.atomic():
        results = _written(kind, shop_id, name, content, user, now)
        if fingerprint(results) != seen:
            raise Stale(_("Something changed since the preview. Look at it again."))
    return results


def fingerprint(results: Sequence[RowResult]) -> str:
    return hashlib.sha256(repr(list(results)).encode("utf-8", "surrogatepass")).hexdigest()


def _written(
    kind: SheetKind, shop_id: int, name: str, content: bytes, user: User, now: datetime
) -> list[RowResult]:
    shop = shop_of(shop_id=shop_id, user=user)
    require(user, shop_id, kind.right)
    try:
        rows = read_sheet(name, content, _names(kind))
        missing = [key for key in kind.needed if key not in rows[0].cells]
        if missing:
            raise WrongSheet(_("The head lacks: %s") % str(COMMA).join(missing))
    except WrongSheet as wrong:
        raise Refused(str(wrong), pointer="file") from None
    return kind.write(shop, rows, user, now)


def _names(kind: SheetKind) -> dict[str, str]:
    """The column that a head names: by its key, or its label in any language."""
    names = {}
    for language, _label in settings.LANGUAGES:
        with translation.override(language):
            names.update({str(column.label).casefold(): column.key for column in kind.columns})
    return names | {column.key: column.key for column in kind.columns}


def unread(row: SheetRow, *, name: str) -> RowResult:
    """The refusal of a row with ambiguous cells; `name` is the naming column."""
    return RowResult(row.line, row.cells.get(name, ""), Outcome.REFUSED, (), row.errors)


def row_by_row(
    rows: Sequence[SheetRow], write_one: Callable[[SheetRow], RowResult], *, name: str
) -> list[RowResult]:
    """Writes each row by itself: one that is refused is answered for, the others stay."""
    results = []
    for row in rows:
        if row.errors:
            results.append(unread(row, name=name))
            continue
        try:
            with transaction.atomic():
                results.append(write_one(row))
        except Refused as refused:
            errors = [FieldError(refused.pointer, refused.message)]
            results.append(
                RowResult(row.line, row.cells.get(name, ""), Outcome.REFUSED, (), errors)
            )
    return results
