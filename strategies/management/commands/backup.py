"""`manage.py backup FILE`: database and pictures in one file (INTERFACES)."""

import socket
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _

from aftersale.management.recorded import RecordedCommand
from aftersale.services.shared.shown import format_time
from config import backup

# When the latest was done, for the operators' page and /metrics (monitoring/services/machine.py).
_DONE = """
    INSERT INTO strategies_heartbeat AS h (worker, host, at, clock_ahead)
    VALUES ('backup', %s, clock_timestamp(), 0)
    ON CONFLICT (worker, host) DO UPDATE SET at = excluded.at
"""


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
        _write_down()
        size = f"{file.stat().st_size / 1_000_000:.1f}"
        self.stdout.write(
            _("%(file)s: backup of %(at)s, %(size)s MB. Keep SECRET_KEY in another place.")
            % {"file": file, "at": format_time(about.moment, seconds=True), "size": size}
        )


def _write_down() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DONE, [socket.gethostname()])
