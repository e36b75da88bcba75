"""Archives old tickets of the shops that do so (INTERFACES, Commands; SPEC O12)."""

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import clean_identifier
from aftersale.management.recorded import RecordedCommand
from aftersale.services.archive import archive_old, due_shops
from aftersale.services.shared.database_clock import database_moment


class Command(RecordedCommand):
    help = "Writes old, settled tickets to files and takes them out of the database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--shop", help=_("only the shop with this code"))

    def handle(self, *args: Any, **options: Any) -> None:
        shops = due_shops()
        if options["shop"]:
            code = clean_identifier(options["shop"])
            shops = [shop for shop in shops if shop.code == code]
            if not shops:
                raise CommandError(
                    _("There is no shop %s that archives: its settings say after how many months.")
                    % code
                )
        failed = False
        for shop in shops:
            done = archive_old(shop, now=database_moment(), enough=lambda: False)
            failed |= bool(done.failure)
            said = _("%(tickets)d tickets of %(orders)d orders") % done._asdict()
            self.stdout.write(f"{shop.code}: {done.failure or said}")
        if failed:
            sys.exit(1)
