"""`manage.py restore FILE`: brings a backup back, and puts all shops on hold (SPEC G6)."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from aftersale.services.shared.shown import format_time
from config import backup
from config.terminal import TerminalCommand


class Command(TerminalCommand):
    help = "Brings a backup back, migrates it, and does what after_restore does."
    # The database may have no tables yet, or those of another version.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help=_("the shops in the database may go")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"].resolve()
        try:
            about = backup.read_about(file)
            backup.require_free(replace=options["replace"])
            backup.bring_back(file)
        except (backup.BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("The backup of %s is back.") % format_time(about.moment, seconds=True))
        call_command("migrate", interactive=False, verbosity=0)
        call_command("after_restore", backup_of=about.at, stdout=self.stdout)
