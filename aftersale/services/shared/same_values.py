"""Rows of one model that were changed alike, written by one statement.

`bulk_update` would write a CASE for each row and column: slower than a statement a row.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model


def save(rows: Iterable[Model], fields: Sequence[str]) -> None:
    """Writes these columns of the rows, which their caller has locked: a statement for each set of
    values, so mostly one."""
    alike: dict[str, list[Model]] = {}
    for row in rows:
        alike.setdefault(repr(_values(row, fields)), []).append(row)
    for group in alike.values():
        stored = type(group[0])._default_manager.filter(pk__in=[row.pk for row in group])
        stored.update(**_values(group[0], fields))


def _values(row: Model, fields: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields}
