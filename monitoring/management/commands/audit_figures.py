"""`manage.py audit_figures`: counts every day of the dashboard anew; exit 1 if any differs."""

import sys
from typing import Any

from config.terminal import TerminalCommand
from monitoring.services.figures import audit


class Command(TerminalCommand):
    help = "Count the dashboard's days from their rows anew, and print what differs."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for difference in audit.differences():
            found += 1
            self.stdout.write(difference)
        self.stdout.write(f"{found} differences")
        if found:
            sys.exit(1)
