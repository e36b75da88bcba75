"""`manage.py backup FILE`: database and pictures in one file (INTERFACES)."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from aftersale.management.recorded import RecordedCommand
from aftersale.services.shared.shown import format_time
from config import backup


class Command(RecordedCommand):
    help = "Writes the database and the pictures of MEDIA_ROOT into one file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            about = backup.write(file.resolve())
        except (backup.BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        size = f"{file.stat().st_size / 1_000_000:.1f}"
        self.stdout.write(
            _("%(file)s: backup of %(at)s, %(size)s MB. Keep SECRET_KEY in another place.")
            % {"file": file, "at": format_time(about.moment, seconds=True), "size": size}
        )
