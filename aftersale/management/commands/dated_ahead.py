"""Lists, and frees, rows dated ahead of the clock (INTERFACES, Commands; SPEC O6)."""

import sys
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import show_invisible
from aftersale.management.recorded import RecordedCommand
from aftersale.services.ingest.dated_ahead import free, rows_ahead


class Command(RecordedCommand):
    help = "Lists orders and tickets dated ahead of the clock, which refuse their next versions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--free", action="store_true", help=_("date them so that the next version is taken")
        )

    def changes_something(self, options: dict[str, Any]) -> bool:
        return bool(options["free"])

    def handle(self, *args: Any, **options: Any) -> None:
        found = freed = 0
        for row in rows_ahead():
            found += 1
            moment = timezone.localtime(row.updated_at).isoformat()
            line = f"{row.shop} · {row.kind} {show_invisible(row.number)} · {moment}"
            if options["free"] and free(row):
                freed += 1
                line = _("%(row)s: freed") % {"row": line}
            self.stdout.write(line)
        if options["free"]:
            self.stdout.write(
                _("dated ahead %(found)d, freed %(freed)d") % {"found": found, "freed": freed}
            )
            return
        self.stdout.write(_("dated ahead %(found)d") % {"found": found})
        if found:
            sys.exit(1)
