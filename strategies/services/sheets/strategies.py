"""Strategies as a sheet, a row each (SPEC section 4). A column that a sheet lacks stays as it is;
an empty cell is the default."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy

from aftersale.domain.identifiers import clean_identifier
from aftersale.models import Shop
from aftersale.records.errors import FieldError, explain_cells
from aftersale.services.access.rights import Right
from aftersale.services.sheets.kinds import Column, RowResult, SheetKind, unread
from aftersale.services.sheets.read_file import SheetRow
from aftersale.services.sheets.write_file import Cell
from strategies.models import Strategy
from strategies.services import export_strategies
from strategies.strategy_record import SWITCHES

from .cells import cells_of, labels, value_of


def _label(name: str) -> Any:
    return next(field.verbose_name for field in Strategy._meta.fields if field.name == name)


_list = gettext_lazy("Several separated by commas; one that has a comma in double quotes")
COLUMNS = [
    Column("scenario", _label("scenario")),
    Column("name", _label("name")),
    Column("priority", _label("priority"), gettext_lazy("Empty: stays, or last")),
    Column("enabled", _label("enabled"), gettext_lazy("A file switches off, never on")),
    Column("remark", _label("remark")),
    Column("valid_from", _label("valid_from"), "2026-11-01 00:00"),
    Column("valid_until", _label("valid_until"), "2026-11-12 00:00"),
    Column("execution_time", _label("execution_time")),
    Column("windows", _label("windows"), "22:00-08:00; 12:00-13:30"),
    Column("paid_time", _label("paid_time")),
    Column("order_statuses", _label("order_statuses"), _list),
    Column("buyer_reasons", _label("buyer_reasons"), _list),
    Column("single_amount_cap", _label("single_amount_cap"), gettext_lazy("In yuan")),
    Column("daily_cap", _label("daily_cap"), gettext_lazy("In yuan")),
    Column("time_limit_hours", _label("time_limit_hours"), gettext_lazy("In hours")),
    *(Column(key, _label(key)) for key in SWITCHES),
    Column("product_condition", _label("product_condition")),
    Column("products", _label("products"), _list),
    Column("categories", _label("categories"), _list),
    Column("refund_reason", _label("refund_reason")),
    Column("breaker_hits", gettext_lazy("Circuit breaker: hits")),
    Column("breaker_amount", gettext_lazy("Circuit breaker: yuan")),
    Column("breaker_minutes", gettext_lazy("Circuit breaker: minutes")),
]
_LABELS = {column.key: column.label for column in COLUMNS}


def _export(shop: Shop) -> Iterator[dict[str, Cell]]:
    return (cells_of(content, shop) for content in export_strategies.documents(shop.pk))


def _write(shop: Shop, rows: Sequence[SheetRow], user: User, now: datetime) -> list[RowResult]:
    present = {
        (content["scenario"], content["name"]): content
        for content in export_strategies.documents(shop.pk)
    }
    given = [_document(row, present, shop) for row in rows if not row.errors]
    explain = partial(explain_cells, labels=labels())
    answers = iter(
        export_strategies.apply(given, user=user, now=now, dry_run=False, explained=explain)
    )
    return [
        unread(row, name="name") if row.errors else _result(row, next(answers), shop)
        for row in rows
    ]


def _document(row: SheetRow, present: dict[Any, dict[str, Any]], shop: Shop) -> dict[str, Any]:
    values = {key: value_of(key, text, shop) for key, text in row.cells.items() if text.strip()}
    values["name"] = clean_identifier(row.cells["name"])
    stored = present.get((values.get("scenario"), values.get("name")), {})
    content = {
        key: value
        for key, value in stored.items()
        if value is not None and key not in ("priority", "enabled") and key not in row.cells
    }
    breaker = {
        part: values.pop(f"breaker_{part}", None)
        if f"breaker_{part}" in row.cells
        else (stored.get("breaker") or {}).get(part)
        for part in ("hits", "amount", "minutes")
    }
    content.pop("breaker", None)
    if any(value is not None for value in breaker.values()):
        content["breaker"] = {key: value for key, value in breaker.items() if value is not None}
    return {**content, **values, "shop": shop.code}


def _result(row: SheetRow, answer: export_strategies.Applied, shop: Shop) -> RowResult:
    changes = [
        f"{_LABELS.get(key, key)}: {_cell_text(key, before, shop)} → {_cell_text(key, after, shop)}"
        for key, before, after in answer.changes
    ]
    if answer.note:
        changes.append(answer.note)
    errors = [FieldError(_column(error.pointer), error.message) for error in answer.errors]
    return RowResult(row.line, answer.name, answer.outcome, changes, errors)


def _cell_text(key: str, value: Any, shop: Shop) -> str:
    if key == "breaker":
        return ", ".join(f"{name} {part}" for name, part in (value or {}).items() if part) or "–"
    return str(cells_of({"breaker": None, key: value}, shop)[key]) or "–"


def _column(pointer: str) -> str:
    """`breaker.minutes` is the column breaker_minutes, `windows[0]` the column windows."""
    return pointer.split("[")[0].replace(".", "_")


KIND = SheetKind(
    code="strategies",
    label=gettext_lazy("Strategies"),
    about=gettext_lazy(
        "One row a strategy, known by its scenario and name. A file never enables a strategy: one "
        "that it changes is not enabled until somebody does that by hand."
    ),
    right=Right.CHANGE_STRATEGIES,
    columns=COLUMNS,
    needed=["scenario", "name"],
    export=_export,
    write=_write,
)
