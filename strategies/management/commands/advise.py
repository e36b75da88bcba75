"""`manage.py advise SHOP`: proposed strategies as apply_strategies takes them (INTERFACES)."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import clean_identifier, show_invisible
from aftersale.domain.money import NotYuan, parse_yuan
from aftersale.models import Shop
from aftersale.services.shared.errors import Refused
from config.terminal import TerminalCommand
from strategies.models import TrialStatus
from strategies.services import advice
from strategies.services.advice.shown import shown


class Command(TerminalCommand):
    help = "Searches a shop's past for strategies and prints them as JSON; enables none (SPEC M6)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shop", help=_("the shop's code"))
        parser.add_argument("--days", type=int, default=advice.DEFAULT_DAYS, metavar="90")
        parser.add_argument(
            "--may-lose", default="0", metavar="YUAN", help=_("what may go wrong a month")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        shop = Shop.objects.filter(code=clean_identifier(options["shop"])).first()
        if shop is None:
            code = show_invisible(options["shop"])
            raise CommandError(_("There is no shop “%(code)s”.") % {"code": code})
        try:
            may_lose = parse_yuan(options["may_lose"])
        except NotYuan:
            text = _("--may-lose: expected yuan with at most two decimals, like 500 or 59.90")
            raise CommandError(text) from None
        try:
            run = advice.begin(
                shop_id=shop.pk,
                user=None,
                now=timezone.now(),
                days=options["days"],
                may_lose=may_lose,
                here=True,
            )
        except Refused as refused:
            raise CommandError(refused.message) from refused
        advice.run(run.pk, clock=timezone.now)
        run.refresh_from_db()
        if run.status != TrialStatus.DONE:
            raise CommandError(run.error or _("It was cancelled."))
        # ASCII only, so that no terminal's or pipe's encoding can spoil it.
        self.stdout.write(json.dumps(shown(run), indent=2))
