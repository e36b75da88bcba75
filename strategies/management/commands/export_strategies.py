"""`manage.py export_strategies SHOP`: what apply_strategies reads."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import clean_identifier, show_invisible
from aftersale.management.recorded import RecordedCommand
from aftersale.models import Shop
from strategies.services.export_strategies import documents


class Command(RecordedCommand):
    help = "Prints a shop's strategies as JSON, for apply_strategies and version control."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shop", help=_("the shop's code"))

    def handle(self, *args: Any, **options: Any) -> None:
        shop = Shop.objects.filter(code=clean_identifier(options["shop"])).first()
        if shop is None:
            code = show_invisible(options["shop"])
            raise CommandError(_("There is no shop “%(code)s”.") % {"code": code})
        content = {"strategies": documents(shop.pk)}
        # ASCII only, so that no terminal's or pipe's encoding can spoil it.
        self.stdout.write(json.dumps(content, indent=2))
