"""Columns of a batch as PostgreSQL array literals, for unnest.

psycopg's own dumper takes a Python step for every value and was a quarter of the time of a bulk
ingest; these take a handful for a column.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection


def cursor() -> psycopg.Cursor[tuple[Any, ...]]:
    """A plain psycopg cursor on Django's connection: values go to the server apart from the text.

    Call it inside a transaction.
    """
    connection.ensure_connection()
    cur = psycopg.Cursor(connection.connection)
    # Batches are looked up by key. By itself the planner scans a small table for them, and
    # statistics of a growing table always lag.
    cur.execute(
        "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;"
        " SET LOCAL enable_seqscan = off"
    )
    return cur


def texts(values: Iterable[str]) -> str:
    """For `::text[]`; no value may be None."""
    items = list(values)
    if not items:
        return "{}"
    joined = "\x00".join(items)
    if "\\" in joined:
        joined = joined.replace("\\", "\\\\")
    if '"' in joined:
        joined = joined.replace('"', '\\"')
    return '{"' + joined.replace("\x00", '","') + '"}'


def numbers(values: Iterable[float | None]) -> str:
    """For `::bigint[]` and `::float8[]`."""
    # One C call for the whole column; PostgreSQL skips the blanks.
    return "{" + repr(list(values))[1:-1].replace("None", "NULL") + "}"


def flags(values: Iterable[bool]) -> str:
    """For `::boolean[]`."""
    return "{" + repr(list(values))[1:-1] + "}"


def seconds(at: datetime | None) -> float | None:
    """For `to_timestamp`, exact to the microsecond."""
    return None if at is None else at.timestamp()
