"""The database of a test run: copied from a migrated template, which stays in the server.

Migrating takes seconds in each worker, copying a fraction of one. The template's name holds a
hash of all migrations, so another set of migrations gets another template, and old ones go.
"""

import hashlib
import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from psycopg import sql

from config import first_schema

PREFIX = "afterdesk_template_"
_LOCK = 7_306_002
"""Advisory lock: one worker makes the template, the others wait for it."""


def template_name() -> str:
    """Changes with the migrations of any app, the tables of a new database and Django's version."""
    digest = hashlib.sha256(importlib.metadata.version("Django").encode())
    for app in apps.get_app_configs():
        for path in sorted((Path(app.path) / "migrations").glob("*.py")):
            digest.update(f"{app.label}/{path.name}\0".encode() + path.read_bytes() + b"\0")
    digest.update(first_schema.FILE.read_bytes())
    return PREFIX + digest.hexdigest()[:16]


@contextmanager
def migrated_copy() -> Iterator[None]:
    """Point the default connection to a fresh copy of the template; drop the copy at the end."""
    name = connection.creation._get_test_db_name()
    with _server() as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        template = template_name()
        if template not in _databases(server):
            _make(server, template)
        _drop(server, name)
        _create(server, name, template)
        server.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    with _connected_to(name):
        # Permissions and schedules are made by the code as it is now.
        emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
        yield
    with _server() as server:
        _drop(server, name)


def _make(server: psycopg.Connection, template: str) -> None:
    """Migrate under another name first: a template half made is never used."""
    for old in _databases(server):
        if old.startswith(PREFIX):
            _drop(server, old)
    unfinished = f"{template}_unfinished"
    _create(server, unfinished)
    with _connected_to(unfinished):
        call_command("migrate", interactive=False, verbosity=0)
    server.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(unfinished), sql.Identifier(template)
        )
    )


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    before = settings.DATABASES["default"]["NAME"]
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = before


@contextmanager
def _server() -> Iterator[psycopg.Connection]:
    """A connection of its own, outside transactions, as creating databases requires."""
    with connection._nodb_cursor() as cursor:
        cursor.connection.autocommit = True
        yield cursor.connection


def _databases(server: psycopg.Connection) -> set[str]:
    return {name for (name,) in server.execute("SELECT datname FROM pg_database")}


def _create(server: psycopg.Connection, name: str, template: str = "template1") -> None:
    server.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def _drop(server: psycopg.Connection, name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
