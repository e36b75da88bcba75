"""Work of which nothing stays."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone() -> Iterator[None]:
    """A plain savepoint: what is durable must not notice."""
    point = transaction.savepoint()
    yield
    transaction.savepoint_rollback(point)
