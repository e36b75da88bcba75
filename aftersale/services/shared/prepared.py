"""Queries of busy pages whose SQL is made once in a process (PERFORMANCE, Pages).

For a query of many columns or parts the ORM takes longer to write the SQL than the database takes
to answer it. Here it writes it once, with slots where the values go; each page only fills these in.
"""

from collections.abc import Callable, Sequence
from copy import copy
from datetime import timedelta
from functools import lru_cache, wraps
from typing import Any

from django.db import connections
from django.db.models import Expression, QuerySet, Value

# Shapes of one query that are kept: numbers of shops or keys, filters.
MOST_KEPT = 64


class Slot(Value):
    """Stands in a query for a value that is given when it runs."""

    def __init__(self, name: str, place: int | None = None, plus: timedelta | None = None) -> None:
        super().__init__(name)
        self.name, self.place, self.plus = name, place, plus

    def __add__(self, span: timedelta) -> "Slot":  # type: ignore[override]
        return Slot(self.name, self.place, span)

    def __sub__(self, span: timedelta) -> "Slot":  # type: ignore[override]
        return Slot(self.name, self.place, -span)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def of(self, values: dict[str, Any]) -> Any:
        value = values[self.name]
        if self.place is not None:
            value = value[self.place]
        return value if self.plus is None else value + self.plus


class Slots(Expression):
    """Stands for the values of an `__in`; as many are given when it runs."""

    def __init__(self, name: str, places: Sequence[int]) -> None:
        super().__init__()
        self.name, self.places = name, places

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        places = ", ".join("%s" for _ in self.places)
        return f"({places})", [Slot(self.name, place) for place in self.places]


def filled(params: Sequence[Any], values: dict[str, Any]) -> list[Any]:
    """The parameters of a query with the values in their slots."""
    return [param.of(values) if isinstance(param, Slot) else param for param in params]


def prepared(make: Callable[..., QuerySet]) -> Callable[..., list[Any]]:
    """Of a function that builds a query: one that runs it, and builds it once.

    Keyword arguments are values, which `make` gets as slots; a list or tuple among them, which may
    not be empty, is for an `__in`. By positional arguments the query may differ as it likes.
    """

    @lru_cache(maxsize=MOST_KEPT)
    def ready(shape: tuple[Any, ...], sizes: tuple[tuple[str, int | None], ...]) -> "_Ready":
        slots = {
            name: Slot(name) if size is None else Slots(name, range(size)) for name, size in sizes
        }
        return _Ready(make(*shape, **slots))

    @wraps(make)
    def run(*shape: Any, **values: Any) -> list[Any]:
        sizes = tuple(
            (name, len(value) if isinstance(value, list | tuple) else None)
            for name, value in values.items()
        )
        return ready(shape, sizes).run(values)

    return run


class _Ready:
    """A query with its SQL; the compiler also knows which column belongs where."""

    def __init__(self, rows: QuerySet) -> None:
        self._rows = rows
        self._compiler = rows.query.get_compiler(rows.db)
        self._sql, self._params = self._compiler.as_sql()

    def run(self, values: dict[str, Any]) -> list[Any]:
        written = self._sql, tuple(filled(self._params, values))
        compiler: Any = copy(self._compiler)
        compiler.connection = connections[self._rows.db]  # each thread has its own
        compiler.as_sql = lambda *_, **__: written
        rows: Any = self._rows.all()
        rows.query.get_compiler = lambda *_, **__: compiler
        return list(rows)
