"""A second embedded server that follows a first one, so that the first may die."""

import os

import psycopg

from config.postgres import Server, _run


def url_of(*servers: Server, more: str = "") -> str:
    """DATABASE_URL with several hosts: sockets, since embedded servers listen on nothing else."""
    hosts = ",".join(str(server.sockets) for server in servers)
    return f"postgresql://afterdesk@/afterdesk?host={hosts}&target_session_attrs=read-write{more}"


def follow(primary: Server, replica: Server) -> None:
    """Starts the replica; from then on no commit of the primary is answered without it."""
    account = replica._account()
    replica.home.mkdir(parents=True, exist_ok=True)
    replica._make_own_folder(replica.data.parent)
    replica.data.mkdir(mode=0o700)
    if account:
        os.chown(replica.data, account.pw_uid, account.pw_gid)
    copy = str(replica._programs(account) / "bin" / "pg_basebackup")
    given = ["-D", str(replica.data), "-R", "-c", "fast", "-d", primary.url("postgres")]
    done = _run([copy, *given], account)
    assert done.returncode == 0, done.stderr
    replica.start()
    with psycopg.connect(primary.url(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        connection.execute("SELECT pg_reload_conf()")


def kill_machine(server: Server) -> None:
    """All of its processes at once, as when the power goes."""
    process = server._process()
    assert process
    for one in (process, *process.children()):
        one.kill()
    process.wait()


def promote(replica: Server) -> None:
    with psycopg.connect(replica.url(), autocommit=True) as connection:
        assert connection.execute("SELECT pg_promote(true, 30)").fetchone() == (True,)
