"""`migrate`, which refuses a database that it can't bring up to date before it changes anything.

A table that was in use for longer than `lock_timeout` is said in one sentence.
"""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

from aftersale.migrated_state import why_not


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if reason := why_not(connections[options["database"]]):
            raise CommandError(reason)
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
