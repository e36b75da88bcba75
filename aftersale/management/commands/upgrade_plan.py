"""`manage.py upgrade_plan`: must the programs stop for this version's migrations? (INTERFACES)"""

import sys
from typing import Any

from django.core.management.base import CommandError
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftersale.migrated_state import why_not
from aftersale.upgrade_plan import plan
from config.terminal import TerminalCommand


class Command(TerminalCommand):
    help = "Says which migrations are to run, and for which the programs have to stop. Reads only."

    def handle(self, *args: Any, **options: Any) -> None:
        if reason := why_not(connection):
            raise CommandError(reason)
        say = self.stdout.write
        planned = plan(connection)
        if not planned:
            say(_("No migration is to run: start the new version's programs one after the other."))
            return
        say(
            ngettext("%d migration is to run.", "%d migrations are to run.", len(planned))
            % len(planned)
        )
        for one in planned:
            why = "; ".join(one.stops)
            say(f"{one.name}: " + (_("needs a stop: %s") % why if why else _("while they run")))
        if any(one.stops for one in planned):
            say(_("Stop all programs on all machines, then migrate."))
            sys.exit(1)
        say(_("Migrate while the programs run, then start the new version's one after the other."))
