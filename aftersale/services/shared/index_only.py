"""Queries whose plan must not depend on the database's statistics (PERFORMANCE, Lists).

Each is written so that an index has the rows in the order asked for, and a LIMIT ends it. Where the
planner guesses that there are few rows, it would read and sort a whole shop: a million rows, if it
guesses wrong. So sorting and sequential scans are switched off for the one query, as far as an
index will do.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

# Up to PostgreSQL 17 a disabled plan step adds a huge cost, which would trigger JIT compilation;
# that takes longer than the query.
_WHOLE = ("enable_seqscan", "enable_bitmapscan", "jit")
_SORTED = (*_WHOLE, "enable_sort", "enable_incremental_sort")


def fetch(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a query along indexes; its settings go along in the same round trip."""
    with connection.cursor() as cursor:
        cursor.execute(_without(_SORTED, sql), params)
        _skip_settings(cursor)
        return cursor.fetchall()


@contextmanager
def by_keys() -> Iterator[None]:
    """The ORM's queries inside look rows up by their keys."""

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = run(_without(_WHOLE, sql), params, many, context)
        _skip_settings(context["cursor"])
        return result

    with connection.execute_wrapper(execute):
        yield


def _without(settings: Sequence[str], sql: str) -> str:
    before = "".join(f"SET LOCAL {name} = off; " for name in settings)
    return before + sql + "".join(f"; SET LOCAL {name} = DEFAULT" for name in settings)


def _skip_settings(cursor: Any) -> None:
    while cursor.description is None:
        cursor.nextset()
