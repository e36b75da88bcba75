"""Lists, and sets right, shops that have decided ahead of the clock (INTERFACES; SPEC E9)."""

import sys
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from aftersale.domain.identifiers import clean_identifier
from aftersale.management.recorded import RecordedCommand
from aftersale.services.shared.errors import Refused
from strategies.services.decided_ahead import Ahead, set_right, shops_ahead


class Command(RecordedCommand):
    help = "Lists shops whose automation stands still as it has decided ahead of the clock."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--shop", metavar="CODE", help=_("only this shop"))
        parser.add_argument(
            "--set-right",
            action="store_true",
            help=_("count what was decided ahead as decided now, so that automation goes on"),
        )
        parser.add_argument("--as", dest="user", metavar="USER", help=_("who sets it right"))

    def changes_something(self, options: dict[str, Any]) -> bool:
        return bool(options["set_right"])

    def handle(self, *args: Any, **options: Any) -> None:
        found = shops_ahead()
        if options["shop"] is not None:
            found = [one for one in found if one.code == clean_identifier(options["shop"])]
        user = self._user(options) if options["set_right"] else None
        for one in found:
            self.stdout.write(self._line(one))
            if user is not None:
                try:
                    count = set_right(shop_id=one.shop_id, user=user)
                except Refused as refused:
                    raise CommandError(refused.message) from refused
                self.stdout.write(_("  set right; decisions that count as made now: %d") % count)
        self.stdout.write(_("decided ahead %d") % len(found))
        if found and user is None:
            sys.exit(1)

    def _user(self, options: dict[str, Any]) -> User:
        if options["user"] is None:
            raise CommandError(_("--set-right needs --as USER: the audit trail names who it was."))
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(_("There is no user “%(name)s”.") % {"name": options["user"]})
        return user

    def _line(self, ahead: Ahead) -> str:
        until = "–"
        if ahead.decided_until is not None:
            until = ahead.decided_until.astimezone(ZoneInfo(ahead.timezone)).isoformat()
        return _("%(shop)s · decided until %(until)s · last day of a cap ahead %(day)s") % {
            "shop": ahead.code,
            "until": until,
            "day": ahead.last_day or "–",
        }
