"""All that the database holds, in one figure: to show that nothing moved."""

from functools import cache

from django.db import connection

# Sessions change with every request; so do the counts of wrong passwords. What is refused or
# exported is an entry of the audit trail (tests/trail).
_LEFT_OUT = {"django_session", "cache", "aftersale_auditentry"}
_COLUMNS_LEFT_OUT = {"auth_user": "last_login"}


def digest() -> dict[str, str]:
    """A figure for every table, so that a difference names it."""
    with connection.cursor() as cursor:
        cursor.execute(_query())
        return dict(cursor.fetchall())


@cache
def _query() -> str:
    tables = sorted(set(connection.introspection.table_names()) - _LEFT_OUT)
    return " UNION ALL ".join(_of(table) for table in tables)


def _of(table: str) -> str:
    row = f"(to_jsonb(t) - '{_COLUMNS_LEFT_OUT.get(table, '')}')::text"
    return (
        f"SELECT '{table}', md5(coalesce(string_agg({row}, ',' ORDER BY {row}), '')) "  # noqa: S608
        f'FROM "{table}" t'
    )
