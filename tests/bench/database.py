"""A database of its own for a bench, made and dropped around it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def bench_database() -> Iterator[None]:
    """A fresh database beside the configured one."""
    creation = connection.creation
    original = connection.settings_dict["NAME"]
    creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.close()
        creation.destroy_test_db(original, verbosity=0)


def url() -> str:
    """The bench's database as DATABASE_URL, for programs."""
    given = connection.get_connection_params()
    user, password = given.get("user", ""), given.get("password", "")
    where = f"host={given.get('host', '')}&port={given.get('port', 5432)}"
    return f"postgresql://{user}:{password}@/{given['dbname']}?{where}"
