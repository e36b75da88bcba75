"""`migrate`, which refuses a database that it can't bring up to date before it changes anything."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections

from aftersale.migrated_state import why_not


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        if reason := why_not(connections[options["database"]]):
            raise CommandError(reason)
        super().handle(*args, **options)
