"""`manage.py after_restore`: what a restored backup does not know (SPEC G6)."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import clean_identifier
from aftersale.management.recorded import RecordedCommand
from aftersale.models import Shop
from aftersale.services.restoring.after_restore import OVERLAP, Found, hold_all
from aftersale.services.restoring.resume import obstacle, resume
from aftersale.services.shared.errors import Refused
from aftersale.services.shared.shown import format_time
from strategies.services.lanes import hold_lane
from strategies.services.lost_days import use_up


class Command(RecordedCommand):
    help = "Puts all shops on hold after a backup was restored, and lets them go on one by one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--backup-of",
            metavar="TIME",
            help=_("the last moment that the backup knows, as 2026-11-30T03:00:00+08:00"),
        )
        parser.add_argument("--resume", metavar="SHOP", help=_("the code of a shop that goes on"))
        parser.add_argument("--as", dest="user", metavar="USER", help=_("who answers for it"))
        parser.add_argument(
            "--rest-not-paid",
            action="store_true",
            help=_("what nobody has told to be paid was not paid"),
        )

    def changes_something(self, options: dict[str, Any]) -> bool:
        return bool(options["resume"] or options["backup_of"])

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["resume"]:
                self.resume(options)
            elif options["backup_of"]:
                self.hold(_moment(options["backup_of"]))
            else:
                self.show()
        except Refused as refused:
            raise CommandError(refused.message) from refused

    def hold(self, backup_of: datetime) -> None:
        now = timezone.now()
        with transaction.atomic():
            for shop_id in Shop.objects.order_by("pk").values_list("pk", flat=True):
                hold_lane(shop_id, user=None, now=now)
            found = hold_all(backup_of=backup_of, now=now)
            for one in found:
                use_up(one.shop)
        say = self.stdout.write
        between = {"since": format_time(backup_of), "until": format_time(now)}
        say(
            _("All shops are on hold. What happened from %(since)s to %(until)s is not known here.")
            % between
        )
        for one in found:
            say("")
            self.told(one, backup_of)
        say("")
        say(_("For all shops:"))
        say(_("- The caps of these days count as used up; automatic refunds go on the day after."))
        say(
            _(
                "- Everybody has to log in again. Passwords, members, strategies, settings and"
                " revoked tokens are as they were: repeat what was changed since, the tokens"
                " first."
            )
        )
        say(
            _(
                "- Compare wallet and deposit of shops with after-sale windows with the platform,"
                " and enter what is missing."
            )
        )
        say(_("- Restore MEDIA_ROOT too: pictures attached since are lost."))
        say("")
        say(
            _(
                "Start the programs. Then let each shop go on: manage.py after_restore --resume"
                " SHOP --as USER"
            )
        )

    def told(self, found: Found, backup_of: datetime) -> None:
        shop, say = found.shop, self.stdout.write
        since = {"since": format_time(backup_of, shop)}
        say(f"{shop.code} · {shop.name}")
        if found.connected:
            words = {"since": format_time(backup_of - OVERLAP, shop)}
            say(
                _(
                    "- Its platform is read again from %(since)s on, by itself: nothing is to be"
                    " sent. If it refuses the credentials, enter them anew; they may have been"
                    " renewed since."
                )
                % words
            )
        else:
            say(_("- Send again: all orders and tickets that changed since %(since)s.") % since)
        if found.in_doubt or not found.connected:
            say(
                _(
                    "- %(count)d open tickets may have been paid since. Send again, after the"
                    " tickets: all results of payments since %(since)s, each with ticket_no,"
                    " attempt and amount. Look up the rest."
                )
                % {"count": found.in_doubt, **since}
            )
        if found.unknown:
            say(_("- %d refunds have an unknown outcome: their platform is asked.") % found.unknown)
        if found.webhooks:
            say(_("- %d webhooks are told (history.restored).") % found.webhooks)
        if found.tokens:
            say(_("- %d API tokens work as they did then.") % found.tokens)

    def resume(self, options: Any) -> None:
        shop = Shop.objects.filter(code=clean_identifier(options["resume"])).first()
        if shop is None:
            raise CommandError(_("There is no shop “%(code)s”.") % {"code": options["resume"]})
        user = User.objects.filter(username=options["user"] or "", is_active=True).first()
        if user is None:
            raise CommandError(_("Say with --as who answers for it: the name of a user."))
        freed = resume(
            shop_id=shop.pk,
            user=user,
            now=timezone.now(),
            rest_not_paid=options["rest_not_paid"],
        )
        self.stdout.write(_("%s goes on.") % shop.name)
        if freed:
            self.stdout.write(_("%d tickets were taken as not paid.") % freed)

    def show(self) -> None:
        """Prints the reasons that still hold each shop."""
        held = Shop.objects.filter(on_hold=True).order_by("code")
        for shop in held:
            why = obstacle(shop) or _("ready to go on")
            self.stdout.write(f"{shop.code} · {shop.name}: {why}")
        if not held:
            self.stdout.write(_("No shop is on hold."))


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise CommandError(
            _("--backup-of: expected a time with its offset, as 2026-11-30T03:00:00+08:00.")
        )
    return found
