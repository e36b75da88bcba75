"""A primary that dies: what was committed is on its replica, and connections find that by
themselves. With programs under load it is tried by hand: `python -m tests.chaos.failover`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from config.database_url import settings_of
from config.postgres import Server
from tests.chaos.replica import follow, kill_machine, promote, url_of
from tests.config.conftest import discard


@pytest.fixture
def replica(folder: Path) -> Iterator[Server]:
    made = Server(folder / "replica")
    made.elsewhere = folder / "replica elsewhere"
    yield made
    discard(made)


def test_nothing_is_lost_and_the_next_request_works(
    server: Server, replica: Server, django_db_blocker: Any
) -> None:
    server.start()
    follow(server, replica)
    settings = settings_of(url_of(replica, server)) | {"CONN_HEALTH_CHECKS": True}
    database = ConnectionHandler({"default": settings})["default"]

    def ask(statement: str) -> list[tuple[Any, ...]]:
        with database.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    with django_db_blocker.unblock():
        # The replica is named first, and is passed by since it takes no changes.
        ask("CREATE TABLE kept AS SELECT 1 AS number")
        assert ask("SELECT sync_state FROM pg_stat_replication") == [("sync",)]
        kill_machine(server)
        for _request in range(2):
            with pytest.raises(OperationalError):
                ask("INSERT INTO kept VALUES (2)")
            database.close_if_unusable_or_obsolete()
        promote(replica)
        ask("INSERT INTO kept VALUES (3)")
        assert ask("SELECT number FROM kept ORDER BY 1") == [(1,), (3,)]
        database.close()
