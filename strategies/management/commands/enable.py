"""`manage.py enable`: switches a strategy on as a person would (INTERFACES, enable; SPEC T2)."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import clean_identifier, show_invisible
from aftersale.management.recorded import RecordedCommand
from aftersale.services.access.rights import shops_of
from aftersale.services.shared.errors import Refused
from strategies.models import Scenario, Strategy
from strategies.services import strategies
from strategies.services.risks import risks_of


class Command(RecordedCommand):
    help = "Switches a strategy on, after printing its risks."
    switches_on = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shop", help="the shop's code")
        parser.add_argument("scenario", choices=Scenario.values)
        parser.add_argument("name", help="the strategy's name")
        parser.add_argument("--as", dest="user", metavar="USER", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            name = show_invisible(options["user"])
            raise CommandError(_("There is no user “%(name)s”.") % {"name": name})
        strategy = Strategy.objects.filter(
            shop__in=shops_of(user),
            shop__code=clean_identifier(options["shop"]),
            scenario=options["scenario"],
            name=clean_identifier(options["name"]),
            deleted_at=None,
        ).first()
        if strategy is None:
            raise CommandError(
                _("%(user)s knows no strategy “%(name)s” in %(scenario)s of shop %(shop)s.")
                % {key: show_invisible(str(value)) for key, value in options.items()}
            )
        try:
            if self.switches_on:
                for risk in risks_of(strategy, now=timezone.now()):
                    self.stdout.write(f"- {risk}")
                strategies.enable(strategy_id=strategy.pk, user=user, now=timezone.now())
                self.stdout.write(_("“%(name)s” is enabled.") % {"name": strategy.name})
            else:
                strategies.disable(strategy_id=strategy.pk, user=user, now=timezone.now())
                self.stdout.write(_("“%(name)s” is not enabled.") % {"name": strategy.name})
        except Refused as refused:
            raise CommandError(refused.message) from refused
