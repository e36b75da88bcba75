"""`manage.py evaluate`: decides waiting tickets and prints the counts (INTERFACES, evaluate)."""

from collections import Counter
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import clean_identifier, show_invisible
from aftersale.models import Shop
from aftersale.services.shops.shops import look_again
from config.terminal import TerminalCommand
from strategies.models import Strategy
from strategies.services.decided_ahead import shops_ahead
from strategies.services.evaluator import Tally, decide_shop, shops_waiting


class Command(TerminalCommand):
    help = "Decides all tickets that wait and prints counts by outcome, scenario and strategy."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--shop", metavar="CODE", help="only this shop")
        parser.add_argument(
            "--again",
            action="store_true",
            help="look again at tickets that wait for people, as after a change of strategies",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["shop"] is None and options["again"]:
            shops = list(Shop.objects.order_by("pk").values_list("pk", flat=True))
        elif options["shop"] is None:
            shops = shops_waiting()
        else:
            shops = list(
                Shop.objects.filter(code=clean_identifier(options["shop"])).values_list(
                    "pk", flat=True
                )
            )
            if not shops:
                code = show_invisible(options["shop"])
                raise CommandError(_("There is no shop “%(code)s”.") % {"code": code})
        if options["again"]:
            for shop_id in shops:
                look_again(shop_id=shop_id, user=None, now=timezone.now())
        tally = Tally()
        left = [shop for shop in shops if decide_shop(shop, tally=tally)]
        self.print(tally)
        if ahead := shops_ahead(shops):
            self.stderr.write(
                _(
                    "Automation stands still in %(shops)s, as it has decided ahead of the clock:"
                    " see manage.py decided_ahead."
                )
                % {"shops": ", ".join(one.code for one in ahead)}
            )
        if left:
            codes = Shop.objects.filter(pk__in=left).order_by("code").values_list("code", flat=True)
            self.stderr.write(
                _("Some tickets are being changed by others and still wait: %(shops)s")
                % {"shops": ", ".join(codes)}
            )

    def print(self, tally: Tally) -> None:
        self.stdout.write(_("decided %(count)d") % {"count": tally.total})
        by_outcome: Counter[tuple[str, str, str]] = Counter()
        by_strategy: Counter[tuple[str, int]] = Counter()
        for (outcome, source, scenario, strategy), number in tally.decided.items():
            by_outcome[outcome, source, scenario] += number
            if strategy is not None:
                by_strategy[scenario, strategy] += number
        for (outcome, source, scenario), number in sorted(by_outcome.items()):
            words = " · ".join(word for word in (outcome, source, scenario) if word)
            self.stdout.write(f"  {words}: {number}")
        names = Strategy.objects.in_bulk([pk for _scenario, pk in by_strategy])
        for (scenario, pk), count in sorted(by_strategy.items()):
            hit = names[pk]
            self.stdout.write(f"  {hit.shop.code} · {scenario} · {hit.name}: {count}")
