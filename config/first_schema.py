"""The tables of a new database in one go, as the migrations up to some day left them.

One after the other, 140 migrations take most of the time of a first start. `first_schema.sql` holds
their result, with the list of them; `migrate` gives it to a database without any table, and then
runs what is newer, as everywhere. It never goes out of date, it only saves less and less:
`make first-schema` writes it anew, and `make old-databases` compares it with the migrations.
"""

import re
from pathlib import Path
from typing import Any

from django.db import transaction

FILE = Path(__file__).with_name("first_schema.sql")
# Of the server that it was written by: older ones may not know all of its words.
_SERVER = 180_000
_NOISE = re.compile(
    r"^--\n-- .*\n(-- .*\n)?--\n+"
    r"|^-- Dumped .*\n+"
    r"|^SET (default_tablespace|default_table_access_method) = .*;\n+"
    r"|^\\(un)?restrict .*\n+",
    re.MULTILINE,
)


def load(connection: Any) -> None:
    """Makes all tables in a database that has none; leaves any other alone."""
    if connection.pg_version < _SERVER:
        return
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_schema() = 'public' AND NOT EXISTS"
            " (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
        )
        if cursor.fetchone()[0]:
            cursor.execute(FILE.read_text())


def written() -> str:
    """The tables of the database in use, and which migrations made them."""
    from django.db.migrations.recorder import MigrationRecorder

    from config.backup import run_program

    dump = run_program("pg_dump", "--schema-only", "--no-owner", "--no-privileges")
    # Its beginning sets the session, and the path that names are looked up by.
    tables = _NOISE.sub("", dump[dump.index("\nCREATE ") :]).strip()
    rows = MigrationRecorder.Migration.objects.order_by("app", "name").values_list("app", "name")
    names = ",\n".join(f"    ('{app}', '{name}', now())" for app, name in rows)
    return (
        "-- Written by `make first-schema`.\n"
        f"SET LOCAL check_function_bodies = off;\n\n{tables}\n\n"
        f"INSERT INTO django_migrations (app, name, applied) VALUES\n{names};\n"
    )


def main() -> None:
    """Runs all migrations on a new database beside the one in use, and writes the file."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    name = f"{connection.settings_dict['NAME']}_first_schema"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    own, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
    connection.close()
    try:
        call_command("migrate", one_by_one=True, interactive=False, verbosity=0)
        FILE.write_text(written())
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    main()
