"""Says in one sentence why the database cannot be reached, and what to do about it."""

from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor


def why_unreachable() -> str | None:
    """None if a connection works, so that an error had another cause."""
    connection.close()
    try:
        connection.ensure_connection()
    except OperationalError as error:
        if settings.EMBEDDED_POSTGRES:
            return "The database does not run: start it with `make postgres`, or all by `make run`."
        return f"The database of DATABASE_URL cannot be reached: {error}".strip()
    return None


def lacks_migrations() -> bool:
    """Whether the database's tables are older than the program."""
    connection.close()
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
