"""`manage.py reset_factors`: break glass for whoever lost app, passkeys and recovery codes."""

import getpass
import socket
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersale.domain.multilingual import said
from aftersale.management.recorded import RecordedCommand
from aftersale.services.access import second_factor


class Command(RecordedCommand):
    help = (
        "Takes a user's second factors away and ends their sessions; where one is compulsory, the"
        " next log-in asks for a new one. It is written down (SPEC P5)."
    )

    doer = "by"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER")
        parser.add_argument("--why", required=True, metavar="TEXT", help="kept with the entry")
        parser.add_argument("--as", dest="by", metavar="OPERATOR", help="who does it, if a user")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(self._reset(**options))

    def _reset(self, *, user: str, why: str, by: str | None, **_options: Any) -> str:
        note = said("%(why)s (on the machine: %(account)s)") % {
            "why": why.strip(),
            "account": f"{getpass.getuser()}@{socket.gethostname()}",
        }
        found = second_factor.forget(
            user=_user(user),
            by=_user(by) if by else None,
            now=timezone.now(),
            note=note,
        )
        return _("%(name)s: second factors taken away: %(count)d. Sessions are ended.") % {
            "name": user,
            "count": found,
        }


def _user(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(_("There is no user “%(name)s”.") % {"name": name})
    return user
