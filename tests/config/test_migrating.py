"""Of several machines that start at a time one migrates; those that wait are in nobody's way."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection, connections

from config import run

pytestmark = pytest.mark.django_db(transaction=True)
HANGS = 60


@pytest.fixture
def holder() -> Iterator[psycopg.Connection]:
    """The machine that migrates."""
    parameters = connection.get_connection_params()
    wanted = {name: parameters[name] for name in ("host", "port", "user", "password", "dbname")
              if parameters.get(name)}  # fmt: skip
    with psycopg.connect(**wanted, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [run.MIGRATE_LOCK])
        other.execute("CREATE TABLE migrated (id int)")
        yield other
        other.execute("DROP TABLE migrated")


def test_an_index_is_made_concurrently_beside_machines_that_wait(
    holder: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, went_on = threading.Event(), threading.Event()
    monkeypatch.setattr(run.time, "sleep", lambda seconds: asked.set() or went_on.wait(0.01))

    def start() -> None:
        with run.only_one_migrating():
            went_on.set()
        connections.close_all()

    machine = threading.Thread(target=start, daemon=True)
    machine.start()
    assert asked.wait(HANGS)
    holder.execute("SET statement_timeout = '60s'")
    holder.execute("CREATE INDEX CONCURRENTLY migrated_by_id ON migrated (id)")
    assert not went_on.is_set()
    holder.execute("SELECT pg_advisory_unlock(%s)", [run.MIGRATE_LOCK])
    assert went_on.wait(HANGS)
    machine.join(HANGS)
