"""Searches all columns of all tables, and all files, for a text."""

from collections.abc import Iterator

from django.conf import settings
from django.db import connection

_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL) = 'bytea'
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
     ORDER BY 1, 2
"""


def traces(text: str) -> set[str]:
    """`table.column` of each row in which the text stands."""
    return set(_traces(text))


def _traces(text: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        for table, column, is_bytes in cursor.fetchall():
            if is_bytes:
                found, value = "position(%s::bytea in x) > 0", text.encode()
            else:
                found, value = "strpos(x::text, %s) > 0", text
            rows = f'(SELECT "{column}" AS x FROM "{table}") t'
            cursor.execute(f"SELECT EXISTS (SELECT FROM {rows} WHERE {found})", [value])
            if cursor.fetchone()[0]:
                yield f"{table}.{column}"


def files_with(text: bytes) -> list[str]:
    """Files of MEDIA_ROOT with the bytes in their content."""
    root = settings.MEDIA_ROOT
    return [str(path) for path in root.rglob("*") if path.is_file() and text in path.read_bytes()]
