"""`migrate`, which refuses a database that it can't bring up to date before it changes anything.

A new database gets its tables in one go. A table that was in use for longer than `lock_timeout` is
said in one sentence.
"""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from aftersale.migrated_state import why_not
from config import first_schema


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--one-by-one",
            action="store_true",
            help="Run each migration on a new database too, instead of making all tables at once.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if reason := why_not(connection):
            raise CommandError(reason)
        only = ("app_label", "one_by_one", "plan", "check_unapplied", "fake")
        if not any(options[name] for name in only):
            first_schema.load(connection)
        try:
            super().handle(*args, **options)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            raise CommandError(
                _(
                    "A table was in use for longer than lock_timeout. Nothing of this migration was"
                    " done: run the command again."
                )
            ) from error
