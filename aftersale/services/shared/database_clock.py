"""The database's clock: one clock for all machines, where money or reading depends on it."""

from datetime import datetime

from django.db import connection


def database_moment() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
