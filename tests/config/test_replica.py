"""A replica that answers reads: only while it follows, and is not far behind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connections, models
from django.db.utils import ConnectionHandler
from django.test.utils import isolate_apps
from psycopg import sql
from structlog.testing import capture_logs

from config import replica, replica_url
from config.database_url import settings_of
from config.postgres import Server
from tests.chaos.replica import follow, kill_machine, promote
from tests.config.conftest import discard
from tests.installing.programs import wait_for


@pytest.fixture
def follower(folder: Path, server: Server) -> Iterator[Server]:
    """It follows `server`, whose commits do not wait for it."""
    made = Server(folder / "replica")
    made.elsewhere = folder / "replica elsewhere"
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 5000) AS id")
    follow(server, made)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
        connection.execute("SELECT pg_reload_conf()")
        # Nobody of importance, as docs/operations.md has it.
        connection.execute("CREATE ROLE plain LOGIN")
        connection.execute("GRANT SELECT, INSERT ON kept TO plain")
    yield made
    discard(made)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any) -> Iterator[Any]:
    """Connects both databases, as the user `plain`, in place of the tests' own."""
    own = connections["default"]

    def connect(primary: str, other: str) -> Any:
        urls = [url.replace("//afterdesk@", "//plain@") for url in (primary, other)]
        given = ConnectionHandler(
            {"default": settings_of(urls[0]), replica.ALIAS: replica_url.settings_of(urls[1])}
        )
        for alias in given:
            monkeypatch.setitem(connections.settings, alias, given.settings[alias])
            if connections[alias] is not own:
                connections[alias].close()
            connections[alias] = given[alias]
        monkeypatch.setattr(replica, "_looked", None)
        return connections

    monkeypatch.setattr(replica, "is_set", lambda: True)
    with django_db_blocker.unblock():
        yield connect
        for alias in ("default", replica.ALIAS):
            connections[alias].close()
        del connections[replica.ALIAS]
        connections["default"] = own


def ask(handler: Any, using: str, statement: str) -> Any:
    with handler[using].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def test_it_answers_while_it_follows(
    server: Server, follower: Server, connected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = connected(server.url(), follower.url())
    wait_for(lambda: replica.look() == replica.Seen("", 0))
    assert replica.alias() == replica.ALIAS
    in_recovery = "SELECT pg_is_in_recovery()"
    assert replica.answered(lambda using: ask(handler, using, in_recovery)) is True
    with pytest.raises(DatabaseError, match="read-only transaction"):
        ask(handler, replica.ALIAS, "INSERT INTO kept VALUES (0)")

    # It stands still while the primary goes on.
    with psycopg.connect(follower.url(), autocommit=True) as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
        ask(handler, "default", "INSERT INTO kept VALUES (0)")
        seen = replica.look()
        assert seen.why == "" and seen.behind is not None and 0 < seen.behind < 30
        monkeypatch.setattr(replica, "MOST_BEHIND", 0.0)
        monkeypatch.setattr(replica, "_looked", None)
        with capture_logs() as logs:
            assert replica.alias() == replica.alias() == "default"
            assert replica.answered(lambda using: ask(handler, using, in_recovery)) is False
        assert [(log["event"], log["why"]) for log in logs] == [("replica_not_used", "behind")]
        connection.execute("SELECT pg_wal_replay_resume()")
    monkeypatch.setattr(replica, "LOOK_AGAIN", -1.0)
    with capture_logs() as logs:
        wait_for(lambda: replica.alias() == replica.ALIAS)
    assert [log["event"] for log in logs] == ["replica_used_again"]

    # Started anew where it reaches nobody, it can't say how far behind it is.
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    wait_for(lambda: replica.look() == replica.Seen("", 0))
    with psycopg.connect(follower.url(), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        leads = connection.execute("SELECT current_setting('primary_conninfo')").fetchone()
        connection.execute("ALTER SYSTEM SET primary_conninfo = ''")
    handler[replica.ALIAS].close()
    follower.stop()
    ask(handler, "default", "INSERT INTO kept VALUES (0)")
    follower.start()
    assert replica.look() == replica.Seen("behind")
    with psycopg.connect(follower.url(), autocommit=True) as connection:
        again = sql.SQL("ALTER SYSTEM SET primary_conninfo = {}").format(*leads or ())
        connection.execute(again)
        connection.execute("SELECT pg_reload_conf()")
    wait_for(lambda: replica.alias() == replica.ALIAS)

    # It dies in the middle of a reading, which the primary answers.
    monkeypatch.setattr(replica, "LOOK_AGAIN", 5.0)
    kill_machine(follower)
    with capture_logs() as logs:
        assert replica.answered(lambda using: ask(handler, using, in_recovery)) is False
    assert [(log["event"], log["why"]) for log in logs] == [("replica_not_used", "gone")]
    assert replica.alias() == "default"
    assert replica.look() == replica.Seen("gone")


@isolate_apps("tests")
def test_rows_are_streamed(
    server: Server, follower: Server, connected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Kept(models.Model):  # noqa: DJ008
        id = models.IntegerField(primary_key=True)

        class Meta:
            app_label = "tests"
            db_table = "kept"

    handler = connected(server.url(), follower.url())
    wait_for(lambda: replica.look() == replica.Seen("", 0))
    found = Kept.objects.order_by("id").values_list("id", flat=True)
    everything = list(range(1, 5_001))
    assert list(replica.streamed(found, chunk=100)) == everything
    # Once the first row is there, all are: what the replica forgets meanwhile breaks off nothing.
    rows = replica.streamed(found, chunk=100)
    assert next(rows) == 1
    assert [*rows] == everything[1:]
    # One that breaks off before the first row is left for the primary.
    kill_machine(follower)
    monkeypatch.setattr(replica, "_looked", (replica.time.monotonic(), replica.Seen("", 0)))
    assert list(replica.streamed(found, chunk=100)) == everything
    assert replica.alias() == "default"
    assert handler["default"].connection is not None


def test_what_is_no_replica_is_not_asked(server: Server, follower: Server, connected: Any) -> None:
    for other, why in (
        (server.url(), "no_replica"),
        (server.url("postgres"), "other"),
        ("postgresql://afterdesk@127.0.0.1:9/afterdesk", "gone"),
    ):
        connected(server.url(), other)
        assert replica.look() == replica.Seen(why)
        assert replica.alias() == "default"
    promote(follower)
    connected(server.url(), follower.url())
    assert replica.look() == replica.Seen("no_replica")
    # A primary that is away: the replica decides nothing by itself.
    connected("postgresql://afterdesk@127.0.0.1:9/afterdesk", follower.url())
    assert replica.alias() == "default"
