"""Databases that can't be migrated are refused before anything is changed (docs/operations.md)."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from aftersale.migrated_state import why_not

pytestmark = pytest.mark.django_db


def records() -> list[tuple[str, str]]:
    return sorted(MigrationRecorder(connection).applied_migrations())


def test_the_present_state_fits() -> None:
    assert why_not(connection) == ""


@pytest.mark.parametrize("name", ["0002_checks_without_nulls", "9999_from_tomorrow"])
def test_a_record_that_nobody_knows(name: str) -> None:
    """The first was thrown together with 0001 before the first release."""
    MigrationRecorder(connection).record_applied("aftersale", name)
    before = records()
    with pytest.raises(CommandError, match=f"aftersale.{name}"):
        call_command("migrate", verbosity=0)
    assert records() == before


def test_a_first_migration_with_less_in_it() -> None:
    """Recorded under today's name, made before columns were put into it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aftersale_refundattempt DROP COLUMN amount CASCADE")
    with pytest.raises(CommandError, match=r"aftersale_refundattempt\.amount"):
        call_command("migrate", verbosity=0)
