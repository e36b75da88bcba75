"""`manage.py audit_money`: re-derives what tickets have taken; exit 1 where it differs."""

import sys
from typing import Any

from aftersale.services.refunds import money_audit
from config.terminal import TerminalCommand


class Command(TerminalCommand):
    help = "Work out all money from its rows anew, and print what differs from what is kept."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for difference in money_audit.differences():
            found += 1
            self.stdout.write(f"{difference.subject}: {difference.what}")
        self.stdout.write(f"{found} differences")
        if found:
            sys.exit(1)
