"""Queries whose plan must not depend on the database's statistics (docs: PERFORMANCE, lists).

Written so that an index has the rows in the order that is asked for, and stopped by a LIMIT. The
planner would read and sort a whole shop wherever it guesses that there are few rows, and a million
of them where it guesses wrong: so for the one query it may neither sort nor look at all rows where
an index will do.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

_SETTINGS = ("enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort")
_BEFORE = "".join(f"SET LOCAL {name} = off; " for name in _SETTINGS)
_AFTER = "".join(f"; SET LOCAL {name} = DEFAULT" for name in _SETTINGS)


def fetch(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a query along indexes; sent at once, so that it counts as one."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_BEFORE}{sql}{_AFTER}", params)
        while cursor.description is None:
            cursor.nextset()
        return cursor.fetchall()
