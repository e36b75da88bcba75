"""Errors of the database itself, not of what was asked of it: a row that met one is tried again.

`InternalError` is how a server that takes no changes refuses one. Raw cursors (`sql_arrays`) raise
psycopg's own errors, which Django's are not.
"""

import psycopg
from django.db import InterfaceError, InternalError, OperationalError

OF_THE_DATABASE = (
    OperationalError,
    InterfaceError,
    InternalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.InternalError,
)


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of the error; empty where there is none, as without a connection."""
    for one in (error, error.__cause__):
        if isinstance(one, psycopg.Error):
            return one.sqlstate or ""
    return ""
