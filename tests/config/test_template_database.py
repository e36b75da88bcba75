"""The tests' database is a copy of a template that goes with the migrations."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config.postgres import BASE_DIR
from tests import database


@pytest.mark.django_db
def test_the_copy_has_every_migration() -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert connection.settings_dict["NAME"].startswith("test_")


def test_other_migrations_are_another_template(monkeypatch: pytest.MonkeyPatch) -> None:
    name = database.template_name()
    assert database.template_name() == name
    changed = BASE_DIR / "aftersale" / "migrations" / "0001_initial.py"
    read = type(changed).read_bytes
    monkeypatch.setattr(
        type(changed), "read_bytes", lambda path: read(path) + b"#" * (path == changed)
    )
    assert database.template_name() != name
