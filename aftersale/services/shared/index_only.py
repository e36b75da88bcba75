"""Queries whose plan must not depend on the database's statistics (PERFORMANCE, Lists).

Written so that an index has the rows in the order that is asked for, and stopped by a LIMIT. The
planner would read and sort a whole shop wherever it guesses that there are few rows, and a million
of them where it guesses wrong: so for the one query it may neither sort nor look at all rows where
an index will do.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

# Up to PostgreSQL 17 a step that is not wanted counts as endlessly dear, and what is dear would be
# compiled first, for longer than it runs.
_WHOLE = ("enable_seqscan", "enable_bitmapscan", "jit")
_SORTED = (*_WHOLE, "enable_sort", "enable_incremental_sort")


def fetch(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a query along indexes; sent at once, so that it counts as one."""
    with connection.cursor() as cursor:
        cursor.execute(_without(_SORTED, sql), params)
        _skip_settings(cursor)
        return cursor.fetchall()


@contextmanager
def by_keys() -> Iterator[None]:
    """The models' queries in here look rows up by their keys, one by one."""

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
