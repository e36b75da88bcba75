"""A connection is used only as long as its server takes changes.

A server that became a replica, or read-only, keeps its connections, and they would fail for ever;
a new one finds the host of DATABASE_URL that takes changes.
"""

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Asked before each request and each task, in place of Django's `SELECT 1`."""
        if self.connection is None:
            return False
        try:
            with self.connection.cursor() as cursor:
                return cursor.execute("SHOW transaction_read_only").fetchone() == ("off",)
        except psycopg.Error:
            return False
