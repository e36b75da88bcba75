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
