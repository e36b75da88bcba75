"""Shared by all tests: the database and the translations."""

import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.utils import translation

from config import translations
from config.postgres import Server
from tests import clock, database

_server: Server | None = None


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A request leaves its language behind in the thread: no test may find another's."""
    yield
    translation.deactivate()


@pytest.fixture
def wakes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that is rolled back never commits: its wakes reach the queue at once."""
    monkeypatch.setattr("config.queue.on_commit", lambda wake, robust: wake())


def pytest_configure(config: pytest.Config) -> None:
    """Starts the embedded server for the whole run: with several workers (pytest-xdist) the one
    that hands out the tests does."""
    global _server
    # Else each test client reads the folders of static files once more.
    settings.WHITENOISE_AUTOREFRESH = True
    if hasattr(config, "workerinput"):
        return
    clock.check_process()
    translations.compile_all()
    server = clock.embedded_server()
    if settings.EMBEDDED_POSTGRES and server.start():
        _server = server


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a third of a worker's time it waits for the database, for a
    browser or for a program that it has started."""
    return (os.cpu_count() or 1) + 1


# Stories with many programs, pages or hours in them: `make test-slow`. Tests in Chromium are all of
# that kind.
SLOW = (
    "admin/test_digits.py",
    "admin/test_lookups.py",
    "admin/test_menu.py",
    "admin/test_roles.py",
    "api/test_generated_client.py",
    "api/test_schemathesis.py",
    "api/test_typescript_client.py",
    "browser/",
    "config/test_cluster.py",
    "config/test_failover.py",
    "config/test_gunicorn.py",
    "config/test_postgres.py",
    "config/test_replica.py",
    "config/test_run.py",
    "config/test_supervisor.py",
    "installing/test_checked.py",
    "installing/test_programs.py",
    "monitoring/test_watch.py",
    "platforms/steps/test_interleavings.py",
    "platforms/test_hour.py",
    "restoring/test_story.py",
    "security/test_half_sent.py",
    "security/test_nginx.py",
    "strategies/advice/test_search.py",
    "strategies/demo/test_seed.py",
    "strategies/trials/test_agreement.py",
    "syncing/test_on_a_fake_platform.py",
)
# A worker that begins one of these last keeps the others waiting at the end.
LONG = (
    "admin/test_roles.py",
    "browser/test_accessibility.py",
    "config/test_failover.py",
    "config/test_run.py",
    "config/test_settings.py",
    "monitoring/test_figures.py",
    "platforms/test_hour.py",
    "platforms/test_odd_shapes.py",
    "strategies/demo/test_seed.py",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Marks the slow ones before `-m` chooses; then long ones come first, and all in the run's
    random order among themselves."""
    for item in items:
        if _is_in(SLOW, item):
            item.add_marker("slow")
    yield
    items.sort(key=lambda item: not _is_in(LONG, item))


def _is_in(places: tuple[str, ...], item: pytest.Item) -> bool:
    """Whether the test's file is one of these, or lies in one of these folders."""
    file = item.nodeid.partition("::")[0]
    return any(f"tests/{place}" in file for place in places)


def pytest_collection_finish() -> None:
    """The garbage collector need not look at the program and the tests again and again: with its
    usual thresholds that is a tenth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_unconfigure() -> None:
    """Leaves the server as it was found, and no pictures: a worker ends without cleaning up."""
    shutil.rmtree(settings.STORAGES["default"]["OPTIONS"]["location"], ignore_errors=True)
    if _server is not None:
        _server.stop()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """In place of pytest-django's, which migrates in each worker.

    The block comes back before the first test: one without a mark for the database cannot commit
    rows that others would find.
    """
    copy = ExitStack()
    with django_db_blocker.unblock():
        copy.enter_context(database.migrated_copy())
        clock.check_database()
        global _schedules
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_q_schedule")
            _schedules = cursor.fetchone()[0]
    yield
    with django_db_blocker.unblock():
        copy.close()


# Rows that migrations and the start of the program make, and every test may count on.
_KEPT = {
    "auth_permission",
    "django_content_type",
    "django_migrations",
    "django_q_schedule",
    "strategies_fastrefundrule",
}


def _delete_rows(_case: object) -> None:
    tables = set(connection.introspection.table_names()) - _KEPT
    # Foreign keys are checked at the end of a transaction, so any order will do.
    with transaction.atomic(), connection.cursor() as cursor:
        deletes = [f'DELETE FROM "{table}"' for table in sorted(tables)]
        # The audit trail can be deleted by nobody else.
        trail = "ALTER TABLE aftersale_auditentry %s TRIGGER aftersale_audit_stays"
        cursor.execute(";".join([trail % "DISABLE", *deletes, trail % "ENABLE"]))
        cursor.execute("SELECT count(*) FROM django_q_schedule")
        if cursor.fetchone()[0] != _schedules:
            # The test took some away, or brought some of its own.
            cursor.execute("DELETE FROM django_q_schedule")
            emit_post_migrate_signal(verbosity=0, interactive=False, db="default")


_schedules = 0


@pytest.fixture(scope="session", autouse=True)
def rows_deleted_after_committing_tests() -> Iterator[None]:
    """A flush after each django_db(transaction=True) takes seconds, and takes the kept rows too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _delete_rows)
        yield
