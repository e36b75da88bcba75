"""The products and categories of strategies as a sheet, a row each (SPEC T1 product condition).

The rows of a strategy are its whole list from then on; strategies without a row stay as they are.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftersale.domain.identifiers import clean_identifier, join_identifiers, split_identifiers
from aftersale.models import Shop
from aftersale.records.as_read import with_value
from aftersale.records.errors import FieldError
from aftersale.services.access.rights import Right
from aftersale.services.shared.outcomes import Outcome
from aftersale.services.sheets.kinds import Column, RowResult, SheetKind
from aftersale.services.sheets.read_file import SheetRow
from aftersale.services.sheets.write_file import Cell
from strategies.models import ProductCondition
from strategies.services import export_strategies

from .cells import cells_of, value_of

Key = tuple[str, str]


def _export(shop: Shop) -> Iterator[dict[str, Cell]]:
    for content in export_strategies.documents(shop.pk):
        if content["product_condition"] == ProductCondition.ALL:
            continue
        named = {"scenario": cells_of(content, shop)["scenario"], "name": content["name"]}
        for product in content["products"]:
            yield {**named, "product": join_identifiers([product])}
        for category in content["categories"]:
            yield {**named, "category": join_identifiers([category])}


def _write(shop: Shop, rows: Sequence[SheetRow], user: User, now: datetime) -> list[RowResult]:
    present: dict[Key, dict[str, Any]] = {
        (content["scenario"], content["name"]): content
        for content in export_strategies.documents(shop.pk)
    }
    keys = [_key(row, shop) for row in rows]
    wrong = [_wrong(row, present.get(key)) for row, key in zip(rows, keys, strict=True)]
    # A strategy with a wrong row stays as it is: half a list would let other goods through.
    spoilt = {key for key, errors in zip(keys, wrong, strict=True) if errors}
    lists: dict[Key, dict[str, list[str]]] = {}
    for row, key in zip(rows, keys, strict=True):
        if key not in spoilt:
            filled = lists.setdefault(key, {"products": [], "categories": []})
            for column, name in (("product", "products"), ("category", "categories")):
                codes = split_identifiers(row.cells.get(column, ""))
                filled[name] += [code for code in codes if code not in filled[name]]
    given = [_document(present[key], filled) for key, filled in lists.items()]
    answers = export_strategies.apply(given, user=user, now=now, dry_run=False)
    by_key = dict(zip(lists, answers, strict=True))
    results = []
    for row, key, errors in zip(rows, keys, wrong, strict=True):
        name = row.cells["name"]
        if errors or key in spoilt:
            errors = errors or [FieldError("name", _("another row of this strategy is wrong"))]
            results.append(RowResult(row.line, name, Outcome.REFUSED, (), errors))
        else:
            results.append(_result(row, by_key[key]))
    return results


def _key(row: SheetRow, shop: Shop) -> Key:
    return value_of("scenario", row.cells["scenario"], shop), clean_identifier(row.cells["name"])


def _wrong(row: SheetRow, content: dict[str, Any] | None) -> list[FieldError]:
    if row.errors:
        return list(row.errors)
    if content is None:
        message = _("expected a strategy of the shop, with its scenario")
        return [FieldError("name", with_value(message, row.cells["name"]))]
    if content["product_condition"] == ProductCondition.ALL:
        message = _("the strategy is for all products: change that first")
        return [FieldError("name", message)]
    if not (row.cells.get("product") or row.cells.get("category")):
        return [FieldError("product", _("expected a product or a category"))]
    return []


def _document(content: dict[str, Any], lists: dict[str, list[str]]) -> dict[str, Any]:
    kept = {
        key: value
        for key, value in content.items()
        if value is not None and key not in ("priority", "enabled")
    }
    if breaker := kept.get("breaker"):
        kept["breaker"] = {key: value for key, value in breaker.items() if value is not None}
    return {**kept, **lists}


def _result(row: SheetRow, answer: export_strategies.Applied) -> RowResult:
    changes = []
    for key, before, after in answer.changes:
        if key == "enabled":
            changes.append(_("not enabled until somebody does that by hand"))
        elif key in ("products", "categories"):
            changes.append(
                _("%(now)d entries, %(new)d new, %(gone)d gone")
                % {
                    "now": len(after),
                    "new": len(set(after) - set(before)),
                    "gone": len(set(before) - set(after)),
                }
            )
    return RowResult(row.line, answer.name, answer.outcome, changes, answer.errors)


KIND = SheetKind(
    code="products",
    label=gettext_lazy("Products of strategies"),
    about=gettext_lazy(
        "One row a product or category. The rows of a strategy are its whole list from then on."
    ),
    right=Right.CHANGE_STRATEGIES,
    columns=[
        Column("scenario", gettext_lazy("scenario")),
        Column("name", gettext_lazy("strategy")),
        Column("product", gettext_lazy("product")),
        Column("category", gettext_lazy("category")),
    ],
    needed=["scenario", "name"],
    export=_export,
    write=_write,
)
