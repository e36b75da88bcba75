"""`manage.py simulate FILE`: decide a file of tickets without a database (INTERFACES, simulate)."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from config.terminal import TerminalCommand
from strategies.services.simulation import SimulationFileError, read, simulate


class Command(TerminalCommand):
    help = "Decide the tickets of a file; needs no database and changes nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help=_("a simulation file (JSON), or - for standard input"))

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["file"]
        try:
            raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
            lines, errors = simulate(read(raw))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise CommandError(
                _("%(file)s cannot be read: %(reason)s") % {"file": name, "reason": reason}
            ) from None
        except SimulationFileError as error:
            raise CommandError(str(error)) from None
        for line in lines:
            # ASCII only, so that no terminal's or pipe's encoding can spoil it.
            self.stdout.write(json.dumps(line))
        for problem in errors:
            self.stderr.write(problem.encode("utf-8", "backslashreplace").decode())
        if errors:
            sys.exit(1)
